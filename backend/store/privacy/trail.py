"""The trail of an account: who changed what, and who looked at or took away what. Bounded by time, and one row for
what the same user does again within an hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db

LONGEST = 500  # characters of what an entry is about
OPERATOR = 0  # stands for the user where the operator's shell acts


class Deed(StrEnum):
    CHANGED_SETTINGS = "changed_settings"
    OPENED_CARD = "opened_card"
    SEARCHED_CONTACTS = "searched_contacts"
    EXPORTED_DIAGNOSTICS = "exported_diagnostics"
    EXPORTED_PERSON = "exported_person"
    ERASED_PERSON = "erased_person"
    REVOKED_LINK = "revoked_link"
    RENEWED_SECRET = "renewed_secret"


class TrailRow(Base):
    """`at` is the last time within `hour`."""

    __tablename__ = "trail"
    __table_args__ = (Index("ix_trail_hour", "hour"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    times: Mapped[int] = mapped_column(default=1, server_default="1")


def add(account_id: int, user_id: int, what: Deed, about: str = "") -> None:
    """Does not commit."""
    hour = func.date_trunc("hour", func.now())
    row = insert(TrailRow).values(
        account_id=account_id, hour=hour, user_id=user_id, what=what.value, about=about[:LONGEST]
    )
    again = {"at": func.now(), "times": TrailRow.times + 1}
    keys = ["account_id", "hour", "user_id", "what", "about"]
    db.session.execute(row.on_conflict_do_update(index_elements=keys, set_=again))


def newest(account_id: int, limit: int, before: datetime | None = None) -> Sequence[TrailRow]:
    """Newest first; `before` goes on where the last page ended."""
    query = select(TrailRow).where(TrailRow.account_id == account_id)
    if before is not None:
        query = query.where(TrailRow.at < before)
    return db.session.scalars(query.order_by(TrailRow.at.desc()).limit(limit)).all()


def forget_older(than: datetime, limit: int) -> int:
    """Deletes old rows of all accounts; how many. Does not commit."""
    keys = (TrailRow.account_id, TrailRow.hour, TrailRow.user_id, TrailRow.what, TrailRow.about)
    old = select(*keys).where(TrailRow.hour < than).limit(limit)
    return len(db.session.execute(delete(TrailRow).where(tuple_(*keys).in_(old)).returning(TrailRow.what)).all())
