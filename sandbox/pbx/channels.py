"""What is up now on one Asterisk, told by its events, and waiting until it is so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .ami import Event
from .errors import Late

T = TypeVar("T")
RINGING, UP = "5", "6"
"""Asterisk's numbers of a channel's state."""

PATIENCE_SECONDS = 30.0
"""Longer than any set-up here takes on a busy machine, shorter than a test's own limit."""


@dataclass(slots=True)
class Channel:
    """One leg as Asterisk sees it; `typed` counts the key sequences it has sent."""

    name: str
    uniqueid: str
    ringing: bool = False
    up: bool = False
    bridged: bool = False
    gone: bool = False
    typed: int = 0


@dataclass(slots=True)
class Arrival:
    """A call that reached a phone or an outside number."""

    who: str
    caller: str
    caller_name: str
    channel: Channel


class Channels:
    """`name` is what errors call this Asterisk."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.live: dict[str, Channel] = {}
        self.arrivals: list[Arrival] = []
        self._expected: dict[str, Channel] = {}
        self._changed = threading.Condition()

    def hear(self, event: Event) -> None:
        """Takes one event of the manager link."""
        change = _CHANGES.get(event["Event"])
        if change is not None:
            with self._changed:
                change(self, event)
                self._changed.notify_all()

    def expect(self, uniqueid: str) -> Channel:
        """The channel we are about to ask for; nameless until it appears, and it may be gone by then."""
        with self._changed:
            return self._expected.setdefault(uniqueid, Channel("", uniqueid))

    def wait(self, condition: Callable[[], T | None], what: str, seconds: float = PATIENCE_SECONDS) -> T:
        """The condition's first true value. Raises Late, naming `what` and what is up instead."""
        with self._changed:
            value: T | None = self._changed.wait_for(condition, seconds)
            if not value:
                up = ", ".join(channel.name for channel in self.live.values()) or "no channel"
                raise Late(f"waited {seconds:g} s until {what}; {self.name} has {up}")
            return value

    def forget(self) -> None:
        """The Asterisk ended, and everything with it."""
        with self._changed:
            for channel in self.live.values():
                channel.gone = True
            self.live.clear()
            self.arrivals.clear()
            self._changed.notify_all()

    def _of(self, event: Event) -> Channel | None:
        return self.live.get(event.get("Uniqueid", ""))


def _appeared(channels: Channels, event: Event) -> None:
    uniqueid = event["Uniqueid"]
    channel = channels._expected.pop(uniqueid, None) or Channel("", uniqueid)
    channel.name, channel.up = event["Channel"], event["ChannelState"] == UP
    channels.live[uniqueid] = channel


def _changed_state(channels: Channels, event: Event) -> None:
    if channel := channels._of(event):
        channel.ringing = event["ChannelState"] == RINGING
        channel.up = event["ChannelState"] == UP


def _entered(channels: Channels, event: Event) -> None:
    if channel := channels._of(event):
        channel.bridged = True


def _left(channels: Channels, event: Event) -> None:
    if channel := channels._of(event):
        channel.bridged = False


def _hung_up(channels: Channels, event: Event) -> None:
    if channel := channels.live.pop(event["Uniqueid"], None):
        channel.gone = True


def _told(channels: Channels, event: Event) -> None:
    if not (channel := channels._of(event)):
        return
    match event["UserEvent"]:
        case "Arrived":
            arrival = Arrival(event["Who"], event.get("From", ""), event.get("FromName", ""), channel)
            channels.arrivals.append(arrival)
        case "Typed":
            channel.typed += 1


_CHANGES: dict[str, Callable[[Channels, Event], None]] = {
    "Newchannel": _appeared,
    "Newstate": _changed_state,
    "BridgeEnter": _entered,
    "BridgeLeave": _left,
    "Hangup": _hung_up,
    "UserEvent": _told,
}
