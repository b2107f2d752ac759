"""Progress of each account's full sync, for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.phonebook.put import upsert
from backend.store.phonebook.rows import LeadRow, PartyRow

KINDS = ("contacts", "companies", "leads")
SMOOTHING = 0.1  # of the newest page in the rate
LONGEST_PAGE = 60.0  # seconds; a longer time was a pause
SHORTEST_PAGE = 0.001


class SyncRow(Base):
    """The account's last full sync, begun in `round`; `ended_at` None: in progress. `done` and `expected` are rows of
    each kind; `expected` lacks kinds whose total is unknown. `whole_at` is the end of the last complete one."""

    __tablename__ = "phonebook_syncs"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    round: Mapped[int]
    began_at: Mapped[datetime] = mapped_column(server_default=func.now())
    moved_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    whole_at: Mapped[datetime | None]
    entity: Mapped[str]
    done: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    expected: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    rate: Mapped[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Rows of each kind; `rate` is the recent number of rows a second. Times are Unix seconds; `ended_at` None: in
    progress."""

    entity: str
    done: dict[str, int]
    expected: dict[str, int]
    rate: float | None
    began_at: float
    ended_at: float | None
    whole_at: float | None


def of(account_id: int) -> Progress | None:
    """The last full sync; None before the first."""
    row = db.session.get(SyncRow, account_id, populate_existing=True)
    if row is None:
        return None
    return Progress(
        entity=row.entity, done=dict(row.done), expected=dict(row.expected), rate=row.rate,
        began_at=row.began_at.timestamp(), ended_at=_seconds(row.ended_at), whole_at=_seconds(row.whole_at),
    )  # fmt: skip


def is_whole(account_id: int) -> bool:
    """Whether a full sync has ever ended: the mirror is complete."""
    return db.session.scalar(select(SyncRow.whole_at).where(SyncRow.account_id == account_id)) is not None


def last_round(account_id: int) -> int:
    """0 before the first."""
    return db.session.scalar(select(SyncRow.round).where(SyncRow.account_id == account_id)) or 0


def begin(account_id: int, round: int, entity: str) -> None:
    """Does not commit. A complete mirror gives the expected totals."""
    expected = _mirrored(account_id) if is_whole(account_id) else {}
    now: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    fresh = {
        "account_id": account_id, "round": round, "entity": entity, "done": {}, "expected": expected, "rate": None,
        "began_at": now, "moved_at": now, "ended_at": None,
    }  # fmt: skip
    upsert(SyncRow, [fresh])


def expect(account_id: int, entity: str, rows: int) -> None:
    """Sets the total of this kind, exact or estimated. Does not commit."""
    row = _row(account_id)
    row.expected = {**row.expected, entity: rows}


def move(account_id: int, entity: str, rows: int) -> None:
    """Adds rows of this kind to those read. Does not commit."""
    row = _row(account_id)
    now: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    took = (now - row.moved_at).total_seconds()
    if rows and took < LONGEST_PAGE:
        rate = rows / max(took, SHORTEST_PAGE)
        row.rate = rate if row.rate is None else row.rate + SMOOTHING * (rate - row.rate)
    row.entity, row.moved_at = entity, now
    row.done = {**row.done, entity: row.done.get(entity, 0) + rows}


def read_again(account_id: int, round: int, entity: str) -> None:
    """This kind is read from the beginning, in another round. Does not commit."""
    row = _row(account_id)
    row.round, row.done = round, {**row.done, entity: 0}


def finish(account_id: int, entity: str) -> None:
    """All of this kind have been read, so their number is the total. Does not commit."""
    row = _row(account_id)
    row.expected = {**row.expected, entity: row.done.get(entity, 0)}


def end(account_id: int) -> None:
    """Does not commit."""
    row = _row(account_id)
    row.ended_at = row.whole_at = func.clock_timestamp()


def _row(account_id: int) -> SyncRow:
    row = db.session.get(SyncRow, account_id)
    assert row is not None
    return row


def _mirrored(account_id: int) -> dict[str, int]:
    parties = (
        select(PartyRow.entity, func.count().label("count"))
        .where(PartyRow.account_id == account_id)
        .group_by(PartyRow.entity)
    )
    leads = select(func.count()).select_from(LeadRow).where(LeadRow.account_id == account_id)
    counted = {row.entity: row._mapping["count"] for row in db.session.execute(parties)}
    return {"contacts": 0, "companies": 0, **counted, "leads": db.session.scalar(leads) or 0}


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
