"""Recordings of calls: what the PBX called their files, how far each has come, and what plays.

A row is a call's one recording, made of as many files as the PBX named; the object that plays is one of
`recording_objects`.
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
from backend.store.journal.journal import CallRow
from backend.store.recordings import objects

FIRST_WAIT = timedelta(seconds=2)  # after the name was told: the writer ends within milliseconds, a command later
LEASE = timedelta(seconds=20)  # of whoever lives and says so; then another worker takes the recording over
FORESEEN = timedelta(hours=3)  # longer than all of a call may take: an object that nobody claimed is then deleted
MOST_NAMES = 20  # files of one call
LONGEST_DETAIL = 300  # characters


class RecordingState(StrEnum):
    """`failed` waits for a person, or for nobody (see Why); `gone` was kept for as long as the account wants it."""

    WAITING = "waiting"
    FETCHING = "fetching"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"


class Why(StrEnum):
    """Why a recording is not there (yet)."""

    MISSING = "missing"
    """The PBX has no such file."""
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """The PBX's password, address, path: a person must mend it."""
    NO_SOURCE = "no_source"
    """The account has not said where its recordings are."""
    EMPTY = "empty"
    """Nothing was said into it."""
    BROKEN = "broken"
    UNKNOWN_FORM = "unknown_form"
    TOO_BIG = "too_big"
    OVER_QUOTA = "over_quota"
    TOO_LONG = "too_long"
    """To be made into mp3 in the time there is."""
    OURS = "ours"
    """Our own disk or bucket."""


_AFRESH = {"state": RecordingState.WAITING.value, "claim": None, "why": None, "detail": None}
AWAY = (Why.UNREACHABLE.value, Why.REFUSED.value)  # of the PBX, not of one recording


class RecordingRow(Base):
    """`key` is the object that plays, if any; while another leg is fetched it stays the former one.

    `claim` is whose attempt it is now, until `due_at` at the latest.
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
    """One attempt. `key` is where its result goes."""

    account_id: int
    call: str
    names: tuple[str, ...]
    tries: int
    claim: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A recording as people are told of it."""

    state: RecordingState
    why: Why | None
    key: str | None
    bytes: int
    ready_at: datetime | None


def named(account_id: int, call: str, name: str) -> None:
    """The PBX named a file of the call's: the recording is due, with its files in the order of their naming.

    A name known already changes nothing. Does not commit.
    """
    fresh = {**_AFRESH, "due_at": func.now() + FIRST_WAIT, "tries": 0}
    query = insert(RecordingRow).values(account_id=account_id, call=call, names=[name], **fresh)
    is_new = ~RecordingRow.names.contains([name]) & (func.cardinality(RecordingRow.names) < MOST_NAMES)
    more = {"names": func.array_append(RecordingRow.names, name), **fresh}
    db.session.execute(query.on_conflict_do_update(index_elements=["account_id", "call"], set_=more, where=is_new))


# What was never tried comes first: of a PBX that is back after a day thousands are due, and people listen to what was
# said just now. Materialized: PostgreSQL may else choose anew for each row it looks at, and change more than one.
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
    """The recording that is due longest, never tried before tried ones, of an account of which none is being fetched
    (two claims at the very same instant aside, which do no harm). Commits."""
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
    """These attempts go on: nobody takes them over before another LEASE is over. Commits."""
    ours = (RecordingRow.state == RecordingState.FETCHING.value, RecordingRow.claim.in_(claims))
    db.session.execute(update(RecordingRow).where(*ours).values(due_at=func.clock_timestamp() + LEASE))
    db.session.commit()


def finish(due: FetchAttempt, *, bytes: int, seconds: float) -> bool:
    """The recording plays from `due.key`, and what its PBX did not give while it was away is due. False when the
    attempt was taken over meanwhile. Commits."""
    found = {"key": due.key, "bytes": bytes, "seconds": seconds, "ready_at": func.now(), "why": None, "detail": None}
    is_ours = objects.keep(due.key) and _settle(due, state=RecordingState.READY.value, **found)
    if is_ours:
        _again(due.account_id, RecordingRow.why.in_(AWAY))
        db.session.commit()
    else:
        db.session.rollback()
    return is_ours


def postpone(due: FetchAttempt, wait: timedelta, why: Why, detail: str = "") -> None:
    """To be tried again. Commits."""
    at = func.clock_timestamp() + wait
    _settle(due, state=RecordingState.WAITING.value, due_at=at, why=why.value, detail=detail[:LONGEST_DETAIL])
    db.session.commit()


def tries_in_vain(account_id: int) -> int:
    """How often the account's PBX, being away, was asked for one of those that wait for it."""
    waiting = (RecordingRow.state == RecordingState.WAITING.value, RecordingRow.why.in_(AWAY))
    query = select(func.max(RecordingRow.tries)).where(RecordingRow.account_id == account_id, *waiting)
    return db.session.scalar(query) or 0


def wait_for_pbx(due: FetchAttempt, tries: int, wait: timedelta, why: Why, detail: str) -> None:
    """None of the account's is tried before; all that wait so have been tried as often. Nothing, where the attempt
    counts no more. Commits."""
    at = func.clock_timestamp() + wait
    told = {"due_at": at, "why": why.value, "detail": detail[:LONGEST_DETAIL]}
    if _settle(due, state=RecordingState.WAITING.value, tries=tries, **told):
        waiting = (RecordingRow.account_id == due.account_id, RecordingRow.state == RecordingState.WAITING.value)
        more = {**told, "tries": func.greatest(RecordingRow.tries, tries)}
        db.session.execute(update(RecordingRow).where(*waiting, RecordingRow.due_at < at).values(more))
    db.session.commit()


def give_up(due: FetchAttempt, why: Why, detail: str) -> None:
    """Nor are those tried that wait for the same PBX, until it gives another. Commits."""
    failed = {"state": RecordingState.FAILED.value, "why": why.value, "detail": detail[:LONGEST_DETAIL]}
    if _settle(due, **failed):
        waiting = (RecordingRow.state == RecordingState.WAITING.value, RecordingRow.why.in_(AWAY))
        query = update(RecordingRow).where(RecordingRow.account_id == due.account_id, *waiting)
        db.session.execute(query.values(failed))
    db.session.commit()


def fail(due: FetchAttempt, why: Why, detail: str = "") -> None:
    """It is not tried again by itself. Commits."""
    _settle(due, state=RecordingState.FAILED.value, why=why.value, detail=detail[:LONGEST_DETAIL])
    db.session.commit()


def _settle(due: FetchAttempt, **values: object) -> bool:
    """Ends the attempt, unless it was taken over."""
    mine = (RecordingRow.account_id == due.account_id, RecordingRow.call == due.call, RecordingRow.claim == due.claim)
    settled = update(RecordingRow).where(*mine).values(claim=None, **values).returning(RecordingRow.call)
    return db.session.scalar(settled) is not None


def try_again(account_id: int) -> int:
    """What failed, waits or is being fetched is due now, and for another day: the account's source was set or mended,
    and an attempt that knows the former one counts no more; how many. Does not commit."""
    return _again(account_id, func.coalesce(RecordingRow.why, "") != Why.EMPTY.value, RecordingState.FETCHING)


def _again(account_id: int, which: ColumnElement[bool], *more: RecordingState) -> int:
    states = RecordingRow.state.in_([RecordingState.WAITING.value, RecordingState.FAILED.value, *more])
    values = {**_AFRESH, "due_at": func.now(), "tries": 1}
    again = update(RecordingRow).where(RecordingRow.account_id == account_id, states, which).values(values)
    return len(db.session.scalars(again.returning(RecordingRow.call)).all())


def arrived(account_id: int, name: str) -> None:
    """The file of this name is here: whatever waits for it, or had failed without it, is due; an attempt that goes on
    without it counts no more. Does not commit."""
    states = (RecordingState.WAITING, RecordingState.FETCHING, RecordingState.FAILED)
    waits = RecordingRow.state.in_([each.value for each in states])
    mine = (RecordingRow.account_id == account_id, RecordingRow.names.contains([name]), waits)
    now = {"state": RecordingState.WAITING.value, "due_at": func.now(), "tries": 0, "claim": None}
    db.session.execute(update(RecordingRow).where(*mine).values(now))


def forget_older(account_id: int, than: datetime) -> int:
    """The account's recordings of before that are gone, their objects with them; how many. Does not commit."""
    old = (RecordingRow.account_id == account_id, RecordingRow.key.is_not(None), RecordingRow.ready_at < than)
    gone = update(RecordingRow).where(*old).values(state=RecordingState.GONE.value, key=None, bytes=None)
    return len(db.session.scalars(gone.returning(RecordingRow.call)).all())


def keepers() -> Sequence[int]:
    """The accounts of which anything is kept."""
    heard = select(RecordingRow.account_id).where(RecordingRow.key.is_not(None))
    pushed = select(objects.PartRow.account_id)
    return db.session.scalars(heard.union(pushed)).all()


def at(account_id: int, token: str) -> Shown | None:
    """The recording behind an account's link; None when there is no such call. A call without one has yet none."""
    query = (
        select(CallRow.call, RecordingRow)
        .outerjoin(RecordingRow, (RecordingRow.account_id == CallRow.account_id) & (RecordingRow.call == CallRow.call))
        .where(CallRow.account_id == account_id, CallRow.recording_token == token)
    )
    found = db.session.execute(query).one_or_none()
    return found and _shown(found.RecordingRow)


def of_calls(account_id: int, calls: Collection[str]) -> Mapping[str, Shown]:
    """The recordings of these calls that there are."""
    query = select(RecordingRow).where(RecordingRow.account_id == account_id, RecordingRow.call.in_(calls))
    return {row.call: _shown(row) for row in db.session.scalars(query)}


def counts(account_id: int, since: datetime) -> Mapping[tuple[RecordingState, Why | None], int]:
    """How many of the account's recordings are not there, in which state and why: under way, or tried in vain since."""
    row = RecordingRow
    under_way = row.state.in_((RecordingState.WAITING.value, RecordingState.FETCHING.value))
    failed_lately = and_(row.state == RecordingState.FAILED.value, row.due_at > since)
    query = select(row.state, row.why, func.count()).group_by(row.state, row.why)
    rows = db.session.execute(query.where(row.account_id == account_id, under_way | failed_lately))
    return {(RecordingState(state), Why(why) if why else None): count for state, why, count in rows}


def _shown(row: RecordingRow | None) -> Shown:
    if row is None:
        return Shown(state=RecordingState.WAITING, why=None, key=None, bytes=0, ready_at=None)
    return Shown(
        state=RecordingState(row.state), why=Why(row.why) if row.why else None,
        key=row.key, bytes=row.bytes or 0, ready_at=row.ready_at,
    )  # fmt: skip
