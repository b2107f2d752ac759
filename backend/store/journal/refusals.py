"""Intents that amoCRM refused: seen by people, and tried again, by themselves or because a person says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, func, literal_column, select, update

from backend.store import db
from backend.store.journal.journal import IntentRow, IntentState

MOST = 14  # times that one is tried again by itself, in a week and some; then a person has to say so

FIRST_WAIT, LONGEST_WAIT = timedelta(hours=1), timedelta(days=1)

# written out, not bound: a prepared statement must be able to see that a partial index fits
_REFUSED: ColumnElement[str] = literal_column("'refused'")
_DONE: ColumnElement[str] = literal_column("'done'")
_AGAIN = {"state": IntentState.TODO.value, "due_at": func.clock_timestamp(), "attempts": 0}


def waiting(account_id: int) -> Sequence[IntentRow]:
    """In the order they were written."""
    query = select(IntentRow).where(IntentRow.account_id == account_id, IntentRow.state == _REFUSED)
    return db.session.scalars(query.order_by(IntentRow.id)).all()


def try_again(account_id: int) -> int:
    """All of the account are to do again; how many. Does not commit."""
    mine = (IntentRow.account_id == account_id, IntentRow.state == _REFUSED)
    again = update(IntentRow).where(*mine).values(**_AGAIN, refusals=0).returning(IntentRow.id)
    return len(db.session.scalars(again).all())


def try_due_again(limit: int) -> list[int]:
    """Those of all accounts whose time has come are to do again; whose they are. Does not commit."""
    due = (IntentRow.state == _REFUSED, IntentRow.due_at <= func.clock_timestamp(), IntentRow.refusals <= MOST)
    some = select(IntentRow.id).where(*due).order_by(IntentRow.due_at).limit(limit)
    again = update(IntentRow).where(IntentRow.id.in_(some)).values(**_AGAIN).returning(IntentRow.account_id)
    return sorted(set(db.session.scalars(again)))


def wait(refusals: int) -> timedelta:
    """Until one that was refused so often is tried again: hours, at last a day."""
    return min(FIRST_WAIT * (1 << min(refusals - 1, 10)), LONGEST_WAIT)


def gets_through(account_id: int, lately: timedelta) -> bool:
    """Whether anything of this account was done of late."""
    mine = (IntentRow.account_id == account_id, IntentRow.state == _DONE)
    since = IntentRow.done_at > func.clock_timestamp() - lately
    return db.session.scalar(select(IntentRow.id).where(*mine, since).limit(1)) is not None
