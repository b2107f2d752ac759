"""How far the journal that a PBX keeps is read, and what of it was lost. Nothing here commits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db

LATELY = timedelta(days=30)
"""So long it is told that calls were lost."""


class PbxJournal(Base):
    """`counted` is the PBX's own count of lines that were written over, `lost` how many of them nobody had heard of;
    `broken` lines said nothing; `trouble` is a kind of docs/api.md."""

    __tablename__ = "pbx_journals"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    counted: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    lost: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    lost_at: Mapped[datetime | None]
    broken: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    read_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(default="", server_default="")


def state(account_id: int) -> PbxJournal:
    """As it is now; nobody else changes it before this transaction is over."""
    db.session.execute(insert(PbxJournal).values(account_id=account_id).on_conflict_do_nothing())
    return db.session.get_one(PbxJournal, account_id, with_for_update=True, populate_existing=True)


def was_read(account_id: int, counted: int, *, after_absence: bool, broken: int = 0) -> int:
    """The PBX counts so many lines written over. While we heard the calls themselves none of them is lost; how many
    are, of those since the last reading. A count that went back is of another PBX, or of one that was made anew."""
    row = state(account_id)
    news = counted - row.counted if counted >= row.counted else counted
    lost = news if after_absence else 0
    row.counted, row.trouble, row.read_at = counted, "", func.now()
    row.broken += broken
    if lost:
        row.lost, row.lost_at = lost_lately(row) + lost, datetime.now(UTC)
    return lost


def lost_lately(row: PbxJournal) -> int:
    """How many calls were lost, since none had been for LATELY."""
    return row.lost if row.lost_at and datetime.now(UTC) - row.lost_at < LATELY else 0
