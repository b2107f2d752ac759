"""Objects in the storage of recordings: files pushed by the PBX, and objects to delete.

An object belongs to a row, of a recording or a part, or to the leavings. The database's triggers move it there when its
row releases it, in whichever way (also at the account's end), and it is registered there before it is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, Index, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db

LEAST = 64 * 1024  # bytes that each pushed file counts for at least: its row and its object have a cost too
KEPT_PARTS = timedelta(days=2)  # a pushed file without a call, or whose recording waits for another file


class PartRow(Base):
    """A file pushed by the PBX, under its name in AMI events."""

    __tablename__ = "recording_parts"
    __table_args__ = (Index(None, "at"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class LeavingRow(Base):
    """An object to delete, from `due_at` on."""

    __tablename__ = "recording_leavings"
    __table_args__ = (Index(None, "due_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())


def foresee(key: str, wait: timedelta) -> None:
    """Registers an object that is about to be stored: unless it is kept by then, it is deleted. Does not commit."""
    db.session.add(LeavingRow(key=key, due_at=func.now() + wait))


def keep(key: str) -> bool:
    """Gives the object to a row; False when its time was over. Does not commit."""
    kept = delete(LeavingRow).where(LeavingRow.key == key, LeavingRow.due_at > func.now()).returning(LeavingRow.key)
    return db.session.scalar(kept) is not None


def leavings(limit: int) -> Sequence[str]:
    """Objects to delete now."""
    query = select(LeavingRow.key).where(LeavingRow.due_at <= func.now()).order_by(LeavingRow.due_at).limit(limit)
    return db.session.scalars(query).all()


def forget_leavings(keys: Sequence[str]) -> None:
    """Removes deleted objects. Does not commit."""
    db.session.execute(delete(LeavingRow).where(LeavingRow.key.in_(keys)))


def part(account_id: int, name: str) -> PartRow | None:
    return db.session.get(PartRow, (account_id, name))


def put_part(account_id: int, name: str, key: str, size: int) -> None:
    """Stores a pushed file; an earlier one with the same name is released. Does not commit."""
    now = {"key": key, "bytes": size, "at": func.now()}
    query = insert(PartRow).values(account_id=account_id, name=name, **now)
    db.session.execute(query.on_conflict_do_update(index_elements=["account_id", "name"], set_=now))


def last_part(account_id: int) -> str | None:
    """The name of the latest kept file that the account's PBX pushed."""
    query = select(PartRow.name).where(PartRow.account_id == account_id).order_by(PartRow.at.desc()).limit(1)
    return db.session.scalar(query)


def bytes_of_parts(account_id: int) -> int:
    """Bytes pushed by the PBX that are not, or only recently, part of recordings."""
    each = func.greatest(PartRow.bytes, LEAST)
    query = select(func.coalesce(func.sum(each), 0)).where(PartRow.account_id == account_id)
    return int(db.session.scalars(query).one())


def forget_parts_of(account_id: int) -> None:
    """Deletes all parts that the account's PBX pushed. Does not commit."""
    db.session.execute(delete(PartRow).where(PartRow.account_id == account_id))


# From the recordings created since the first of the parts: a search for each part would read all of its account.
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
    """Deletes pushed files that are in their recordings, or belong to none; returns the number. Does not commit."""
    return len(db.session.scalars(_FORGET_PARTS, {"kept": KEPT_PARTS}).all())
