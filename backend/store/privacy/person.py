"""All that is kept of one telephone number, beside the mirror of what amoCRM itself keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, inspect, select

from backend.store import Base, db
from backend.store.callback.requests import CALLED, CallbackRow
from backend.store.commands import CommandRow
from backend.store.journal.journal import CallRow, FactRow, IntentRow
from backend.store.outcomes import OutcomeRow
from backend.store.phonebook.choices import ChoiceRow
from backend.store.phonebook.rows import ChangeRow, WaitingRow
from backend.store.popups import Popup
from backend.store.recordings.recordings import RecordingRow

OF_CALLS: dict[str, type[Base]] = {
    "facts": FactRow, "intents": IntentRow, "popups": Popup, "outcomes": OutcomeRow, "recordings": RecordingRow,
    "commands": CommandRow,
}  # fmt: skip
OF_NUMBER: dict[str, tuple[type[Base], Any]] = {
    "calls": (CallRow, CallRow.client), "requests": (CallbackRow, CallbackRow.phone),
    "waiting": (WaitingRow, WaitingRow.phone), "changes": (ChangeRow, ChangeRow.phone),
    "choices": (ChoiceRow, ChoiceRow.phone),
}  # fmt: skip
SECRET = frozenset({"key", "recording_token", "claim", "address", "unclear"})  # ours, and nothing of the person


class StillTalking(Exception):
    """A call of this number goes on, or a request of it is being rung."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """By table the rows, as plain values."""

    rows: dict[str, list[dict[str, Any]]]


def kept(account_id: int, number: str) -> Kept:
    """`number` is a key of the phonebook."""
    found = {
        name: db.session.scalars(select(table).where(_of(table, account_id), column == number)).all()
        for name, (table, column) in OF_NUMBER.items()
    }
    calls = _calls(account_id, number)
    for name, table in OF_CALLS.items():
        found[name] = db.session.scalars(select(table).where(*_of_calls(table, account_id, calls))).all()
    return Kept(rows={name: [_plain(row) for row in rows] for name, rows in found.items()})


def erase(account_id: int, number: str) -> dict[str, int]:
    """How many rows of each table are gone; files of recordings follow within minutes. Commits. Raises StillTalking."""
    calls = _calls(account_id, number)
    if _goes_on(account_id, number):
        raise StillTalking
    gone = {name: _gone(table, *_of_calls(table, account_id, calls)) for name, table in OF_CALLS.items()}
    for name, (table, column) in OF_NUMBER.items():
        gone[name] = _gone(table, _of(table, account_id), column == number)
    db.session.commit()
    return gone


def _goes_on(account_id: int, number: str) -> bool:
    talks = select(CallRow.call).where(_of(CallRow, account_id), CallRow.client == number, CallRow.ended.is_(None))
    rung = select(CallbackRow.id).where(
        _of(CallbackRow, account_id), CallbackRow.phone == number, CallbackRow.state.in_(CALLED)
    )
    return any(db.session.scalars(each.limit(1)).first() is not None for each in (talks, rung))


def _calls(account_id: int, number: str) -> Sequence[str]:
    """Names of the number's calls and of its requests' attempts."""
    requests = (_of(CallbackRow, account_id), CallbackRow.phone == number)
    named = [
        db.session.scalars(select(CallRow.call).where(_of(CallRow, account_id), CallRow.client == number)).all(),
        db.session.scalars(select(CallbackRow.call).where(*requests, CallbackRow.call.is_not(None))).all(),
        db.session.scalars(select(CallbackRow.id).where(*requests)).all(),
    ]
    return sorted({str(call) for calls in named for call in calls})


def _of(table: type[Base], account_id: int) -> ColumnElement[bool]:
    return inspect(table).columns["account_id"] == account_id


def _of_calls(table: type[Base], account_id: int, calls: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return _of(table, account_id), inspect(table).columns["call"].in_(calls)


def _gone(table: type[Base], *which: ColumnElement[bool]) -> int:
    return len(db.session.execute(delete(table).where(*which).returning(inspect(table).columns["account_id"])).all())


def _plain(row: Base) -> dict[str, Any]:
    names = [column.key for column in inspect(type(row)).column_attrs if column.key not in SECRET]
    return {name: value for name in names if (value := getattr(row, name)) not in (None, "", [], {})}
