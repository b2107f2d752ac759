"""A worker stands still, another takes over, the first goes on as if nothing had been: nothing is doubled."""

from __future__ import annotations

import threading

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from backend.config import Settings
from backend.store import db
from sandbox.crm.server import Crm
from sandbox.crm.traffic import Phase, Request
from tests.firm import Firm
from tests.kill.books import assert_noted_once, assert_one_of_each, until_all_done
from tests.kill.conftest import Hire, once
from tests.kill.processes import PATIENCE, Process, until

STRANGER, MISSED = "+79267778800", "+79267778801"
_BUDGETS_AWAITED = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%budget_tat%'"
WRITES = ["POST /api/v4/leads/complex", "POST /api/v4/leads/notes", "POST /api/v4/leads/unsorted/sip"]


@pytest.mark.parametrize(
    ("phase", "path"),
    [*((Phase.AFTER_COMMIT, path) for path in WRITES), (Phase.BEFORE, WRITES[0]), (Phase.AFTER, WRITES[1])],
)
def test_frozen_with_a_request_in_flight(firm: Firm, app: Flask, crm: Crm, hire: Hire, phase: Phase, path: str) -> None:
    first = hire()
    frozen = once(crm, phase, path, first.freeze)
    calls = [firm.talk(STRANGER, "101"), firm.miss(MISSED)]
    assert frozen.wait(PATIENCE)
    _taken_over(first, app, hire)
    assert_noted_once(firm, calls)
    assert_one_of_each(firm, [STRANGER, MISSED])


def test_frozen_between_its_claim_and_the_request(firm: Firm, app: Flask, crm: Crm, hire: Hire) -> None:
    """It waits for the account's budget: the request is written down as sent, and is not."""
    calls = [firm.talk(STRANGER, "101")]
    once(crm, Phase.AFTER_COMMIT, "GET /api/v4/contacts", lambda: _open_budget_in(app, 3))
    first = hire()
    until(lambda: _ask(app, "select 1 from intents where unclear"), "a write waits for the budget")
    first.freeze()
    _open_budget_in(app, 0)
    _taken_over(first, app, hire)
    assert_noted_once(firm, calls)
    assert_one_of_each(firm, [STRANGER])


def test_frozen_with_a_row_that_its_successor_needs(
    firm: Firm, other: Firm, app: Flask, crm: Crm, hire: Hire, settings_here: Settings
) -> None:
    """In the middle of a transaction, which the database ends when it has stood still for too long."""
    calls = {each.id: [each.talk(STRANGER, "101")] for each in (firm, other)}
    with psycopg.connect(settings_here.libpq_url) as holder:
        holder.execute("select 1 from accounts for no key update")
        first = hire()
        until(lambda: _ask(app, _BUDGETS_AWAITED), "it waits for the budgets' rows")
        first.freeze()
    _taken_over(first, app, hire)
    for each in (firm, other):
        assert_noted_once(each, calls[each.id])
        assert_one_of_each(each, [STRANGER])


def test_a_transaction_that_stands_still_holds_up_nobody_else(
    firm: Firm, other: Firm, app: Flask, crm: Crm, hire: Hire, settings_here: Settings
) -> None:
    """As of a worker frozen between "I am the only one" and its commit: its account waits for it, the others do not."""
    first = hire()
    firms_in_flight, go = threading.Semaphore(0), threading.Event()

    def hold(phase: Phase, request: Request) -> None:
        if phase is Phase.BEFORE and request.path.endswith("/complex") and not go.is_set():
            firms_in_flight.release()
            go.wait(PATIENCE)

    crm.on_request.append(hold)
    calls = {each.id: [each.talk(STRANGER, "101")] for each in (firm, other)}
    assert all(firms_in_flight.acquire(timeout=PATIENCE) for _ in calls)
    with psycopg.connect(settings_here.libpq_url) as frozen:
        frozen.execute("select 1 from procrastinate_jobs where lock = %s and status = 'doing' for share", [_lock(firm)])
        first.kill()
        go.set()
        hire()
        until(lambda: not _left(other), "the other firm's work done")
        assert _left(firm)
    until_all_done(app)
    for each in (firm, other):
        assert_noted_once(each, calls[each.id])
        assert_one_of_each(each, [STRANGER])


def _taken_over(first: Process, app: Flask, hire: Hire) -> None:
    """Another worker does it all, then the frozen one thaws."""
    hire()
    until_all_done(app)
    first.thaw()
    until(lambda: first.times("drain taken over"), "the thawed worker lets go")


def _open_budget_in(app: Flask, seconds: int) -> None:
    with app.app_context():
        db.session.execute(text(f"update accounts set budget_tat = extract(epoch from clock_timestamp()) + {seconds}"))
        db.session.commit()


def _ask(app: Flask, question: str) -> bool:
    with app.app_context():
        return db.session.scalar(text(question)) is not None


def _left(firm: Firm) -> bool:
    return _ask(firm.app, f"select 1 from intents where account_id = {firm.id} and state <> 'done'")


def _lock(firm: Firm) -> str:
    return f"account:{firm.id}"
