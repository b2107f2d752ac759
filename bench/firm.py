"""A firm to measure with: an account of the sandbox CRM, connected to a backend on a database of its own."""

from __future__ import annotations

import itertools
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask

from backend import create_app, installs
from backend.amocrm.oauth import Tokens
from backend.calls.facts import CallAnswered, CallEnded, CallStarted, Direction, Fact, Result, Talk
from backend.config import Settings, new_secret_key
from backend.desk import arrive, sync, work
from backend.desk.job import Fence
from backend.processes.postgres import EmbeddedPostgres
from backend.store import db, journal, migrate, settings
from sandbox.crm.handle import AccountHandle
from sandbox.crm.limits import Limits
from sandbox.crm.server import CLIENT_ID, CLIENT_SECRET, Crm

DID = "74951000001"
EXTENSION = "101"
TALK = 60.0  # seconds that a call lasts by its own account


@dataclass
class Firm:
    """Anna sits at 101 and takes every call."""

    app: Flask
    crm: Crm
    account: AccountHandle
    id: int
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def add_client(self, phone: str) -> None:
        """With an open lead; known here after `sync`."""
        self.account.add_lead("Сделка", contact=self.account.add_contact("Клиент", [phone]))

    def sync(self) -> None:
        with self.app.app_context():
            sync.start(self.id)
            db.session.commit()
        self.work()

    def call(self, phone: str) -> dict[str, Any]:
        """What all facts of one call say."""
        return {
            "call": f"bench.{next(self._numbers)}",
            "at": time.time(),
            "direction": Direction.INBOUND,
            "client": phone,
            "did": DID,
        }

    def answer(self, call: dict[str, Any]) -> None:
        self._tell(CallStarted(**call), CallAnswered(**call, extension=EXTENSION))

    def hang_up(self, call: dict[str, Any]) -> None:
        answered = call["at"]
        talk = Talk(extension=EXTENSION, start=answered, end=answered + TALK)
        self._tell(
            CallEnded(
                **call, result=Result.ANSWERED, reason=None, extension=EXTENSION, talks=(talk,), started=answered,
                answered=answered, recording=None,
            )
        )  # fmt: skip

    def _tell(self, *facts: Fact) -> None:
        with self.app.app_context():
            for fact in facts:
                arrive.arrive(self.id, fact)

    def work(self) -> None:
        """Carries out everything, as the worker's drains do one after another."""
        with self.app.app_context():
            while due := journal.next_due(self.id):
                time.sleep(max(0.0, due.timestamp() - time.time()))
                work.work(self.id, Fence())

    @contextmanager
    def working(self) -> Iterator[None]:
        """Carries out beside the block what it tells, as soon as it can; and the rest at its end."""
        over = threading.Event()
        worker = threading.Thread(target=self._work_until, args=(over,), name="worker")
        worker.start()
        try:
            yield
        finally:
            over.set()
            worker.join()
            self.work()

    def _work_until(self, over: threading.Event) -> None:
        while not over.wait(0.005):
            self.work()

    def requests(self) -> int:
        """How many the CRM has answered so far."""
        return len(self.crm.requests())

    def call_notes(self) -> list[dict[str, Any]]:
        return [note for note in self.account.notes if note["note_type"] == "call_in"]


@contextmanager
def firm() -> Iterator[Firm]:
    """The account's budget of requests is the real one; the CRM's limits are off."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Crm(limits=Limits(on=False)) as crm:
        with EmbeddedPostgres(Path(folder), settings={"fsync": "off"}) as postgres, _app(postgres, crm) as app:
            yield _open(app, crm)


@contextmanager
def _app(postgres: EmbeddedPostgres, crm: Crm) -> Iterator[Flask]:
    values = Settings(
        database_url=postgres.url,
        secret_keys=(new_secret_key(),),
        amocrm_client_id=CLIENT_ID,
        amocrm_client_secret=CLIENT_SECRET,
        sandbox_host_suffix=crm.domain,
    )
    app = create_app(values)
    migrate.upgrade(app)
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def _open(app: Flask, crm: Crm) -> Firm:
    account = crm.account("bench")
    account.add_user("Вера", admin=True)
    anna = account.add_user("Анна")["id"]
    with app.app_context():
        account_id = installs.connect(account.url.partition("://")[2], _tokens(account))
        seats = [{"user_id": anna, "extensions": [EXTENSION]}]
        settings.write(account_id, settings.AccountSettings.model_validate({"employees": seats}))
        db.session.commit()
    return Firm(app=app, crm=crm, account=account, id=account_id)


def _tokens(account: AccountHandle) -> Tokens:
    pair, now = account.tokens(), time.time()
    return Tokens(
        access=pair["access_token"],
        refresh=pair["refresh_token"],
        refreshed_at=now,
        expires_at=now + pair["expires_in"],
    )
