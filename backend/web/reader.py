"""One open stream: what its reader has been told, and what waits to be sent to him."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from backend.store.popups import Popup

BEAT = 20.0  # seconds; routers of platforms cut what is silent for 55
MOST_WAITING = 3000  # messages; whoever does not take them is let go and comes back for what he missed
RETRY = "retry: 1000\n\n"  # milliseconds until a browser opens anew


def event(name: str, data: Any, id: int | None = None) -> str:
    """One server-sent event; JSON has no raw line ends, so one line of data is all of it."""
    place = "" if id is None else f"id: {id}\n"
    return f"event: {name}\n{place}data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


def told(popup: Popup) -> dict[str, Any]:
    """A popup as readers see it."""
    return {"call": popup.call, "state": popup.state, "serial": popup.serial, "details": popup.details}


class Reader:
    """`position` is where he is among the popups' changes; None: he has none of them yet.

    Nothing here touches the database, so that a stream that waits holds nothing but this.
    """

    __slots__ = ("_last", "_outbox", "_seen", "account_id", "has_ended", "id", "is_greeted", "position", "user_id")

    def __init__(self, account_id: int, user_id: int, position: int | None) -> None:
        self.id = uuid.uuid4().hex
        self.account_id = account_id
        self.user_id = user_id
        self.position = position
        self.is_greeted = False
        self.has_ended = False
        self._last: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._outbox: SimpleQueue[str | None] = SimpleQueue()

    def tell(self, name: str, data: Any) -> None:
        """Unless it is what he was told last."""
        message = event(name, data)
        if self._last.get(name) != hash(message):
            self._last[name] = hash(message)
            self._send(message)

    def show(self, popups: Sequence[Popup], position: int) -> None:
        """What was changed up to `position`, oldest change first.

        An event's id is never beyond what follows it: a reader who is cut off after any of them misses nothing.
        """
        for each in popups:
            if self._seen.get(each.call) != each.serial:
                self._send(event("popup", told(each), id=min(each.changed_in, position)))
        self._seen = {each.call: each.serial for each in popups if each.changed_in >= position}  # come again next time
        self.position = position

    def end(self) -> None:
        """He may open anew at once."""
        self.has_ended = True
        self._outbox.put(None)

    def messages(self) -> Iterator[str]:
        """Until the end; a beat where there is nothing else to say."""
        yield RETRY
        while not self.has_ended:
            message = self._next()
            if message is not None:
                yield message

    def _next(self) -> str | None:
        try:
            return self._outbox.get(timeout=BEAT)
        except Empty:
            return event("beat", {})

    def _send(self, message: str) -> None:
        self._outbox.put(message)
        if self._outbox.qsize() > MOST_WAITING:
            self.end()
