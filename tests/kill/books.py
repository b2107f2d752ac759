"""What the CRM must hold when all is done: every call noted once, every client there once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask import Flask
from sqlalchemy import func, select, text

from backend.store import db
from backend.store.journal import IntentRow, IntentState
from tests.firm import Firm
from tests.kill.processes import PATIENCE, until

_WITHOUT_JOB = text(
    """
    select count(distinct account_id) from intents
    where state = 'todo' and not exists (select 1 from procrastinate_jobs
                                         where queueing_lock = 'drain:' || account_id and status in ('todo', 'doing'))
    """
)


def all_done(app: Flask) -> bool:
    """Nothing is left to do, nothing was refused."""
    with app.app_context():
        left = select(func.count()).where(IntentRow.state != IntentState.DONE.value)
        return db.session.scalar(left) == 0


def without_job(app: Flask) -> int:
    """Accounts with something left to do that no drain will ever come for."""
    with app.app_context():
        return int(db.session.scalar(_WITHOUT_JOB) or 0)


def until_all_done(app: Flask, patience: float = PATIENCE) -> None:
    try:
        until(lambda: all_done(app), "every intent done", patience)
    except AssertionError:
        print(*_left(app), sep="\n")
        raise


def _left(app: Flask) -> list[object]:
    with app.app_context():
        rows = db.session.scalars(select(IntentRow).where(IntentRow.state != IntentState.DONE.value))
        left = [(row.account_id, row.call, row.kind, row.state, row.due_at, row.attempts, row.error) for row in rows]
        jobs = db.session.execute(text("select id, status, worker_id, args, scheduled_at from procrastinate_jobs"))
        return [*left, *jobs]


def assert_noted_once(firm: Firm, calls: Sequence[str]) -> None:
    """In a note of its own, or as part of its unsorted record."""
    noted = Counter(note["params"]["uniq"].removeprefix("call-") for note in firm.call_notes())
    _assert_same("calls noted", noted, Counter(calls))


def assert_one_of_each(firm: Firm, phones: Sequence[str]) -> None:
    """One contact and one lead per client, be they in a stage or unsorted."""
    state = firm.account.state()
    owner = {contact["id"]: _phone(contact) for contact in state["contacts"].values()}
    leads = Counter(owner[link["id"]] for lead in state["leads"].values() for link in lead["contacts"])
    _assert_same("contacts", Counter(owner.values()), Counter(phones))
    _assert_same("leads", leads, Counter(phones))


def _assert_same(what: str, found: Counter[str], wanted: Counter[str]) -> None:
    assert found == wanted, f"{what}: too many {dict(found - wanted)}, missing {dict(wanted - found)}"


def _phone(contact: dict[str, object]) -> str:
    fields = contact["custom_fields_values"]
    assert isinstance(fields, list)
    return str(fields[0]["values"][0]["value"])
