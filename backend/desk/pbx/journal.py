"""A line of the PBX's own journal arrives: what it adds to what we know of its call is written down."""

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
    """Whether there was anything new. `write` commits each fact; told again, a line says nothing new."""
    known = [from_json(row.body) for row in journal.facts_of(account_id, line.call)]
    news = pbx_journal.facts(line, lines, known)
    for fact in news:
        write(fact)
    is_timed = not news and bool(line.talked) and time_call(account_id, line.call, line.talked or 0)
    return bool(news) or is_timed


def open_calls(account_id: int, names: Collection[str]) -> set[str]:
    """Of these, the calls that we know to have begun, and not to have ended."""
    return {call for call, row in journal.calls(account_id, list(names)).items() if row.ended is None}


def ended_calls(account_id: int, names: Collection[str]) -> set[str]:
    """Of these, the calls that are over for us too."""
    return {call for call, row in journal.calls(account_id, list(names)).items() if row.ended is not None}


def shown(account_id: int) -> dict[str, Any]:
    """For the account's health: calls of the last days that the PBX had no room for while nobody heard it."""
    known = db.session.get(store.PbxJournal, account_id)
    return {"lost": store.lost_lately(known) if known else 0, "trouble": known.trouble if known else ""}


def was_read(account_id: int, counted: int, *, after_absence: bool, broken: int) -> int:
    """How many lines the PBX has written over since the last reading that nobody had heard of. Commits."""
    lost = store.was_read(account_id, counted, after_absence=after_absence, broken=broken)
    db.session.commit()
    return lost


def cannot_read(account_id: int, trouble: str) -> None:
    """The PBX does not give its journal. Commits."""
    store.state(account_id).trouble = trouble
    db.session.commit()
