"""Requests from sites to be called back: each is a row from the moment it is asked until it has ended.

    waiting ──an attempt is taken──▶ ringing ──an employee answers──▶ answered ──the client does──▶ talking ──▶ done
       ▲                               │nobody                         │the client does not          (result: talked)
       └────────────── again ──────────┴───────────────────────────────┘
    waiting, ringing ──he talks to anybody, the time is over, a person stops it──▶ done, failed, stopped

An attempt is one call of ours on the PBX, by its channel's id `call`; a request has one at a time. What is decided at
each step, and what it does to the CRM, is `desk/callback/lifecycle.py`.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, delete, func, literal_column, select, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.calls.rules.callback_plan import id_of
from backend.store import Base, db
from backend.store.commands import CHANNEL

KIND = "callback"  # what is told to the `pbx` processes: `ACCOUNT callback`
OPEN = "state in ('waiting', 'ringing', 'answered', 'talking')"


class RequestState(StrEnum):
    WAITING = "waiting"
    RINGING = "ringing"
    ANSWERED = "answered"
    TALKING = "talking"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class CallbackRow(Base):
    """`phone` is a key of the phonebook, `number` is as it was given; `fields` are all other parameters, pairs
    [name, value] in their order. `address` is a hash of who asked, `lead` is the one the request came with.

    `attempts` counts calls of ours, `turn` the targets rung in this round, `client_tries` how often the client
    was dialled. `call`, `target` and `extension` are of the last attempt; `placed_call` is the first that an employee
    answered: its place in the CRM is the request's.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        Index("ix_callbacks_due", "next_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_callbacks_open", "account_id", "phone", postgresql_where=text(OPEN)),
        Index("ix_callbacks_account_created", "account_id", "created_at"),
        Index("ix_callbacks_account_phone", "account_id", "phone", "created_at"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str]
    site: Mapped[str]
    phone: Mapped[str]
    number: Mapped[str]
    name: Mapped[str]
    comment: Mapped[str]
    department: Mapped[str]
    fields: Mapped[list[Any]]
    address: Mapped[str | None]
    lead: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(default=RequestState.WAITING.value, server_default="waiting")
    result: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    turn: Mapped[int] = mapped_column(default=0, server_default="0")
    client_tries: Mapped[int] = mapped_column(default=0, server_default="0")
    call: Mapped[str | None]
    target: Mapped[str | None]
    extension: Mapped[str | None]
    reason: Mapped[str | None]
    placed_call: Mapped[str | None]
    rung_at: Mapped[datetime | None]
    next_at: Mapped[datetime]
    until: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    ended_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


# written out, not bound: a prepared statement must be able to see that the partial index fits
_WAITING: ColumnElement[str] = literal_column("'waiting'")
_CALLED = (RequestState.RINGING.value, RequestState.ANSWERED.value, RequestState.TALKING.value)
_UNANSWERED = (RequestState.WAITING.value, RequestState.RINGING.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedRequest:
    """A request that was let in. `start` is when it is rung first, None now; it lasts `whole` seconds from then.
    The same number's request of the last `one_within` seconds is this one."""

    site: str
    phone: str
    number: str
    whole: float
    name: str = ""
    comment: str = ""
    department: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    address: str | None = None
    lead: int | None = None
    start: datetime | None = None
    one_within: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What who asked may read its state with; `is_new` is False for a number that has just asked."""

    id: str
    key: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many requests there were lately, of one number, one address, one site, and of the whole account."""

    number: int
    address: int
    site: int
    account: int


def ask(account_id: int, asked: AdmittedRequest) -> Ticket:
    """Writes a request down, and tells who rings when this commits. Does not commit."""
    _one_at_a_time(account_id, asked.phone)
    if asked.one_within and (same := _asked_since(account_id, asked)):
        return Ticket(id=same.id, key=same.key, is_new=False)
    row = CallbackRow(
        account_id=account_id, id=str(uuid.uuid4()), key=secrets.token_urlsafe(18), site=asked.site,
        phone=asked.phone, number=asked.number, name=asked.name, comment=asked.comment, department=asked.department,
        fields=[list(each) for each in asked.fields], address=asked.address, lead=asked.lead,
        next_at=asked.start or func.clock_timestamp(),
        until=_later(asked.start or func.clock_timestamp(), asked.whole),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    tell(account_id)
    return Ticket(id=row.id, key=row.key, is_new=True)


def tell(account_id: int) -> None:
    """Whoever holds the account's line looks for requests that are due, when this commits."""
    db.session.execute(select(func.pg_notify(CHANNEL, f"{account_id} {KIND}")))


def counts(account_id: int, seconds: float, *, phone: str, address: str | None, site: str) -> Counts:
    """Of the last so many seconds."""
    since = func.clock_timestamp() - _span(seconds)
    query = select(
        func.count().filter(CallbackRow.phone == phone),
        func.count().filter(CallbackRow.address == address),
        func.count().filter(CallbackRow.site == site),
        func.count(),
    ).where(CallbackRow.account_id == account_id, CallbackRow.created_at > since)
    number, of_address, of_site, account = db.session.execute(query).one()
    return Counts(number=number, address=of_address, site=of_site, account=account)


def find(account_id: int, id: str) -> CallbackRow | None:
    return db.session.get(CallbackRow, (account_id, id))


def state_of(account_id: int, id: str, key: str) -> CallbackRow | None:
    """For who asked; None without the right key."""
    row = find(account_id, id)
    return row if row and secrets.compare_digest(row.key.encode(), key.encode()) else None


def of_account(account_id: int, limit: int = 50) -> Sequence[CallbackRow]:
    """For the overview: the open ones, then those that ended, newest first each."""
    query = select(CallbackRow).where(CallbackRow.account_id == account_id)
    order = (CallbackRow.ended_at.is_not(None), CallbackRow.created_at.desc())
    return db.session.scalars(query.order_by(*order).limit(limit)).all()


def lock(account_id: int, id: str) -> CallbackRow | None:
    """As it is now; nobody else changes it before this transaction is over."""
    return db.session.get(CallbackRow, (account_id, id), with_for_update=True, populate_existing=True)


def of_call(account_id: int, call: str) -> CallbackRow | None:
    """The request whose last attempt this is, locked."""
    row = lock(account_id, id_of(call))
    return row if row and row.call == call else None


def due_accounts(accounts: Collection[int]) -> Sequence[int]:
    """Of these, the ones with a request that is due."""
    due = select(CallbackRow.account_id).where(_is_due(), CallbackRow.account_id.in_(accounts))
    return db.session.scalars(due.distinct().order_by(CallbackRow.account_id)).all()


def lock_due(account_id: int, at_once: int) -> Sequence[CallbackRow]:
    """The requests that may be rung now, locked, one of each number; so many that `at_once` ring. What somebody
    else holds, and numbers that are being called back already, are left out. A round that has begun goes on first."""
    going = select(CallbackRow.phone, CallbackRow.state).where(
        CallbackRow.account_id == account_id, CallbackRow.state.in_(_CALLED)
    )
    called = db.session.execute(going).all()
    room = at_once - sum(row.state != RequestState.TALKING for row in called)
    mine = (CallbackRow.account_id == account_id, _is_due(), CallbackRow.phone.not_in([row.phone for row in called]))
    query = (
        select(CallbackRow).where(*mine).order_by(CallbackRow.turn.desc(), CallbackRow.next_at, CallbackRow.created_at)
    )
    locked = query.limit(max(0, room)).with_for_update(skip_locked=True)
    rows = db.session.scalars(locked.execution_options(populate_existing=True)).all()
    return list({row.phone: row for row in reversed(rows)}.values())[::-1]


def unfinished(account_id: int) -> Sequence[CallbackRow]:
    """Whose attempt is on its way, as far as is written."""
    going = (RequestState.RINGING.value, RequestState.ANSWERED.value)
    query = select(CallbackRow).where(CallbackRow.account_id == account_id, CallbackRow.state.in_(going))
    return db.session.scalars(query).all()


def lock_of_client(account_id: int, phone: str) -> Sequence[CallbackRow]:
    """This client's requests that nobody has answered yet, locked."""
    mine = (CallbackRow.account_id == account_id, CallbackRow.phone == phone, CallbackRow.state.in_(_UNANSWERED))
    query = select(CallbackRow).where(*mine).order_by(CallbackRow.created_at).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def lock_overdue(limit: int, stuck: float) -> Sequence[CallbackRow]:
    """Of all accounts, locked: those whose time is over while they waited, or rang for so many seconds at a PBX that
    tells nothing any more."""
    now = func.clock_timestamp()
    waits = (CallbackRow.state == _WAITING) & (CallbackRow.until < now)
    rings = (CallbackRow.state == RequestState.RINGING.value) & (CallbackRow.rung_at < now - _span(stuck))
    query = select(CallbackRow).where(waits | (rings & (CallbackRow.until < now))).order_by(CallbackRow.account_id)
    return db.session.scalars(query.limit(limit).with_for_update(skip_locked=True)).all()


def forget_older(than: datetime, limit: int) -> int:
    """Deletes requests of all accounts that ended before; how many. Does not commit."""
    keys = (CallbackRow.account_id, CallbackRow.id)
    old = select(*keys).where(CallbackRow.ended_at < than).limit(limit).subquery()
    gone = delete(CallbackRow).where(keys[0] == old.c.account_id, keys[1] == old.c.id)
    return len(db.session.scalars(gone.returning(CallbackRow.id)).all())


def _is_due() -> ColumnElement[bool]:
    now = func.clock_timestamp()
    return (CallbackRow.state == _WAITING) & (CallbackRow.next_at <= now) & (CallbackRow.until >= now)


def _one_at_a_time(account_id: int, phone: str) -> None:
    """Two requests of one number, whichever processes they reach, until this transaction ends."""
    lock = text("select pg_advisory_xact_lock(hashtextextended(:who, 0))")
    db.session.execute(lock, {"who": f"callback {account_id} {phone}"})


def _asked_since(account_id: int, asked: AdmittedRequest) -> CallbackRow | None:
    since = func.clock_timestamp() - _span(asked.one_within)
    mine = (CallbackRow.account_id == account_id, CallbackRow.phone == asked.phone)
    query = select(CallbackRow).where(*mine, CallbackRow.created_at > since)
    return db.session.scalars(query.order_by(CallbackRow.created_at.desc()).limit(1)).first()


def _span(seconds: float) -> ColumnElement[Any]:
    return func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def _later(at: Any, seconds: float) -> Any:
    return at + (timedelta(seconds=seconds) if isinstance(at, datetime) else _span(seconds))
