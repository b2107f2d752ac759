"""A firm to measure with: an account of the sandbox CRM, a backend on a database of its own, and its worker process."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import update

from backend import create_app, installs
from backend.amocrm.oauth import Tokens
from backend.calls.facts import CallAnswered, CallEnded, CallStarted, Direction, ExtensionRang, Fact, Result, Talk
from backend.config import Settings, new_secret_key
from backend.desk import arrive
from backend.desk.channels import CHANNELS
from backend.processes.host.postgres import EmbeddedPostgres
from backend.store import db, migrate
from backend.store.journal import journal
from backend.store.phonebook.webhooks import HookRow
from backend.store.settings import settings
from sandbox.crm.handle import AccountHandle
from sandbox.crm.limits import Limits
from sandbox.crm.server import CLIENT_ID, CLIENT_SECRET, Crm

DID = "74951000001"
EXTENSION = "101"
TALK = 60.0  # seconds that a call lasts by its own account
LOOK = 0.01  # seconds between looks whether all is carried out
PATIENCE = 60.0  # seconds without an end before something must be broken


@dataclass
class Firm:
    """Anna sits at 101 and takes every call."""

    app: Flask
    crm: Crm
    account: AccountHandle
    id: int
    worker: subprocess.Popen[bytes]
    log: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

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

    def settle(self) -> None:
        """Waits until the worker has carried out everything. AssertionError when it does not."""
        until = time.monotonic() + PATIENCE
        with self.app.app_context():
            while any(journal.next_due(self.id, channel) for channel in CHANNELS):
                db.session.rollback()
                assert self.worker.poll() is None, f"the worker ended: {self.log.read_text()}"
                assert time.monotonic() < until, "the worker does not get done"
                time.sleep(LOOK)

    def put_off_polls(self) -> None:
        """They cost the same whether anybody calls or not."""
        with self.app.app_context():
            later = db.func.now() + timedelta(hours=1)
            db.session.execute(update(HookRow).where(HookRow.account_id == self.id).values(polled_at=later))
            db.session.commit()

    def hear(self) -> None:
        """As after a delivery of a webhook that was looked at: the phonebook is known to be current."""
        with self.app.app_context():
            db.session.execute(update(HookRow).where(HookRow.account_id == self.id).values(heard_at=db.func.now()))
            db.session.commit()

    def ring(self, call: dict[str, Any], extensions: Sequence[str]) -> None:
        """They begin to ring together."""
        rings = (ExtensionRang(**call, extension=each, turn=1) for each in extensions)
        self._tell(CallStarted(**call), *rings)

    def requests(self) -> int:
        """How many the CRM has answered so far."""
        return len(self.crm.requests())

    def call_notes(self) -> list[dict[str, Any]]:
        return [note for note in self.account.notes if note["note_type"] == "call_in"]


@contextmanager
def firm(clients: Sequence[str]) -> Iterator[Firm]:
    """With clients who have an open lead each, known here already. The CRM's limits are on, from then."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        crm = stack.enter_context(Crm(limits=Limits(on=False)))
        postgres = stack.enter_context(EmbeddedPostgres(folder, settings={"fsync": "off"}))
        values = _settings(postgres, crm, folder)
        app = stack.enter_context(_app(values))
        account = crm.account("bench")
        account_id = _connect(app, account, clients)
        log = folder / "worker.log"
        worker = stack.enter_context(_worker(values, log))
        office = Firm(app=app, crm=crm, account=account, id=account_id, worker=worker, log=log)
        office.settle()
        office.put_off_polls()
        crm.limit(Limits())
        yield office


def _settings(postgres: EmbeddedPostgres, crm: Crm, folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "database_url": postgres.url,
            "secret_keys": new_secret_key(),
            "amocrm_client_id": CLIENT_ID,
            "amocrm_client_secret": CLIENT_SECRET,
            "sandbox_host_suffix": crm.domain,
            "data_dir": folder,
        }
    )


@contextmanager
def _app(values: Settings) -> Iterator[Flask]:
    app = create_app(values)
    migrate.upgrade(app)
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@contextmanager
def _worker(values: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m backend worker`."""
    told = {
        "DATABASE_URL": values.database_url,
        "SECRET_KEYS": ",".join(values.secret_keys),
        "AMOCRM_CLIENT_ID": values.amocrm_client_id,
        "AMOCRM_CLIENT_SECRET": values.amocrm_client_secret,
        "SANDBOX_HOST_SUFFIX": values.sandbox_host_suffix,
        "DATA_DIR": str(values.data_dir),
    }
    command = [sys.executable, "-m", "backend", "worker"]
    with log.open("wb") as out, subprocess.Popen(command, env={**os.environ, **told}, stdout=out, stderr=out) as worker:
        try:
            yield worker
        finally:
            worker.terminate()


def _connect(app: Flask, account: AccountHandle, clients: Sequence[str]) -> int:
    """As an install does, without the hook; the account's id."""
    account.add_user("Вера", admin=True)
    people = (account.add_user(name) for name in ("Анна", "Борис", "Глеб", "Дина", "Егор"))
    seats = [{"user_id": each["id"], "extensions": [str(101 + place)]} for place, each in enumerate(people)]
    for phone in clients:
        account.add_lead("Сделка", contact=account.add_contact("Клиент", [phone]))
    with app.app_context():
        account_id = installs.connect(account.url.partition("://")[2], _tokens(account))
        settings.write(account_id, settings.AccountSettings.model_validate({"employees": seats}))
        db.session.commit()
    return account_id


def _tokens(account: AccountHandle) -> Tokens:
    pair, now = account.tokens(), time.time()
    return Tokens(
        access=pair["access_token"],
        refresh=pair["refresh_token"],
        refreshed_at=now,
        expires_at=now + pair["expires_in"],
    )
