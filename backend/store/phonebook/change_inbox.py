"""Entities that amoCRM reported as changed, until they are read again.

An entry only says that something changed: a report that is repeated, late or out of order costs one more read and is
never wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Boolean, ForeignKey, Text, cast, delete, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedChange:
    """`entity` is contacts, companies, leads, unsorted, or parties: a contact or a company. `is_new`: it was
    created."""

    entity: str
    id: str
    is_new: bool = False


class NewsRow(Base):
    """`at` is the time of the last report; several reports count as new only if each of them did."""

    __tablename__ = "phonebook_news"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    is_new: Mapped[bool]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


def put(account_id: int, news: Collection[ReportedChange]) -> None:
    """Stores the reports. Does not commit."""
    reported: dict[tuple[str, str], bool] = {}
    for one in news:
        reported[one.entity, one.id] = one.is_new and reported.get((one.entity, one.id), True)
    if not reported:
        return
    rows = sorted((entity, id, is_new) for (entity, id), is_new in reported.items())  # in one order, against deadlocks
    entities, ids, new = (list(column) for column in zip(*rows, strict=True))
    columns = func.unnest(cast(entities, ARRAY(Text)), cast(ids, ARRAY(Text)), cast(new, ARRAY(Boolean)))
    each = columns.table_valued("entity", "id", "is_new").render_derived("told")
    fresh = insert(NewsRow).from_select(
        ["account_id", "entity", "id", "is_new"],
        select(literal(account_id, BigInteger), each.c.entity, each.c.id, each.c.is_new),
    )
    again = {"is_new": NewsRow.is_new & fresh.excluded.is_new, "at": func.clock_timestamp()}
    db.session.execute(fresh.on_conflict_do_update(index_elements=["account_id", "entity", "id"], set_=again))


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """An entry as it was read."""

    entity: str
    id: str
    is_new: bool
    at: datetime


def oldest(account_id: int, limit: int) -> list[InboxEntry]:
    """Some entries of one kind, that of the oldest."""
    mine = NewsRow.account_id == account_id
    kind = select(NewsRow.entity).where(mine).order_by(NewsRow.at).limit(1).scalar_subquery()
    query = select(NewsRow.entity, NewsRow.id, NewsRow.is_new, NewsRow.at).where(mine, NewsRow.entity == kind)
    rows = db.session.execute(query.order_by(NewsRow.at, NewsRow.id).limit(limit))
    return [InboxEntry(entity=entity, id=id, is_new=is_new, at=at) for entity, id, is_new, at in rows]


def forget(account_id: int, seen: Collection[InboxEntry]) -> None:
    """Deletes these entries, except those reported again meanwhile. Does not commit."""
    if seen:
        looked_at = tuple_(NewsRow.entity, NewsRow.id, NewsRow.at).in_(
            [(each.entity, each.id, each.at) for each in seen]
        )
        db.session.execute(delete(NewsRow).where(NewsRow.account_id == account_id, looked_at))
