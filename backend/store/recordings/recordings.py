"""Recordings of calls: the PBX's names of their files, their state, and the object that plays.

A row is the one recording of a call, made of as many files as the PBX named; the object that plays is one of `objects`.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, ColumnElement, Double, ForeignKey, Index, Text, and_, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.recordings import objects

FIRST_WAIT = timedelta(seconds=2)  # Asterisk ends writing within milliseconds after naming; a command comes later
LEASE = timedelta(seconds=20)  # of a live worker, which renews it; after that another worker takes the recording over
FORESEEN = timedelta(hours=3)  # longer than all work on a call may take: an unclaimed object is deleted then
MOST_NAMES = 20  # files of one call
LONGEST_DETAIL = 300  # characters


class RecordingState(StrEnum):
    """`failed` may wait for a person (see Why); `gone` was deleted after the account's retention period."""

    WAITING = "waiting"
    FETCHING = "fetching"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"


class Why(StrEnum):
    """Why a recording is missing (so far)."""

    MISSING = "missing"
    """The PBX has no such file."""
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """The PBX's password, address or path: a person must correct it."""
    NO_SOURCE = "no_source"
    """The account has no source of recordings in its settings."""
    EMPTY = "empty"
    """The recording has no sound."""
    BROKEN = "broken"
    UNKNOWN_FORM = "unknown_form"
    TOO_BIG = "too_big"
    OVER_QUOTA = "over_quota"
    TOO_LONG = "too_long"
    """Too long to be converted to mp3 in the available time."""
    OURS = "ours"
    """The service's own disk or bucket."""


_AFRESH = {"state": RecordingState.WAITING.value, "claim": None, "why": None, "detail": None}
AWAY = (Why.UNREACHABLE.value, Why.REFUSED.value)  # of the PBX, not of one recording


class RecordingRow(Base):
    """`key` is the object that plays, if any; while another leg is fetched it stays the previous one.

    `claim` identifies the current attempt, until `due_at` at the latest.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        Index("ix_recordings_due", "due_at", postgresql_where=text("state in ('waiting', 'fetching')")),
        Index("ix_recordings_ready", "account_id", "ready_at", postgresql_where=text("key is not null")),
        Index("ix_recordings_open", "account_id", postgresql_where=text("state in ('waiting', 'fetching', 'failed')")),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    call: Mapped[str] = mapped_column(primary_key=True)
    names: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str] = mapped_column(default=RecordingState.WAITING.value, server_default="waiting")
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    claim: Mapped[str | None]
    why: Mapped[str | None]
    detail: Mapped[str | None]
    key: Mapped[str | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    seconds: Mapped[float | None] = mapped_column(Double)
    ready_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchAttempt:
    """One attempt. `key` is the object for its result."""

    account_id: int
    call: str
    names: tuple[str, ...]
    tries: int
    claim: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A recording as it is shown to users."""

    state: RecordingState
    why: Why | None
    key: str | None
    bytes: int
    ready_at: datetime | None


def named(account_id: int, call: str, name: str) -> None:
    """The PBX named a file of the call: the recording is due, with its files in the order of their naming.

    A known name changes nothing. Does not commit.
    """
    fresh = {**_AFRESH, "due_at": func.now() + FIRST_WAIT, "tries": 0}
    query = insert(RecordingRow).values(account_id=account_id, call=call, names=[name], **fresh)
    is_new = ~RecordingRow.names.contains([name]) & (func.cardinality(RecordingRow.names) < MOST_NAMES)
    more = {"names": func.array_append(RecordingRow.names, name), **fresh}
    db.session.execute(query.on_conflict_do_update(index_elements=["account_id", "call"], set_=more, where=is_new))


# Recordings never tried come first: when a PBX is back after a day thousands are due, and users listen to the latest.
# Materialized: otherwise PostgreSQL may evaluate the choice for each row, and change more than one.
_CLAIM = text(
    """
    with next as materialized (
        select account_id, call from recordings
        where state in ('waiting', 'fetching') and due_at <= now()
          and account_id not in (select account_id from recordings where state = 'fetching' and due_at > now())
          and account_id not in (select id from accounts where state = 'disabled')
        order by tries > 0, due_at limit 1 for update skip locked)
    update recordings set state = 'fetching', tries = tries + 1, claim = :claim, due_at = clock_timestamp() + :lease
    from next where recordings.account_id = next.account_id and recordings.call = next.call
    returning recordings.account_id, recordings.call, names, tries
    """
)


def claim() -> FetchAttempt | None:
    """The recording that has been due longest, untried ones first, of an account without a fetch in progress (except
    for two claims at the same instant, which are harmless). Commits."""
    mine = secrets.token_hex(16)
    row = db.session.execute(_CLAIM, {"claim": mine, "lease": LEASE}).one_or_none()
    if row is None:
        db.session.rollback()
        return None
    key = f"{row.account_id}/{mine}.mp3"
    objects.foresee(key, FORESEEN)
    db.session.commit()
    names = tuple(row.names)
    return FetchAttempt(account_id=row.account_id, call=row.call, names=names, tries=row.tries, claim=mine, key=key)


def hold(claims: Sequence[str]) -> None:
    """Extends these attempts by another LEASE. Commits."""
    ours = (RecordingRow.state == RecordingState.FETCHING.value, RecordingRow.claim.in_(claims))
    db.session.execute(update(RecordingRow).where(*ours).values(due_at=func.clock_timestamp() + LEASE))
    db.session.commit()


def finish(due: FetchAttempt, *, bytes: int, seconds: float) -> bool:
    """The recording plays from `due.key`, and the account's recordings that wait for the PBX are due. False when
    another worker took the attempt over. Commits."""
    found = {"key": due.key, "bytes": bytes, "seconds": seconds, "ready_at": func.now(), "why": None, "detail": None}
    is_ours = objects.keep(due.key) and _settle(due, state=RecordingState.READY.value, **found)
    if is_ours:
        _again(due.account_id, RecordingRow.why.in_(AWAY))
        db.session.commit()
    else:
        db.session.rollback()
    return is_ours


def postpone(due: FetchAttempt, wait: timedelta, why: Why, detail: str = "") -> None:
    """Schedules a retry. Commits."""
    at = func.clock_timestamp() + wait
    _settle(due, state=RecordingState.WAITING.value, due_at=at, why=why.value, detail=detail[:LONGEST_DETAIL])
    db.session.commit()


def tries_in_vain(account_id: int) -> int:
    """The highest number of attempts among the account's recordings that wait for an unavailable PBX."""
    waiting = (RecordingRow.state == RecordingState.WAITING.value, RecordingRow.why.in_(AWAY))
    query = select(func.max(RecordingRow.tries)).where(RecordingRow.account_id == account_id, *waiting)
    return db.session.scalar(query) or 0


def wait_for_pbx(due: FetchAttempt, tries: int, wait: timedelta, why: Why, detail: str) -> None:
    """None of the account's recordings is tried before; all that wait so get the same number of attempts. Does nothing
    for an attempt that no longer counts. Commits."""
    at = func.clock_timestamp() + wait
    values = {"due_at": at, "why": why.value, "detail": detail[:LONGEST_DETAIL]}
    if _settle(due, state=RecordingState.WAITING.value, tries=tries, **values):
        waiting = (RecordingRow.account_id == due.account_id, RecordingRow.state == RecordingState.WAITING.value)
        more = {**values, "tries": func.greatest(RecordingRow.tries, tries)}
        db.session.execute(update(RecordingRow).where(*waiting, RecordingRow.due_at < at).values(more))
    db.session.commit()


def give_up(due: FetchAttempt, why: Why, detail: str) -> None:
    """Fails all recordings that wait for the same PBX, until it provides another one. Commits."""
    failed = {"state": RecordingState.FAILED.value, "why": why.value, "detail": detail[:LONGEST_DETAIL]}
    if _settle(due, **failed):
        waiting = (RecordingRow.state == RecordingState.WAITING.value, RecordingRow.why.in_(AWAY))
        query = update(RecordingRow).where(RecordingRow.account_id == due.account_id, *waiting)
        db.session.execute(query.values(failed))
    db.session.commit()


def fail(due: FetchAttempt, why: Why, detail: str = "") -> None:
    """Fails it without automatic retry. Commits."""
    _settle(due, state=RecordingState.FAILED.value, why=why.value, detail=detail[:LONGEST_DETAIL])
    db.session.commit()


def _settle(due: FetchAttempt, **values: object) -> bool:
    """Ends the attempt, unless another worker took it over."""
    mine = (RecordingRow.account_id == due.account_id, RecordingRow.call == due.call, RecordingRow.claim == due.claim)
    settled = update(RecordingRow).where(*mine).values(claim=None, **values).returning(RecordingRow.call)
    return db.session.scalar(settled) is not None


def try_again(account_id: int) -> int:
    """Makes failed, waiting and currently fetched recordings due now, and for another day, because the account's source
    changed; an attempt with the old source no longer counts. Returns the number. Does not commit."""
    return _again(account_id, func.coalesce(RecordingRow.why, "") != Why.EMPTY.value, RecordingState.FETCHING)


def _again(account_id: int, which: ColumnElement[bool], *more: RecordingState) -> int:
    states = RecordingRow.state.in_([RecordingState.WAITING.value, RecordingState.FAILED.value, *more])
    values = {**_AFRESH, "due_at": func.now(), "tries": 1}
    again = update(RecordingRow).where(RecordingRow.account_id == account_id, states, which).values(values)
    return len(db.session.scalars(again.returning(RecordingRow.call)).all())


def arrived(account_id: int, name: str) -> None:
    """The file of this name has arrived: recordings that wait for it or failed without it are due; an attempt in
    progress without it no longer counts. Does not commit."""
    states = (RecordingState.WAITING, RecordingState.FETCHING, RecordingState.FAILED)
    waits = RecordingRow.state.in_([each.value for each in states])
    mine = (RecordingRow.account_id == account_id, RecordingRow.names.contains([name]), waits)
    now = {"state": RecordingState.WAITING.value, "due_at": func.now(), "tries": 0, "claim": None}
    db.session.execute(update(RecordingRow).where(*mine).values(now))


def forget_older(account_id: int, than: datetime) -> int:
    """Deletes the account's recordings older than this, with their objects; returns the number. Does not commit."""
    old = (RecordingRow.account_id == account_id, RecordingRow.key.is_not(None), RecordingRow.ready_at < than)
    gone = update(RecordingRow).where(*old).values(state=RecordingState.GONE.value, key=None, bytes=None)
    return len(db.session.scalars(gone.returning(RecordingRow.call)).all())


def keepers() -> Sequence[int]:
    """The accounts with any stored recording."""
    heard = select(RecordingRow.account_id).where(RecordingRow.key.is_not(None))
    pushed = select(objects.PartRow.account_id)
    return db.session.scalars(heard.union(pushed)).all()


def of_calls(account_id: int, calls: Collection[str]) -> Mapping[str, Shown]:
    """The existing recordings of these calls."""
    query = select(RecordingRow).where(RecordingRow.account_id == account_id, RecordingRow.call.in_(calls))
    return {row.call: shown(row) for row in db.session.scalars(query)}


def counts(account_id: int, since: datetime) -> Mapping[tuple[RecordingState, Why | None], int]:
    """The number of the account's missing recordings by state and reason: in progress, or failed since."""
    row = RecordingRow
    under_way = row.state.in_((RecordingState.WAITING.value, RecordingState.FETCHING.value))
    failed_lately = and_(row.state == RecordingState.FAILED.value, row.due_at > since)
    query = select(row.state, row.why, func.count()).group_by(row.state, row.why)
    rows = db.session.execute(query.where(row.account_id == account_id, under_way | failed_lately))
    return {(RecordingState(state), Why(why) if why else None): count for state, why, count in rows}


def shown(row: RecordingRow | None) -> Shown:
    if row is None:
        return Shown(state=RecordingState.WAITING, why=None, key=None, bytes=0, ready_at=None)
    return Shown(
        state=RecordingState(row.state), why=Why(row.why) if row.why else None,
        key=row.key, bytes=row.bytes or 0, ready_at=row.ready_at,
    )  # fmt: skip
