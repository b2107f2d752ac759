"""The hub of one `web` process: its open streams, and the one connection that listens for their changes.

Three threads (green ones under gunicorn) serve all streams, so that a stream holds no database connection: one listens,
one publishes, one keeps the list of open streams and checks that their accounts are still connected.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

import structlog
from flask import Flask
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError, TimeoutError

from backend.store import db, stream
from backend.store.account_status import Condition, conditions, left
from backend.store.base import counters
from backend.store.stream import Topic
from backend.web.stream import publish
from backend.web.stream import reader as readers
from backend.web.stream.reader import Reader
from backend.web.stream.schedule import StreamSchedule, Updates

MOST_OF_USER = 20  # streams; the oldest makes room
MOST_OF_ACCOUNT = 1000
MOST = 3500  # streams of one process, fewer than its connections: the rest of the API needs some
NAME = "hub"  # of its threads
PAUSE = 1.0  # seconds until the next attempt while the database is down

GREETING = frozenset({Topic.ME, Topic.COLLEAGUES, Topic.MISSED})
AWAY = (OperationalError, InterfaceError, TimeoutError)  # the database is down, or all its connections are taken

log = structlog.get_logger(__name__)


class TooManyStreams(Exception):
    """This process has as many streams as it can serve."""


class Hub:
    """Starts its threads with the first stream."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._streams: dict[int, dict[int, list[Reader]]] = {}
        self._count = 0
        self._due = StreamSchedule()
        self._stir = threading.Event()
        self._moved = threading.Event()
        self._new: list[Reader] = []
        self._closed: list[Reader] = []
        self._conditions: dict[int, Condition] = {}
        self._has_begun = False
        self._is_closed = False

    def open(self, account_id: int, user_id: int, position: int | None) -> Reader:
        """A new stream, which gets its first messages soon; during shutdown it ends at once. Raises TooManyStreams."""
        reader = Reader(account_id, user_id, position)
        with self._lock:
            if self._is_closed:
                reader.end()
                return reader
            if self._count >= MOST or len(self._of(account_id)) >= MOST_OF_ACCOUNT:
                raise TooManyStreams
            theirs = self._streams.setdefault(account_id, {}).setdefault(user_id, [])
            if len(theirs) >= MOST_OF_USER:
                self._drop(theirs[0])
            theirs.append(reader)
            self._count += 1
            self._new.append(reader)
            self._due.add([reader], GREETING)
            self._begin()
        self._stir.set()
        self._moved.set()
        return reader

    def leave(self, reader: Reader) -> None:
        """The stream is closed. Safe to repeat."""
        with self._lock:
            self._drop(reader)
        self._moved.set()

    def close(self) -> None:
        """Shutdown: ends all streams, and removes them from the list of open streams."""
        with self._lock:
            self._is_closed = True
            for each in self._all():
                self._drop(each)
        self._stir.set()
        self._moved.set()

    def _all(self) -> list[Reader]:
        return [each for account_id in self._streams for each in self._of(account_id)]

    def _of(self, account_id: int, user_id: int | None = None) -> list[Reader]:
        users = self._streams.get(account_id, {})
        if user_id is not None:
            return list(users.get(user_id, ()))
        return [each for theirs in users.values() for each in theirs]

    def _drop(self, reader: Reader) -> None:
        """Ends and removes it; under the lock."""
        reader.end()
        users = self._streams.get(reader.account_id, {})
        theirs = users.get(reader.user_id, [])
        if reader not in theirs:
            return
        theirs.remove(reader)
        self._count -= 1
        self._closed.append(reader)
        if not theirs:
            del users[reader.user_id]
        if not users:
            del self._streams[reader.account_id]

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            for work in (self._listen, self._publish, self._keep):
                threading.Thread(target=work, name=NAME, daemon=True).start()

    # listening

    def _listen(self) -> None:
        with self._app.app_context():
            url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        for change in stream.listen(url, lambda: self._is_closed):
            with self._lock:
                if change is None:
                    self._mark(self._all(), Topic)
                else:
                    self._mark(self._of(change.account_id, change.user_id), (change.topic,))
            self._stir.set()

    def _mark(self, concerned: Iterable[Reader], topics: Iterable[Topic]) -> None:
        """Under the lock. A new reader gets all popups with its first messages anyway."""
        greeted = [each for each in concerned if each.is_greeted]
        self._due.add(concerned, set(topics) - {Topic.POPUPS})
        self._due.add(greeted, set(topics) & {Topic.POPUPS})

    # publishing

    def _publish(self) -> None:
        while not self._is_closed:
            with self._lock:
                job, wait = self._due.take(time.monotonic()), self._due.wait(time.monotonic())
            if job is None:
                self._stir.wait(wait)
                self._stir.clear()
            else:
                self._publish_account(*job)

    def _publish_account(self, account_id: int, due: Updates) -> None:
        try:
            self._in_store(lambda: publish.publish(account_id, due))
        except AWAY as error:
            log.warning("the streams wait for the database", account=account_id, error=str(error))
            self._put_back(due)
            return
        except Exception:  # a supervision loop: a bug in one account must not stop the others' streams
            log.exception("telling failed", account=account_id)
            for each in due:
                self.leave(each)
            return
        fresh = [each for each in due if not each.is_greeted]
        with self._lock:
            for each in fresh:
                each.is_greeted = True
            self._due.add(fresh, (Topic.POPUPS,))

    def _put_back(self, due: Updates) -> None:
        time.sleep(PAUSE)
        with self._lock:
            for each, topics in due.items():
                self._due.add([each], topics)

    # keeping

    def _keep(self) -> None:
        """Stores opened and closed streams at once, and all open ones with every beat."""
        beat = 0.0
        while not self._is_closed:
            self._moved.wait(max(0.0, beat - time.monotonic()))
            self._moved.clear()
            is_beat = time.monotonic() >= beat
            self._try(lambda: self._write_down(everybody=is_beat))  # noqa: B023
            if is_beat:
                self._try(self._look_after)
                self._try(counters.flush)
                beat = time.monotonic() + readers.BEAT
        self._try(lambda: self._write_down(everybody=False))
        self._try(counters.flush)

    def _write_down(self, *, everybody: bool) -> None:
        with self._lock:
            here, self._new = (self._all() if everybody else self._new), []
            closed, self._closed = self._closed, []
        watchers = [(each.id, each.account_id, each.user_id) for each in here if not each.has_ended]
        if watchers:
            stream.seen(watchers)
        if closed:
            stream.closed([each.id for each in closed])

    def _look_after(self) -> None:
        """Ends streams of accounts that are no longer connected and of users without access; publishes changes that
        came without a notification."""
        with self._lock:
            here = list(self._streams)
        found, strangers = conditions(here), left(here)
        with self._lock:
            for account_id, user_id in strangers:
                for each in self._of(account_id, user_id):
                    self._drop(each)
            for account_id in here:
                if account_id not in found:
                    for each in self._of(account_id):
                        self._drop(each)
                elif found[account_id] != self._conditions.get(account_id):
                    self._mark(self._of(account_id), (Topic.ME, Topic.COLLEAGUES))
        self._conditions = found
        self._stir.set()

    def _try(self, work: Callable[[], None]) -> None:
        """A failure is repeated with the next beat, or expires by itself."""
        try:
            self._in_store(work)
        except SQLAlchemyError as error:
            log.warning("the streams are not looked after", error=str(error))

    def _in_store(self, work: Callable[[], None]) -> None:
        with self._app.app_context():
            work()
