"""Protection of the callback address: requests that servers already sent, and the number of refused ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db


class SeenRow(Base):
    """A server's request, by the token that identifies a repetition, and the callback it created."""

    __tablename__ = "callback_seen"
    __table_args__ = (Index("ix_callback_seen_at", "at"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[str] = mapped_column(primary_key=True)
    callback: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class RefusalRow(Base):
    """One row for all refusals of a kind in an hour: a flood does not grow the table."""

    __tablename__ = "callback_refusals"
    __table_args__ = (Index("ix_callback_refusals_hour", "hour"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]


def one_at_a_time(account_id: int) -> None:
    """Lets one request of the account at a time be counted, across processes, until the transaction ends."""
    lock = text("select pg_advisory_xact_lock(hashtextextended(:what, 0))")
    db.session.execute(lock, {"what": f"callbacks {account_id}"})


def seen(account_id: int, token: str, within: timedelta) -> str | None:
    """The callback created by the same request within this time."""
    mine = (SeenRow.account_id == account_id, SeenRow.token == token, SeenRow.at > func.clock_timestamp() - within)
    return db.session.scalar(select(SeenRow.callback).where(*mine))


def remember(account_id: int, token: str, callback: str) -> None:
    """Does not commit."""
    row = insert(SeenRow).values(account_id=account_id, token=token, callback=callback)
    newer = {"callback": callback, "at": func.clock_timestamp()}
    db.session.execute(row.on_conflict_do_update(index_elements=["account_id", "token"], set_=newer))


def refuse(account_id: int, kind: str) -> None:
    """Counts one refusal. Does not commit."""
    hour = func.date_trunc("hour", func.clock_timestamp())
    row = insert(RefusalRow).values(account_id=account_id, kind=kind, hour=hour, count=1)
    more = {"count": RefusalRow.count + 1}
    db.session.execute(row.on_conflict_do_update(index_elements=["account_id", "kind", "hour"], set_=more))


def refusals(account_id: int, since: timedelta) -> Mapping[str, int]:
    """The number of refusals of each kind, the most frequent first."""
    count = func.sum(RefusalRow.count)
    mine = (RefusalRow.account_id == account_id, RefusalRow.hour > func.clock_timestamp() - since)
    query = select(RefusalRow.kind, count).where(*mine).group_by(RefusalRow.kind)
    return {kind: int(total) for kind, total in db.session.execute(query.order_by(count.desc(), RefusalRow.kind))}


def forget_older(than: datetime, limit: int) -> int:
    """Deletes old rows of all accounts; returns the number. Does not commit."""
    db.session.execute(delete(RefusalRow).where(RefusalRow.hour < than))
    keys = (SeenRow.account_id, SeenRow.token)
    old = select(*keys).where(SeenRow.at < than).limit(limit).subquery()
    gone = delete(SeenRow).where(keys[0] == old.c.account_id, keys[1] == old.c.token)
    return len(db.session.scalars(gone.returning(SeenRow.token)).all())
