"""What of a lead amoCRM would not take, so that it was made without: shown for some days, for people to mend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.phonebook.put import upsert

SHOWN_FOR = timedelta(days=7)


class LeftOut(Base):
    """`kind` is field, `name` which; `why` is amoCRM's last word of it."""

    __tablename__ = "left_out"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    why: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


def note(account_id: int, kind: str, name: str, why: str) -> None:
    """Does not commit."""
    now = datetime.now(UTC)
    upsert(LeftOut, [{"account_id": account_id, "kind": kind, "name": name, "why": why[:500], "at": now}])


def lately(account_id: int, limit: int) -> Sequence[LeftOut]:
    """The newest first."""
    mine = (LeftOut.account_id == account_id, LeftOut.at > func.clock_timestamp() - SHOWN_FOR)
    return db.session.scalars(select(LeftOut).where(*mine).order_by(LeftOut.at.desc()).limit(limit)).all()


def forget_older(than: datetime, limit: int) -> int:
    """Of all accounts; how many rows. Does not commit."""
    gone = delete(LeftOut).where(LeftOut.at < than).returning(LeftOut.name)
    return len(db.session.scalars(gone).all())
