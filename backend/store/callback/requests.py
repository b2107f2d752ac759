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

KIND = "callback"  # the notification to the `pbx` processes: `ACCOUNT callback`
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
    """`phone` is a key of the phonebook, `number` the number as it was given; `fields` are all other parameters, pairs
    [name, value] in order. `address` is a hash of the sender's address, `lead` the lead named in the request.

    `attempts` counts our calls, `turn` the targets rung in this round, `client_tries` how often the client was dialled.
    `call`, `target` and `extension` are of the last attempt; `placed_call` is the first one that an employee answered:
    its place in the CRM is the request's.
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


# literals instead of bound parameters: a prepared statement must be able to use the partial index
_WAITING: ColumnElement[str] = literal_column("'waiting'")
CALLED = (RequestState.RINGING.value, RequestState.ANSWERED.value, RequestState.TALKING.value)
_UNANSWERED = (RequestState.WAITING.value, RequestState.RINGING.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedRequest:
    """`start` is the time of the first ring, None: now; the request lasts `whole` seconds from then. If this number has
    a request of the last `one_within` seconds, that one is used."""

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
    """The key with which the sender may read the state; `is_new` is False if the number already had a recent
    request."""

    id: str
    key: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Recent requests of one number, one address, one site, and the whole account."""

    number: int
    address: int
    site: int
    account: int


def ask(account_id: int, new: AdmittedRequest) -> Ticket:
    """Writes a request, and notifies the `pbx` processes when this commits. Does not commit."""
    _one_at_a_time(account_id, new.phone)
    if new.one_within and (same := _same_request(account_id, new)):
        return Ticket(id=same.id, key=same.key, is_new=False)
    row = CallbackRow(
        account_id=account_id, id=str(uuid.uuid4()), key=secrets.token_urlsafe(18), site=new.site,
        phone=new.phone, number=new.number, name=new.name, comment=new.comment, department=new.department,
        fields=[list(each) for each in new.fields], address=new.address, lead=new.lead,
        next_at=new.start or func.clock_timestamp(),
        until=_later(new.start or func.clock_timestamp(), new.whole),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    notify(account_id)
    return Ticket(id=row.id, key=row.key, is_new=True)


def notify(account_id: int) -> None:
    """Notifies the process that holds the account's line of due requests, when this commits."""
    db.session.execute(select(func.pg_notify(CHANNEL, f"{account_id} {KIND}")))


def counts(account_id: int, seconds: float, *, phone: str, address: str | None, site: str) -> Counts:
    """Of the last `seconds`."""
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
    """The state for the sender; None without the right key."""
    row = find(account_id, id)
    return row if row and secrets.compare_digest(row.key.encode(), key.encode()) else None


def of_account(account_id: int, limit: int = 50) -> Sequence[CallbackRow]:
    """For the administration page: open requests, then ended ones, newest first."""
    query = select(CallbackRow).where(CallbackRow.account_id == account_id)
    order = (CallbackRow.ended_at.is_not(None), CallbackRow.created_at.desc())
    return db.session.scalars(query.order_by(*order).limit(limit)).all()


def lock(account_id: int, id: str) -> CallbackRow | None:
    """The current row, locked until this transaction ends."""
    return db.session.get(CallbackRow, (account_id, id), with_for_update=True, populate_existing=True)


def of_call(account_id: int, call: str) -> CallbackRow | None:
    """The request whose last attempt this is, locked."""
    row = lock(account_id, id_of(call))
    return row if row and row.call == call else None


def due_accounts(accounts: Collection[int]) -> Sequence[int]:
    """Of these accounts, those with a due request."""
    due = select(CallbackRow.account_id).where(_is_due(), CallbackRow.account_id.in_(accounts))
    return db.session.scalars(due.distinct().order_by(CallbackRow.account_id)).all()


def lock_due(account_id: int, at_once: int) -> Sequence[CallbackRow]:
    """The due requests, locked, one of each number, so that at most `at_once` ring. Rows locked by others, and numbers
    in a callback already, are left out. Rounds in progress come first."""
    going = select(CallbackRow.phone, CallbackRow.state).where(
        CallbackRow.account_id == account_id, CallbackRow.state.in_(CALLED)
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
    """The requests with an attempt in progress, as far as is stored."""
    going = (RequestState.RINGING.value, RequestState.ANSWERED.value)
    query = select(CallbackRow).where(CallbackRow.account_id == account_id, CallbackRow.state.in_(going))
    return db.session.scalars(query).all()


def lock_of_client(account_id: int, phone: str) -> Sequence[CallbackRow]:
    """This client's requests that no employee has answered yet, locked."""
    mine = (CallbackRow.account_id == account_id, CallbackRow.phone == phone, CallbackRow.state.in_(_UNANSWERED))
    query = select(CallbackRow).where(*mine).order_by(CallbackRow.created_at).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def lock_overdue(limit: int, stuck: float) -> Sequence[CallbackRow]:
    """Requests of all accounts, locked, whose time is over while they wait, or that have rung for `stuck` seconds at a
    PBX that reports nothing more."""
    now = func.clock_timestamp()
    waits = (CallbackRow.state == _WAITING) & (CallbackRow.until < now)
    rings = (CallbackRow.state == RequestState.RINGING.value) & (CallbackRow.rung_at < now - _span(stuck))
    query = select(CallbackRow).where(waits | (rings & (CallbackRow.until < now))).order_by(CallbackRow.account_id)
    return db.session.scalars(query.limit(limit).with_for_update(skip_locked=True)).all()


def forget_older(than: datetime, limit: int) -> int:
    """Deletes requests of all accounts that ended before `than`; returns the number. Does not commit."""
    keys = (CallbackRow.account_id, CallbackRow.id)
    old = select(*keys).where(CallbackRow.ended_at < than).limit(limit).subquery()
    gone = delete(CallbackRow).where(keys[0] == old.c.account_id, keys[1] == old.c.id)
    return len(db.session.scalars(gone.returning(CallbackRow.id)).all())


def _is_due() -> ColumnElement[bool]:
    now = func.clock_timestamp()
    return (CallbackRow.state == _WAITING) & (CallbackRow.next_at <= now) & (CallbackRow.until >= now)


def _one_at_a_time(account_id: int, phone: str) -> None:
    """One request of a number at a time, across processes, until this transaction ends."""
    lock = text("select pg_advisory_xact_lock(hashtextextended(:who, 0))")
    db.session.execute(lock, {"who": f"callback {account_id} {phone}"})


def _same_request(account_id: int, new: AdmittedRequest) -> CallbackRow | None:
    since = func.clock_timestamp() - _span(new.one_within)
    mine = (CallbackRow.account_id == account_id, CallbackRow.phone == new.phone)
    query = select(CallbackRow).where(*mine, CallbackRow.created_at > since)
    return db.session.scalars(query.order_by(CallbackRow.created_at.desc()).limit(1)).first()


def _span(seconds: float) -> ColumnElement[Any]:
    return func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def _later(at: Any, seconds: float) -> Any:
    return at + (timedelta(seconds=seconds) if isinstance(at, datetime) else _span(seconds))
