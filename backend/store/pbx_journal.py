"""How far the PBX's own journal has been read, and how many of its entries were lost. Nothing here commits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db

LATELY = timedelta(days=30)
"""Lost calls are reported for this long."""


class PbxJournal(Base):
    """`counted` is the PBX's own count of overwritten entries, `lost` how many of them were missed by the service;
    `broken` entries were unreadable; `trouble` is a kind of docs/api.md."""

    __tablename__ = "pbx_journals"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    counted: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    lost: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    lost_at: Mapped[datetime | None]
    broken: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    read_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(default="", server_default="")


def state(account_id: int) -> PbxJournal:
    """The current row, locked until this transaction ends."""
    db.session.execute(insert(PbxJournal).values(account_id=account_id).on_conflict_do_nothing())
    return db.session.get_one(PbxJournal, account_id, with_for_update=True, populate_existing=True)


def was_read(account_id: int, counted: int, *, after_absence: bool, broken: int = 0) -> int:
    """The PBX reports `counted` overwritten entries. Those of calls that the service followed live are not lost;
    returns the number lost since the last reading. A smaller count belongs to another or a reset PBX."""
    row = state(account_id)
    news = counted - row.counted if counted >= row.counted else counted
    lost = news if after_absence else 0
    row.counted, row.trouble, row.read_at = counted, "", func.now()
    row.broken += broken
    if lost:
        row.lost, row.lost_at = lost_lately(row) + lost, datetime.now(UTC)
    return lost


def lost_lately(row: PbxJournal) -> int:
    """The number of lost calls; 0 once LATELY has passed without a loss."""
    return row.lost if row.lost_at and datetime.now(UTC) - row.lost_at < LATELY else 0
