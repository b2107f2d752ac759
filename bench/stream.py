"""How long a popup takes to the browsers, and what streams that wait cost.

A real `web` process (one gevent worker), a real PostgreSQL, and browsers that read their streams in this process, which
tells the facts too, so all three share the machine. A popup's time is from the fact being told to the desk, writing
down and all, to the event read by the browser. The streams that wait belong to one account of as many users; then a
call is missed that everybody is shown: as many popups in one transaction. The memory is the worker's, as the system
counts it resident.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from backend import create_app
from backend.calls.facts import CallAnswered, CallEnded, CallStarted, Direction, ExtensionRang, Fact, Result
from backend.config import Settings, new_secret_key
from backend.desk import arrive
from backend.processes.host.postgres import EmbeddedPostgres
from backend.store import accounts, db, migrate
from backend.store.accounts import Account, AccountUser
from backend.store.base import crypto
from backend.store.settings import settings
from bench.audience import Audience, audience
from bench.table import Row

OFFICE, CROWD = 31_000_001, 31_000_002  # accounts: one that talks, one of which everybody only watches
EMPLOYEES = 20  # with an extension and an open stream
CALLS, RATE = 300, 20.0  # per second
IDLE = 2000
P50, P99, TO_ALL, MEMORY = 60.0, 250.0, 1.0, 300.0  # ms, ms, s, MB
PATIENCE = 30.0  # seconds
INTEGRATION = {"AMOCRM_CLIENT_ID": "bench", "AMOCRM_CLIENT_SECRET": "bench"}  # web starts with accounts only so


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    app: Flask
    port: int
    web: subprocess.Popen[bytes]

    def tickets(self, account: int, users: int) -> list[str]:
        with self.app.app_context():
            return [
                crypto.seal(json.dumps({"for": "stream", "account": account, "user": user}))
                for user in range(1, users + 1)
            ]

    def tell(self, account: int, *facts: Fact) -> None:
        with self.app.app_context():
            for fact in facts:
                arrive.arrive(account, fact)

    def memory(self) -> float:
        """Of the worker, in MB."""
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()
        pages = Path(f"/proc/{children[0]}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize() / 1e6


def measure(calls: int = CALLS, rate: float = RATE, idle: int = IDLE) -> Iterator[Row]:
    """`idle`: streams that only wait."""
    with station(idle) as here:
        with audience(here.port, here.tickets(OFFICE, EMPLOYEES)) as listening:
            listening.wait_greeted(EMPLOYEES)
            times = sorted(_popups(here, listening, calls, rate))
        yield _popup_row(times, rate)
        with audience(here.port, here.tickets(CROWD, idle)) as listening:
            listening.wait_greeted(idle)
            took = _to_all(here, listening, idle)
            yield Row(
                what=f"{idle} open streams: memory of the web worker",
                measured=f"{here.memory():.0f} MB",
                reach=f"≤ {MEMORY:.0f} MB",
                holds=here.memory() <= MEMORY,
            )
        yield Row(
            what=f"{idle} open streams: one popup to all",
            measured=f"{took:.2f} s",
            reach=f"≤ {TO_ALL:g} s",
            holds=took <= TO_ALL,
        )


def _popup_row(times: list[float], rate: float) -> Row:
    p50, p99 = statistics.median(times) * 1000, times[int(len(times) * 0.99)] * 1000
    return Row(
        what=f"answer told → popup read, {rate:g} calls a second: p50, p99",
        measured=f"{p50:.0f} ms, {p99:.0f} ms",
        reach=f"≤ {P50:.0f} ms, ≤ {P99:.0f} ms",
        holds=p50 <= P50 and p99 <= P99,
    )


def _popups(here: Station, listening: Audience, calls: int, rate: float) -> Iterator[float]:
    """Each call rings before it is answered; the seconds from its answer to its popup."""
    told: dict[str, float] = {}
    begun = time.monotonic()
    for number in range(calls):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        call = _call(f"talk.{number}")
        extension = str(101 + number % EMPLOYEES)
        here.tell(OFFICE, CallStarted(**call), ExtensionRang(**call, extension=extension))
        told[str(call["call"])] = time.monotonic()
        here.tell(OFFICE, CallAnswered(**call, extension=extension))
    for name, at in told.items():
        yield listening.wait_heard(name, "talking", 1) - at


def _to_all(here: Station, listening: Audience, streams: int) -> float:
    call = _call("missed.1")
    at = time.monotonic()
    missed = CallEnded(
        **call, result=Result.MISSED, reason=None, extension=None, talks=(), started=call["at"], answered=None,
        recording=None,
    )  # fmt: skip
    here.tell(CROWD, missed)
    return listening.wait_heard("missed.1", "missed", streams) - at


def _call(name: str) -> dict[str, object]:
    number = int(name.partition(".")[2])
    return {
        "call": name, "at": time.time(), "direction": Direction.INBOUND, "client": f"+7916{1000000 + number}",
        "did": "74951000001",
    }  # fmt: skip


@contextmanager
def station(crowd: int) -> Iterator[Station]:
    """A database with the two accounts, and the `web` process on it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        postgres = stack.enter_context(EmbeddedPostgres(folder, settings={"fsync": "off"}))
        values = Settings(
            database_url=postgres.url, secret_keys=(new_secret_key(),), port=_free_port(), web_concurrency=1
        )
        app = create_app(values)
        migrate.upgrade(app)
        stack.callback(_dispose, app)
        with app.app_context():
            _open(OFFICE, EMPLOYEES)
            _open(CROWD, crowd)
        web = stack.enter_context(_web(values, folder / "web.log"))
        yield Station(app=app, port=values.port, web=web)


def _open(account: int, users: int) -> None:
    """Everybody is told of missed calls; the first of them sit at 101 and so on."""
    seated = range(1, min(users, EMPLOYEES) + 1)
    db.session.add(Account(id=account, host=f"bench{account}.amocrm.ru"))
    db.session.flush()
    people = [
        {"user_id": number, "name": f"Сотрудник {number}", "is_active": True, "is_admin": False}
        for number in range(1, users + 1)
    ]
    accounts.replace_mirror(AccountUser, account, people)
    told = {
        "employees": [{"user_id": number, "extensions": [str(100 + number)]} for number in seated],
        "missed_to": list(range(1, users + 1)),
        "announce_without_stream": False,
    }
    settings.write(account, settings.AccountSettings.model_validate(told))
    db.session.commit()


@contextmanager
def _web(values: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m backend web`."""
    told = {
        "DATABASE_URL": values.database_url, "SECRET_KEYS": ",".join(values.secret_keys), "PORT": str(values.port),
        "WEB_CONCURRENCY": "1",
    }  # fmt: skip
    command = [sys.executable, "-m", "backend", "web"]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env={**os.environ, **INTEGRATION, **told}, stdout=out, stderr=out) as web,
    ):
        try:
            _wait_until_up(values.port)
            yield web
        finally:
            web.terminate()


def _wait_until_up(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").close()
            return
        except OSError:
            assert time.monotonic() < until, "web does not start"
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("", 0))
        return int(free.getsockname()[1])


def _dispose(app: Flask) -> None:
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
