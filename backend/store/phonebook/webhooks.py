"""Each account's webhook: its secret address, whether amoCRM delivers to it, and the state of polling."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.accounts import Account, AccountState
from backend.store.base.crypto import Secret
from backend.store.phonebook.change_inbox import NewsRow
from backend.store.phonebook.syncs import SyncRow, is_whole

POLLED = "asked"
PROVED_FOR = 60  # seconds after the last delivery or poll
OFTEN_ENOUGH = timedelta(seconds=10)  # between two writings of "heard just now"


class HookState(StrEnum):
    """`refused`: the tariff or the rights do not allow it; tried again with each full sync."""

    NONE = "none"
    SUBSCRIBED = "subscribed"
    REFUSED = "refused"


class HookRow(Base):
    """`key` ends the address, `digest` finds it. `heard_at` is the last delivery, `missed_at` when polling found a
    change without a delivery. `marks`: the time of the last polled change of each kind, by the CRM's clock; POLLED is
    the time of the last complete polling, by ours."""

    __tablename__ = "account_hooks"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(Secret)
    digest: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default=HookState.NONE.value, server_default="none")
    reason: Mapped[str] = mapped_column(default="", server_default="")
    since: Mapped[datetime] = mapped_column(server_default=func.now())
    heard_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    polled_at: Mapped[datetime | None]
    marks: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")

    @property
    def is_heard(self) -> bool:
        """Whether deliveries are arriving, as far as is known."""
        is_missed = self.missed_at is not None and self.missed_at > self.last_heard
        return self.state == HookState.SUBSCRIBED and not is_missed

    @property
    def last_heard(self) -> datetime:
        """The last delivery; before the first one the subscription."""
        return max(filter(None, (self.since, self.heard_at)))


def find(key: str) -> int | None:
    """The account whose webhook address has this key."""
    return db.session.scalar(select(HookRow.account_id).where(HookRow.digest == _digest(key)))


def of(account_id: int) -> HookRow:
    """The account's webhook, created if missing. Does not commit."""
    key = secrets.token_urlsafe(32)
    fresh = insert(HookRow).values(account_id=account_id, key=key, digest=_digest(key))
    db.session.execute(fresh.on_conflict_do_nothing(index_elements=["account_id"]))
    return db.session.get_one(HookRow, account_id, populate_existing=True)


def row_of(account_id: int) -> HookRow | None:
    """The account's current webhook, if any."""
    return db.session.get(HookRow, account_id, populate_existing=True)


def move(account_id: int, state: HookState, reason: str = "") -> None:
    """Does not commit. After a new subscription deliveries are trusted again."""
    values = {"state": state.value, "reason": reason, "since": func.now()}
    db.session.execute(update(HookRow).where(HookRow.account_id == account_id).values(values))


def is_current(account_id: int) -> bool:
    """The mirror holds what the CRM holds, to the second: it is whole, deliveries come, as one or a poll has proved
    just now, and all that they told of has been looked at."""
    row = row_of(account_id)
    if row is None or not row.is_heard or not is_whole(account_id):
        return False
    proved = max(row.heard_at.timestamp() if row.heard_at else 0, row.marks.get(POLLED, 0))
    now: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    is_read = not db.session.scalar(select(exists().where(NewsRow.account_id == account_id)))
    return is_read and now.timestamp() - proved < PROVED_FOR


def heard(account_id: int) -> None:
    """Stores that a delivery arrived. Does not commit."""
    latest = func.coalesce(HookRow.heard_at < func.now() - OFTEN_ENOUGH, True)
    mine = (HookRow.account_id == account_id, latest)
    db.session.execute(update(HookRow).where(*mine).values(heard_at=func.now()))


def miss(account_id: int) -> None:
    """Stores that a change came without a delivery. Does not commit."""
    db.session.execute(update(HookRow).where(HookRow.account_id == account_id).values(missed_at=func.now()))


def mark(account_id: int, name: str, beginning: int) -> int:
    """The time of the last polled change of this kind."""
    return int(of(account_id).marks.get(name, beginning))


def set_mark(account_id: int, name: str, at: int) -> None:
    """Does not commit."""
    row = of(account_id)
    row.marks = {**row.marks, name: at}


def to_poll(often: timedelta, seldom: timedelta) -> list[int]:
    """Connected accounts with a complete mirror that are due for polling: seldom where webhooks arrive. They count as
    polled now. Does not commit."""
    before = func.coalesce(HookRow.polled_at < func.now() - often, True)
    ready = (Account.state == AccountState.CONNECTED, SyncRow.whole_at.is_not(None), before)
    query = select(HookRow).join(Account, Account.id == HookRow.account_id).where(*ready)
    query = query.join(SyncRow, SyncRow.account_id == HookRow.account_id)
    rows = db.session.scalars(query.with_for_update(of=HookRow, skip_locked=True)).all()
    now = db.session.execute(select(func.now())).scalar_one()
    due = [row for row in rows if not row.is_heard or row.polled_at is None or row.polled_at < now - seldom]
    for row in due:
        row.polled_at = now
    return sorted(row.account_id for row in due)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
