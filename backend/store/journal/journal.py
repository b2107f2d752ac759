"""The journal: facts, calls and intents, stored before they are acted upon."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Text,
    delete,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, aliased, mapped_column

from backend.calls.intents import CRM
from backend.store import Base, db

NOW = timedelta(minutes=2)  # work younger than this counts as current
OPEN_MISSED = "result = 'missed' and missed_closed_at is null and client is not null"


class IntentState(StrEnum):
    """`refused`: it waits in sight, is tried again ever more seldom, and is never dropped; nothing else of its call
    waits for it."""

    TODO = "todo"
    DONE = "done"
    REFUSED = "refused"


class FactRow(Base):
    __tablename__ = "facts"
    __table_args__ = (
        Index("uq_facts_account_call_key", "account_id", "call", "key", unique=True),
        Index("ix_facts_recorded_at", "recorded_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    call: Mapped[str]
    key: Mapped[str]
    kind: Mapped[str]
    at: Mapped[float]
    body: Mapped[dict[str, Any]]
    reasons: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    decided: Mapped[bool] = mapped_column(default=True, server_default="true")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CallRow(Base):
    """One call and its place in the CRM. `part_of_record`: the unsorted record contains the call, no note is needed.

    `extension` is the caller, or the first who talked; `talks` are {extension, at, seconds}, known when the call has
    ended; `rang` are the extensions that rang, each once, in order. `made_contact`: the call created `contact`.
    `missed_closed_at` is the time of the talk that answered a missed call.
    """

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_account_client", "account_id", "client", "started"),
        Index("ix_calls_account_started", "account_id", "started"),
        Index("ix_calls_open", "account_id", postgresql_where=text("ended is null")),
        Index("ix_calls_missed", "account_id", "started", postgresql_where=text(OPEN_MISSED)),
        Index("uq_calls_recording_token", "recording_token", unique=True),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    call: Mapped[str] = mapped_column(primary_key=True)
    direction: Mapped[str]
    client: Mapped[str | None]
    did: Mapped[str | None]
    started: Mapped[float]
    answered: Mapped[float | None]
    ended: Mapped[float | None]
    result: Mapped[str | None]
    reason: Mapped[str | None]
    extension: Mapped[str | None]
    talks: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    talk_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    rang: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    lead: Mapped[int | None] = mapped_column(BigInteger)
    contact: Mapped[int | None] = mapped_column(BigInteger)
    company: Mapped[int | None] = mapped_column(BigInteger)
    opened_lead: Mapped[bool] = mapped_column(default=False, server_default="false")
    made_contact: Mapped[bool] = mapped_column(default=False, server_default="false")
    part_of_record: Mapped[bool] = mapped_column(default=False, server_default="false")
    note: Mapped[int | None] = mapped_column(BigInteger)
    note_entity: Mapped[str | None]
    note_entity_id: Mapped[int | None] = mapped_column(BigInteger)
    recording_token: Mapped[str] = mapped_column(default=lambda: secrets.token_urlsafe(24))
    recording: Mapped[str | None]
    missed_closed_at: Mapped[float | None]


class IntentRow(Base):
    """`unclear` is set, and committed, before a request is sent and cleared with its outcome:
    where a process finds it set, the request may have reached amoCRM and is looked for before it is repeated.
    `refusals`: how often it was set aside; of a refused intent `due_at` is when it is tried again by itself."""

    __tablename__ = "intents"
    __table_args__ = (
        Index("ix_intents_call", "account_id", "call", "id"),
        Index("ix_intents_todo", "account_id", "call", "id", postgresql_where=text("state = 'todo'")),
        Index("ix_intents_refused", "due_at", postgresql_where=text("state = 'refused'")),
        Index("ix_intents_done_at", "done_at", postgresql_where=text("state = 'done'")),
        Index("ix_intents_due", "account_id", "due_at", postgresql_where=text("state = 'todo'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    call: Mapped[str]
    kind: Mapped[str]
    channel: Mapped[str] = mapped_column(default=CRM, server_default=CRM)
    body: Mapped[dict[str, Any]]
    backfill: Mapped[bool] = mapped_column(default=False, server_default="false")
    state: Mapped[str] = mapped_column(default=IntentState.TODO.value, server_default="todo")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    refusals: Mapped[int] = mapped_column(default=0, server_default="0")
    unclear: Mapped[bool] = mapped_column(default=False, server_default="false")
    error: Mapped[str | None]
    outcome: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    done_at: Mapped[datetime | None]


# literals instead of bound parameters: a prepared statement must be able to use a partial index
_TODO: ColumnElement[str] = literal_column("'todo'")


def add_fact(account_id: int, call: str, key: str, kind: str, at: float, body: dict[str, Any]) -> FactRow | None:
    """The new row, or None for a known fact. Does not commit."""
    query = (
        insert(FactRow)
        .values(account_id=account_id, call=call, key=key, kind=kind, at=at, body=body)
        .on_conflict_do_nothing(index_elements=["account_id", "call", "key"])
        .returning(FactRow)
    )
    return db.session.scalars(query).one_or_none()


def drop_fact(account_id: int, row_id: int) -> None:
    """Deletes a fact that is stored again in the same transaction. Does not commit."""
    db.session.execute(delete(FactRow).where(FactRow.account_id == account_id, FactRow.id == row_id))


def facts_of(account_id: int, call: str) -> Sequence[FactRow]:
    query = select(FactRow).where(FactRow.account_id == account_id, FactRow.call == call).order_by(FactRow.id)
    return db.session.scalars(query).all()


def has_fact(account_id: int, call: str, key: str) -> bool:
    """Whether the fact is stored and decided."""
    mine = (FactRow.account_id == account_id, FactRow.call == call, FactRow.key == key)
    query = select(FactRow.id).where(*mine, FactRow.decided)
    return db.session.scalar(query) is not None


def call(account_id: int, call: str) -> CallRow | None:
    return db.session.get(CallRow, (account_id, call))


def lock_call(account_id: int, call: str) -> CallRow | None:
    """The current row, locked until this transaction ends."""
    return db.session.get(CallRow, (account_id, call), with_for_update=True, populate_existing=True)


def calls(account_id: int, names: Sequence[str]) -> dict[str, CallRow]:
    """The existing calls of these names."""
    query = select(CallRow).where(CallRow.account_id == account_id, CallRow.call.in_(names))
    return {row.call: row for row in db.session.scalars(query)}


def open_calls(account_id: int) -> Sequence[CallRow]:
    """Calls that began and have not ended, oldest first."""
    query = select(CallRow).where(CallRow.account_id == account_id, CallRow.ended.is_(None))
    return db.session.scalars(query.order_by(CallRow.started)).all()


def add_intent(
    account_id: int,
    call: str,
    kind: str,
    body: dict[str, Any],
    *,
    backfill: bool = False,
    channel: str = CRM,
    after: float = 0,
) -> IntentRow:
    """Writes an intent down, due at once, or after so many seconds. Does not commit."""
    row = IntentRow(account_id=account_id, call=call, kind=kind, body=body, backfill=backfill, channel=channel)
    if after:
        row.due_at = func.clock_timestamp() + timedelta(seconds=after)
    db.session.add(row)
    db.session.flush()
    return row


def waiting_intent(account_id: int, call: str, kind: str) -> IntentRow | None:
    """One of this kind that is still to do, locked."""
    mine = (IntentRow.account_id == account_id, IntentRow.call == call, IntentRow.kind == kind)
    query = select(IntentRow).where(*mine, IntentRow.state == _TODO).limit(1).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def intents_of(account_id: int, call: str) -> Sequence[IntentRow]:
    query = select(IntentRow).where(IntentRow.account_id == account_id, IntentRow.call == call)
    return db.session.scalars(query.order_by(IntentRow.id)).all()


def make_room(account_id: int, call: str) -> bool:
    """Deletes finished work of this call, done or refused. True if some is still to do. Does not commit."""
    mine = (IntentRow.account_id == account_id, IntentRow.call == call)
    db.session.execute(delete(IntentRow).where(*mine, IntentRow.state != _TODO))
    return db.session.scalar(select(IntentRow.id).where(*mine).limit(1)) is not None


def hasten(account_id: int) -> None:
    """Makes intents that wait for a retry due now, because the cause of their failure is over. Does not commit."""
    waits = (IntentRow.account_id == account_id, IntentRow.state == _TODO, IntentRow.due_at > func.clock_timestamp())
    db.session.execute(update(IntentRow).where(*waits).values(due_at=func.clock_timestamp()))


def undecided(account_id: int) -> Sequence[FactRow]:
    """Facts that a bug left undecided, in order."""
    query = select(FactRow).where(FactRow.account_id == account_id, ~FactRow.decided).order_by(FactRow.id)
    return db.session.scalars(query).all()


def forget_older(than: datetime, limit: int) -> int:
    """Deletes old rows of all accounts: done intents, and facts of ended calls; returns the number of rows.

    Does not commit.
    """
    old_intents = select(IntentRow.id).where(IntentRow.state == IntentState.DONE.value, IntentRow.done_at < than)
    old_facts = select(FactRow.id).where(FactRow.recorded_at < than, FactRow.decided)
    gone = 0
    for model, old in ((IntentRow, old_intents), (FactRow, old_facts)):
        deleted = delete(model).where(model.id.in_(old.limit(limit))).returning(model.id)
        gone += len(db.session.scalars(deleted).all())
    return gone


def due(account_id: int, limit: int, channel: str = CRM) -> Sequence[IntentRow]:
    """The channel's first intent still to do of each call, if it is due: live work before backfill, recent work before
    work that waited out an outage, and then in order of writing."""
    head, earlier = aliased(IntentRow), aliased(IntentRow)
    blocked = select(earlier.id).where(
        earlier.account_id == account_id,
        earlier.call == head.call,
        earlier.channel == head.channel,
        earlier.state == _TODO,
        earlier.id < head.id,
    )
    query = (
        select(head)
        .where(
            head.account_id == account_id,
            head.channel == channel,
            head.state == _TODO,
            head.due_at <= func.clock_timestamp(),
            ~blocked.exists(),
        )
        .order_by(head.backfill, head.created_at < func.clock_timestamp() - NOW, head.id)
        .limit(limit)
    )
    return db.session.scalars(query).all()


def next_due(account_id: int, channel: str = CRM) -> datetime | None:
    """When the earliest head of a call is due: not of all intents, or a blocked call's successors would spin."""
    heads = (
        select(IntentRow.call, func.min(IntentRow.id).label("id"))
        .where(IntentRow.account_id == account_id, IntentRow.channel == channel, IntentRow.state == _TODO)
        .group_by(IntentRow.call)
        .subquery()
    )
    return db.session.scalar(select(func.min(IntentRow.due_at)).join(heads, heads.c.id == IntentRow.id))
