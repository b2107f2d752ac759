"""Objects of the shelf of recordings: files that the PBX pushed, and what is to be deleted.

An object stands either in a row, a recording's or a part's, or among the leavings. The database's own triggers put it
there when its row lets go of it, by whatever way (the account's end too), and whoever is about to store one writes it
down there first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, Index, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db

LEAST = 64 * 1024  # bytes that each pushed file counts for: its row and its object cost something too
KEPT_PARTS = timedelta(days=2)  # a pushed file whose call nobody told of, or whose recording waits for another


class PartRow(Base):
    """A file that the PBX pushed, under the name by which it is told in events."""

    __tablename__ = "recording_parts"
    __table_args__ = (Index(None, "at"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class LeavingRow(Base):
    """An object to be deleted, from `due_at` on."""

    __tablename__ = "recording_leavings"
    __table_args__ = (Index(None, "due_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())


def foresee(key: str, wait: timedelta) -> None:
    """This object is about to be stored: unless it is kept by then, it is deleted. Does not commit."""
    db.session.add(LeavingRow(key=key, due_at=func.now() + wait))


def keep(key: str) -> bool:
    """The object stands in a row from now on; False when its time was over. Does not commit."""
    kept = delete(LeavingRow).where(LeavingRow.key == key, LeavingRow.due_at > func.now()).returning(LeavingRow.key)
    return db.session.scalar(kept) is not None


def leavings(limit: int) -> Sequence[str]:
    """Objects that are to be deleted now: nobody keeps one any more."""
    query = select(LeavingRow.key).where(LeavingRow.due_at <= func.now()).order_by(LeavingRow.due_at).limit(limit)
    return db.session.scalars(query).all()


def forget_leavings(keys: Sequence[str]) -> None:
    """They are deleted. Does not commit."""
    db.session.execute(delete(LeavingRow).where(LeavingRow.key.in_(keys)))


def part(account_id: int, name: str) -> PartRow | None:
    return db.session.get(PartRow, (account_id, name))


def put_part(account_id: int, name: str, key: str, size: int) -> None:
    """The file is here; one of the same name pushed before is let go. Does not commit."""
    now = {"key": key, "bytes": size, "at": func.now()}
    query = insert(PartRow).values(account_id=account_id, name=name, **now)
    db.session.execute(query.on_conflict_do_update(index_elements=["account_id", "name"], set_=now))


def last_part(account_id: int) -> str | None:
    """The name of the file that the account's PBX pushed last, of those that are still kept."""
    query = select(PartRow.name).where(PartRow.account_id == account_id).order_by(PartRow.at.desc()).limit(1)
    return db.session.scalar(query)


def bytes_of_parts(account_id: int) -> int:
    """How much the PBX pushed that is not yet made into recordings, or not long ago."""
    each = func.greatest(PartRow.bytes, LEAST)
    query = select(func.coalesce(func.sum(each), 0)).where(PartRow.account_id == account_id)
    return int(db.session.scalars(query).one())


def forget_parts_of(account_id: int) -> None:
    """All that the account's PBX pushed. Does not commit."""
    db.session.execute(delete(PartRow).where(PartRow.account_id == account_id))


# From the recordings made since any of the parts came: to look for each part would read all of its account.
_FORGET_PARTS = text(
    """
    delete from recording_parts where at < now() - :kept or (account_id, name) in (
        select account_id, unnest(names) from recordings
        where key is not null and account_id in (select account_id from recording_parts)
          and ready_at > now() - :kept and ready_at < now() - interval '1 hour')  -- no other leg is named so late
    returning name
    """
)


def forget_parts() -> int:
    """Pushed files that are in their recordings, or that nobody asked for; how many. Does not commit."""
    return len(db.session.scalars(_FORGET_PARTS, {"kept": KEPT_PARTS}).all())
