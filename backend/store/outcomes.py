"""Saved outcomes of calls. The row identifies a repeated request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db


class OutcomeRow(Base):
    """`is_held`: the call has neither been answered nor ended yet, so its place in the CRM is unknown."""

    __tablename__ = "outcomes"
    __table_args__ = (Index("ix_outcomes_saved_at", "saved_at"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    call: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    request: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]
    is_held: Mapped[bool]
    saved_at: Mapped[datetime] = mapped_column(server_default=func.now())


def add(account_id: int, call: str, user_id: int, request: str, body: dict[str, Any], *, is_held: bool) -> bool:
    """False for a request that was saved before. Does not commit."""
    row = {"account_id": account_id, "call": call, "user_id": user_id, "request": request}
    query = insert(OutcomeRow).values(**row, body=body, is_held=is_held).on_conflict_do_nothing()
    return db.session.scalar(query.returning(OutcomeRow.call)) is not None


def let_go(account_id: int, call: str) -> Sequence[dict[str, Any]]:
    """Releases the outcomes held for this call, in the order they were saved. Does not commit."""
    mine = (OutcomeRow.account_id == account_id, OutcomeRow.call == call, OutcomeRow.is_held)
    bodies = db.session.scalars(select(OutcomeRow.body).where(*mine).order_by(OutcomeRow.saved_at)).all()
    if bodies:
        db.session.execute(update(OutcomeRow).where(*mine).values(is_held=False))
    return bodies


def forget_older(than: datetime, limit: int) -> int:
    """Deletes old rows of all accounts; returns the number. Does not commit."""
    keys = (OutcomeRow.account_id, OutcomeRow.call, OutcomeRow.user_id, OutcomeRow.request)
    old = select(*keys).where(OutcomeRow.saved_at < than).limit(limit)
    gone = db.session.execute(delete(OutcomeRow).where(tuple_(*keys).in_(old)).returning(OutcomeRow.call))
    return len(gone.all())
