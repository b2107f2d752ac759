"""Who tells the facts is killed in the middle of one, or loses the database; told again, each is there once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from backend.calls.facts import Fact, to_json
from backend.config import Settings
from backend.store import db
from backend.store.journal.journal import FactRow, IntentRow
from tests.firm import Firm
from tests.kill.books import assert_noted_once, assert_one_of_each, until_all_done
from tests.kill.conftest import Hire
from tests.kill.processes import Nursery, Process, until

STRANGER = "+79267778800"
# Each is the table that a fact is about to be written to, in that order; the last one wakes the worker.
STEPS = ["facts", "calls", "popups", "intents", "procrastinate_jobs"]
_WAITING = "select pid from pg_locks where not granted and relation = %s::regclass"


def killed(teller: Process, connection: psycopg.Connection, waiting: int) -> None:
    teller.kill()


def cut_off(teller: Process, connection: psycopg.Connection, waiting: int) -> None:
    connection.execute("select pg_terminate_backend(%s)", [waiting])
    teller.wait()


@pytest.mark.parametrize("trouble", [killed, cut_off])
def test_each_fact_is_written_down_once(
    firm: Firm, app: Flask, settings_here: Settings, nursery: Nursery, hire: Hire,
    trouble: Callable[[Process, psycopg.Connection, int], None],
) -> None:  # fmt: skip
    """A call that is answered, transferred and ended; after each trouble all is told again from the beginning."""
    call = firm.call(STRANGER)
    story = [*firm.answer(call, "101", "102"), firm.end(call, ["101", "102"])]
    stopped = []
    for told in (story[:number] for number in range(1, len(story) + 1)):
        for table in STEPS:
            with psycopg.connect(settings_here.libpq_url) as holder:
                holder.execute(f"lock table {table} in exclusive mode".encode())
                teller = _tell(nursery, settings_here, firm, told)
                if waiting := _stopped(teller, holder, table):
                    trouble(teller, holder, waiting)
                    stopped.append((told[-1].kind, table))
        _tell(nursery, settings_here, firm, told).wait()
    assert {("started", "facts"), *(("answered", table) for table in STEPS), ("ended", "intents")} <= set(stopped)
    with app.app_context():
        assert Counter(db.session.scalars(select(FactRow.key))) == Counter(fact.key for fact in story)
        intents = db.session.scalars(select(IntentRow.kind).where(IntentRow.call == call["call"]))
        assert Counter(intents) == Counter(["open-lead", "log-call", "finish-call"])
    hire(sweep=False)
    until_all_done(app)
    assert_noted_once(firm, [call["call"]])
    assert_one_of_each(firm, [STRANGER])


def _tell(nursery: Nursery, settings: Settings, firm: Firm, facts: Sequence[Fact]) -> Process:
    return nursery.bear(settings, "tell", account=firm.id, facts=[to_json(fact) for fact in facts])


def _stopped(teller: Process, holder: psycopg.Connection, table: str) -> int | None:
    """The database's process in which it waits for the table; None when it is done without."""

    def waiting() -> int | None:
        found = holder.execute(_WAITING, [table]).fetchone()
        return int(found[0]) if found else None

    until(lambda: waiting() or not teller.is_alive, "the teller writes or is done")
    return waiting()
