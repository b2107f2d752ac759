"""Lists of calls: a client's calls, newest first, and missed calls without a call back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, literal_column, select, update

from backend.store import db
from backend.store.journal.journal import OPEN_MISSED, CallRow

# literals instead of bound parameters: a prepared statement must be able to use the partial index
_OPEN: ColumnElement[bool] = literal_column(f"({OPEN_MISSED})")
_IS_CALL = CallRow.direction != "request"  # an unanswered request from a site is listed only among missed calls


def of_clients(account_id: int, clients: Sequence[str], limit: int) -> Sequence[CallRow]:
    """Calls with any of these numbers (keys), newest first."""
    query = select(CallRow).where(CallRow.account_id == account_id, CallRow.client.in_(clients), _IS_CALL)
    return db.session.scalars(query.order_by(CallRow.started.desc()).limit(limit)).all()


def open_missed(account_id: int, limit: int, clients: Sequence[str] | None = None) -> Sequence[CallRow]:
    """Missed calls of clients who have not talked since, newest first; of these numbers if given."""
    query = select(CallRow).where(CallRow.account_id == account_id, _OPEN)
    if clients is not None:
        query = query.where(CallRow.client.in_(clients))
    return db.session.scalars(query.order_by(CallRow.started.desc()).limit(limit)).all()


def count_open_missed(account_id: int) -> int:
    query = select(func.count()).select_from(CallRow).where(CallRow.account_id == account_id, _OPEN)
    return db.session.scalar(query) or 0


def close_missed(account_id: int, client: str, at: float) -> Sequence[str]:
    """Marks the client's earlier missed calls as called back, and returns them.

    Does not commit.
    """
    missed = (CallRow.account_id == account_id, CallRow.client == client, _OPEN, CallRow.ended <= at)
    closed = update(CallRow).where(*missed).values(missed_closed_at=at)
    return db.session.scalars(closed.returning(CallRow.call)).all()


def earlier(account_id: int, client: str, call: str) -> tuple[int, float | None]:
    """The number of other calls with this number, and the start of the latest."""
    theirs = (CallRow.account_id == account_id, CallRow.client == client, CallRow.call != call, _IS_CALL)
    total, last = db.session.execute(select(func.count(), func.max(CallRow.started)).where(*theirs)).one()
    return total, last


def first_talk_after(account_id: int, client: str, at: float) -> float | None:
    """The start of the first talk with the client after this time, if any."""
    theirs = (CallRow.account_id == account_id, CallRow.client == client, CallRow.answered >= at)
    return db.session.scalar(select(func.min(CallRow.answered)).where(*theirs))
