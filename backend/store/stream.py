"""Change notifications from the database to open browser streams, and the list of open streams."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg
import structlog
from sqlalchemy import BigInteger, ForeignKey, Index, delete, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db

CHANNEL = "stream"
LOOK = 1.0  # seconds between checks whether to go on listening
PAUSE = 1.0  # seconds between attempts to listen again
SEEN_FOR = 50.0  # seconds; two heartbeats of a stream and some

# A connection that only listens would never notice that its peer has died.
ALIVE: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

log = structlog.get_logger(__name__)

_NOTIFY = text("select pg_notify(:channel, :account || ':' || coalesce(:user, '') || ':' || :topic)")
_NOTIFY_EACH = text(
    "select pg_notify(:channel, :account || ':' || each || ':' || :topic) from unnest(cast(:users as bigint[])) as each"
)
_SEEN = text(
    """
    insert into stream_watchers (stream, account_id, user_id, seen_until)
    select stream, account_id, user_id, clock_timestamp() + make_interval(secs => :seconds)
    from unnest(cast(:streams as text[]), cast(:accounts as bigint[]), cast(:users as bigint[]))
         as watcher (stream, account_id, user_id)
    where exists (select from accounts where id = account_id)
    order by stream
    on conflict (stream) do update set seen_until = excluded.seen_until
    """
)
_FORGET = text(
    """
    delete from stream_watchers where stream in (
        select stream from stream_watchers where seen_until < clock_timestamp() - interval '1 minute'
        for update skip locked)
    returning stream
    """
)


class Topic(StrEnum):
    """What may have changed; a stream reads it again and sends it to the browser if it has."""

    POPUPS = "popups"
    MISSED = "missed"
    COLLEAGUES = "colleagues"
    ME = "me"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamChange:
    """`user_id` None: it concerns every user of the account."""

    account_id: int
    user_id: int | None
    topic: Topic


class StreamWatcher(Base):
    """One open stream. Users without one get amoCRM's own notification of a ringing call."""

    __tablename__ = "stream_watchers"
    __table_args__ = (Index(None, "account_id"),)

    stream: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(BigInteger)
    seen_until: Mapped[datetime]


def notify(account_id: int, topic: str, user_id: int | None = None) -> None:
    """When the transaction is committed, the streams of this user, or of the whole account, read the topic again."""
    concerned = {"account": str(account_id), "user": None if user_id is None else str(user_id)}
    db.session.execute(_NOTIFY, {"channel": CHANNEL, "topic": Topic(topic).value, **concerned})


def notify_each(account_id: int, topic: str, users: Collection[int]) -> None:
    """As `notify`, for these users."""
    if users:
        values = {"channel": CHANNEL, "account": str(account_id), "users": list(users), "topic": Topic(topic).value}
        db.session.execute(_NOTIFY_EACH, values)


def listen(url: str, should_stop: Callable[[], bool]) -> Iterator[StreamChange | None]:
    """Every notified change, on a separate connection that survives database restarts.

    Yields None each time it starts listening: earlier notifications may be lost.
    """
    while not should_stop():
        try:
            with psycopg.connect(url, autocommit=True, **ALIVE) as connection:
                connection.execute(f"listen {CHANNEL}")
                yield None
                while not should_stop():
                    yield from filter(None, map(_read, connection.notifies(timeout=LOOK)))
        except psycopg.Error as error:
            log.warning("the stream's listening ended, it begins anew", error=str(error))
            time.sleep(PAUSE)


def _read(notification: psycopg.Notify) -> StreamChange | None:
    """None for a payload that only another version understands."""
    try:
        account_id, user_id, topic = notification.payload.split(":")
        return StreamChange(account_id=int(account_id), user_id=int(user_id) if user_id else None, topic=Topic(topic))
    except ValueError:
        return None


def seen(watchers: Collection[tuple[str, int, int]]) -> None:
    """Stores that these streams, as (stream, account, user), are open. Commits."""
    streams, accounts, users = (list(column) for column in zip(*watchers, strict=True)) if watchers else ([], [], [])
    values = {"seconds": SEEN_FOR, "streams": streams, "accounts": accounts, "users": users}
    db.session.execute(_SEEN, values)
    db.session.commit()


def closed(streams: Collection[str]) -> None:
    """Stores that these streams are closed. Commits."""
    db.session.execute(delete(StreamWatcher).where(StreamWatcher.stream.in_(list(streams))))
    db.session.commit()


def watching(account_id: int) -> set[int]:
    """The users with an open stream."""
    here = StreamWatcher.seen_until > func.clock_timestamp()
    return set(db.session.scalars(select(StreamWatcher.user_id).where(StreamWatcher.account_id == account_id, here)))


def forget_watchers() -> int:
    """Deletes streams whose process died; returns the number. Commits."""
    forgotten = len(db.session.scalars(_FORGET).all())
    db.session.commit()
    return forgotten
