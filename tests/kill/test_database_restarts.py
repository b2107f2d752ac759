"""PostgreSQL goes away in the middle of the work and comes back: the worker lives on by itself, all gets done once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from backend.config import Settings
from backend.processes.host.postgres import EmbeddedPostgres
from backend.store import db, migrate
from sandbox.crm.faults import Kind
from sandbox.crm.server import Crm
from tests.conftest import running
from tests.firm import Firm
from tests.kill.books import assert_noted_once, assert_one_of_each, until_all_done
from tests.kill.conftest import Hire
from tests.kill.processes import Process, until

PHONES = [f"+79161230{n:03}" for n in range(15)]
OUTAGES = 2
_CUT_OFF = """
    select pg_terminate_backend(pid) from pg_locks
    where not granted and relation = 'procrastinate_workers'::regclass
    """


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """One of our own; what it has committed it keeps."""
    with EmbeddedPostgres(tmp_path, settings={"fsync": "off"}) as server:
        yield server


@pytest.fixture
def database(server: EmbeddedPostgres, settings: Settings) -> Settings:
    ours = settings.model_copy(update={"database_url": server.url})
    with running(ours) as app:
        migrate.upgrade(app)
    return ours


def restarted(server: EmbeddedPostgres, worker: Process) -> None:
    server.stop()
    server.start()


def crashed(server: EmbeddedPostgres, worker: Process) -> None:
    """Without a word to its clients, and recovering when it starts."""
    assert server.pid
    os.kill(server.pid, signal.SIGQUIT)
    restarted(server, worker)


def away(server: EmbeddedPostgres, worker: Process) -> None:
    """For longer than procrastinate's worker waits for it."""
    stopped = worker.times("drains stopped")
    server.stop()
    until(lambda: worker.times("drains stopped") > stopped, "the worker gives the database up")
    server.start()


def _last_beat(app: Flask) -> datetime | None:
    with app.app_context():
        latest: datetime | None = db.session.scalar(text("select max(last_heartbeat) from procrastinate_workers"))
        db.session.rollback()
    return latest


def _beats_after(app: Flask, moment: datetime) -> bool:
    latest = _last_beat(app)
    return latest is not None and latest > moment


@pytest.mark.parametrize("outage", [restarted, crashed, away])
def test_the_database_goes_away_in_the_middle(
    firm: Firm, other: Firm, app: Flask, crm: Crm, server: EmbeddedPostgres, hire: Hire,
    outage: Callable[[EmbeddedPostgres, Process], None],
) -> None:  # fmt: skip
    crm.spoil(Kind.SLOW, seconds=0.02)
    calls = {each.id: [each.talk(phone, "101") for phone in PHONES] for each in (firm, other)}
    worker = hire()
    for _ in range(OUTAGES):
        seen = len(crm.requests())
        until(lambda: len(crm.requests()) > seen + 10, "the worker works")  # noqa: B023
        outage(server, worker)
    until_all_done(app)
    assert worker.is_alive
    done = datetime.now(UTC)
    until(lambda: _beats_after(app, done), "the worker's heart beats")
    for each in (firm, other):
        assert_noted_once(each, calls[each.id])
        assert_one_of_each(each, PHONES)


def test_a_heartbeat_that_failed_is_taken_up_again(firm: Firm, app: Flask, database: Settings, hire: Hire) -> None:
    """Else the worker would live on, and have every drain taken away from it."""
    hire()
    until_all_done(app)
    with psycopg.connect(database.libpq_url) as cutter:
        cutter.execute("lock table procrastinate_workers in exclusive mode")
        until(lambda: cutter.execute(_CUT_OFF).fetchone(), "the heart beats")
    cut_off = datetime.now(UTC)
    until(lambda: _beats_after(app, cut_off), "it beats again")
