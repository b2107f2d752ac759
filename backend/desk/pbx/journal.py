"""Processes an entry of the PBX's own journal: stores what is new about its call."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from backend.calls.facts import Fact, from_json
from backend.calls.tracking import pbx_journal
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.pbx_journal import Left
from backend.desk.pbx.talk_time import time_call
from backend.store import db
from backend.store import pbx_journal as store
from backend.store.journal import journal


def take(account_id: int, line: Left, lines: Lines, write: Callable[[Fact], None]) -> bool:
    """Whether the entry had any news. `write` commits each fact; a repeated entry has none."""
    known = [from_json(row.body) for row in journal.facts_of(account_id, line.call)]
    news = pbx_journal.facts(line, lines, known)
    for fact in news:
        write(fact)
    is_timed = not news and bool(line.talked) and time_call(account_id, line.call, line.talked or 0)
    return bool(news) or is_timed


def open_calls(account_id: int, names: Collection[str]) -> set[str]:
    """Of these, the calls stored as begun and not ended."""
    return {call for call, row in journal.calls(account_id, list(names)).items() if row.ended is None}


def ended_calls(account_id: int, names: Collection[str]) -> set[str]:
    """Of these, the calls stored as ended."""
    return {call for call, row in journal.calls(account_id, list(names)).items() if row.ended is not None}


def shown(account_id: int) -> dict[str, Any]:
    """For the account's health: calls of the last days that the PBX overwrote while the service was disconnected."""
    known = db.session.get(store.PbxJournal, account_id)
    return {"lost": store.lost_lately(known) if known else 0, "trouble": known.trouble if known else ""}


def was_read(account_id: int, counted: int, *, after_absence: bool, broken: int) -> int:
    """The number of entries overwritten unread since the last reading. Commits."""
    lost = store.was_read(account_id, counted, after_absence=after_absence, broken=broken)
    db.session.commit()
    return lost


def cannot_read(account_id: int, trouble: str) -> None:
    """The PBX does not provide its journal. Commits."""
    store.state(account_id).trouble = trouble
    db.session.commit()
