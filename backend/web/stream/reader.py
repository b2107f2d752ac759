"""One open stream: the messages sent to its browser, and those that wait to be sent."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from backend.store.base import counters
from backend.store.popups import Popup

BEAT = 20.0  # seconds; hosting platforms' routers close a connection that is silent for 55
MOST_WAITING = 3000  # calls with waiting popups; a browser that does not read is disconnected and catches up later
LIVE = ("ringing", "talking", "dialling")
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds
AWAY = 30.0  # seconds
RETRY = "retry: 1000\n\n"  # milliseconds until a browser reconnects


Message = tuple[str, object, int | None]  # arguments of `event`


def event(name: str, data: object, id: int | None = None) -> str:
    """One server-sent event; `str(data)` is JSON, which has no raw line breaks, so one `data:` field is enough."""
    place = "" if id is None else f"id: {id}\n"
    return f"event: {name}\n{place}data: {data}\n\n"


def as_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


BEAT_EVENT = event("beat", "{}")


def shown(popup: Popup) -> dict[str, Any]:
    """A popup as it is sent to browsers."""
    return {"call": popup.call, "state": popup.state, "serial": popup.serial, "details": popup.details}


def count_popup(account_id: int, popup: Popup) -> None:
    """Measures the time from writing a popup to sending it. Older popups waited for their reader, not for the
    service."""
    seconds = (datetime.now(UTC) - popup.updated_at).total_seconds()
    if popup.state in LIVE and seconds < AWAY:
        bucket = next((each for each in BUCKETS if seconds <= each), AWAY)
        counters.add(account_id, counters.POPUPS, f"{bucket:g}")
        counters.add(account_id, counters.POPUPS, "sum", max(0.0, seconds))


class Reader:
    """`position` is the reader's position in the popups' changes; None: no popups were sent yet.

    For each call, and for each other name, only the latest message waits to be sent, in the order of publishing: a slow
    reader costs no more memory than its current data. Nothing here touches the database, so a waiting stream holds no
    other resource.
    """

    __slots__ = (
        "_last", "_more", "_outbox", "_seen", "account_id", "has_ended", "id", "is_greeted", "position", "user_id",
    )  # fmt: skip

    def __init__(self, account_id: int, user_id: int, position: int | None) -> None:
        self.id = uuid.uuid4().hex
        self.account_id = account_id
        self.user_id = user_id
        self.position = position
        self.is_greeted = False
        self.has_ended = False
        self._last: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._outbox: dict[tuple[str, str], Message] = {}
        self._more = threading.Condition(threading.Lock())

    def queue(self, name: str, data: object) -> None:
        """Queues the message unless it equals the last one sent. `str(data)` is its JSON, made when it is sent."""
        if self._last.get(name) != hash(data):
            self._last[name] = hash(data)
            self._send(name, data)

    def show(self, popups: Sequence[Popup], position: int) -> None:
        """The popups changed up to `position`, oldest change first.

        An event's id is never beyond the following events: a reader that is cut off after any of them misses nothing.
        """
        for each in popups:
            if self._seen.get(each.call) != each.serial:
                self._send("popup", as_json(shown(each)), call=each.call, id=min(each.changed_in, position))
                count_popup(self.account_id, each)
        self._seen = {each.call: each.serial for each in popups if each.changed_in >= position}  # read again next time
        self.position = position

    def end(self) -> None:
        """The browser may reconnect at once."""
        with self._more:
            self.has_ended = True
            self._outbox.clear()
            self._more.notify()

    def messages(self) -> Iterator[str]:
        """Until the end; a heartbeat when there is no message."""
        yield RETRY
        while not self.has_ended:
            message = self._next()
            if message is not None:
                yield message

    def _next(self) -> str | None:
        with self._more:
            if not self._more.wait_for(lambda: self._outbox or self.has_ended, BEAT):
                return BEAT_EVENT
            message = None if self.has_ended else self._outbox.pop(next(iter(self._outbox)))
        return message and event(*message)

    def _send(self, name: str, data: object, *, call: str = "", id: int | None = None) -> None:
        with self._more:
            self._outbox.pop((name, call), None)  # to the end: an event's id is never beyond what follows it
            self._outbox[name, call] = (name, data, id)
            self._more.notify()
        if self.has_ended or len(self._outbox) > MOST_WAITING:
            self.end()
