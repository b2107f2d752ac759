"""What the CRM must hold when all is done: every call noted once, every client there once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence

from flask import Flask
from sqlalchemy import select

from backend.desk import outcomes
from backend.store import db
from backend.store.journal.journal import IntentRow, IntentState
from backend.store.outcomes import OutcomeRow
from tests.firm import Firm
from tests.kill.processes import PATIENCE, until


def until_all_done(app: Flask, patience: float = PATIENCE) -> None:
    try:
        until(lambda: not _left(app), "every intent done", patience)
    except AssertionError as late:
        raise AssertionError(f"{late}; left: {_left(app)}") from None


def _left(app: Flask) -> list[tuple[object, ...]]:
    """What is still to do, or was refused."""
    row = IntentRow
    query = select(row.account_id, row.call, row.kind, row.state, row.attempts, row.due_at, row.error)
    with app.app_context():
        return [tuple(each) for each in db.session.execute(query.where(row.state != IntentState.DONE.value))]


def assert_noted_once(firm: Firm, calls: Sequence[str]) -> None:
    """In a note of its own, or as part of its unsorted record."""
    noted = Counter(note["params"]["uniq"].removeprefix("call-") for note in firm.call_notes())
    _assert_same("calls noted", noted, Counter(calls))


def assert_one_of_each(firm: Firm, phones: Sequence[str], *, spared: Sequence[str] = ()) -> None:
    """One contact and one lead per client, be they in a stage or unsorted; of the spared only a contact."""
    state = firm.account.state()
    owner = {contact["id"]: _phone(contact) for contact in state["contacts"].values()}
    leads = Counter(owner[link["id"]] for lead in state["leads"].values() for link in lead["contacts"])
    _assert_same("contacts", Counter(owner.values()), Counter([*phones, *spared]))
    _assert_same("leads", leads, Counter(phones))


def tell_of(firm: Firm, call: str) -> str:
    """Boris, who talked, saves an outcome that names the call; the call."""
    told = {"note": f"Итог {call}", "task": f"Дело {call}", "due": 1_900_000_000}
    with firm.app.app_context():
        outcomes.save(firm.id, firm.people["Борис"], call, uuid.uuid4(), told)
    return call


def assert_told_once(firm: Firm) -> None:
    """What was saved of calls is one note and one task each."""
    with firm.app.app_context():
        told = db.session.scalars(select(OutcomeRow.call).where(OutcomeRow.account_id == firm.id)).all()
    state = firm.account.state()
    texts = [note["params"]["text"] for note in state["notes"].values() if note["note_type"] == "common"]
    texts += [task["text"] for task in state["tasks"].values()]
    assert told
    _assert_same("outcomes", Counter(texts), Counter(f"{what} {call}" for what in ("Итог", "Дело") for call in told))


def _assert_same(what: str, found: Counter[str], wanted: Counter[str]) -> None:
    assert found == wanted, f"{what}: too many {dict(found - wanted)}, missing {dict(wanted - found)}"


def _phone(contact: dict[str, object]) -> str:
    fields = contact["custom_fields_values"]
    assert isinstance(fields, list)
    return str(fields[0]["values"][0]["value"])
