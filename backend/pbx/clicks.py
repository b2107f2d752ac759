"""Calls we asked the PBX for, until it has told what became of the employee's own phone.

OriginateResponse says whether he answered, but not why not: Asterisk 16 and 22 give reason 0 for a busy phone, a
declined call and one that does not exist alike. The cause is on the channel's Hangup, which may come before or after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.calls.numbers.dialling import is_click
from backend.pbx.errors import BadCommand

MOST_CLICKS = 1000
NO_ANSWER, BUSY = "3", "5"  # AST_CONTROL_RINGING, AST_CONTROL_BUSY: reasons of OriginateResponse
UP = "6"  # AST_STATE_UP
ALERTED = frozenset({0, 16, 18, 19, 26, 127})  # it rang, or was hung up while it rang
DECLINED = frozenset({17, 21})  # busy; 403 and 603, which a phone also sends when it is not to be disturbed


class Missed(StrEnum):
    """Why a click reached nobody."""

    NO_ANSWER = "own-no-answer"
    BUSY = "own-busy"
    UNREACHABLE = "own-unreachable"
    REFUSED = "refused"
    """The employee answered; the dialplan then dialled no client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """`cause` is Q.850's, of the channel's hangup; None where there was no channel."""

    call: str
    why: Missed
    cause: int | None


@dataclass(slots=True)
class _Click:
    seen: bool = False
    answered: bool | None = None
    reason: str = ""
    cause: int | None = None

    @property
    def missed(self) -> Missed | None:
        """None while something is to be heard yet."""
        is_gone = self.cause is not None or not self.seen
        if self.answered is None or not is_gone:
            return None
        if self.answered:
            return Missed.REFUSED if self.cause is not None else None
        return self._why

    @property
    def _why(self) -> Missed:
        if self.reason == BUSY or self.cause in DECLINED:
            return Missed.BUSY
        if self.reason == NO_ANSWER or (self.seen and self.cause in ALERTED):
            return Missed.NO_ANSWER
        return Missed.UNREACHABLE


class Clicks:
    """By call, which is the channel id we gave."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Click] = {}

    def expect(self, call: str) -> None:
        """Just before it is asked for. Raises BadCommand when too many wait."""
        if len(self._waiting) >= MOST_CLICKS:
            raise BadCommand("too many calls by click at once")
        self._waiting[call] = _Click()

    def forget(self, call: str) -> None:
        self._waiting.pop(call, None)

    def waits(self, call: str) -> bool:
        """Whether its channel is on its way, or is there."""
        return call in self._waiting

    def adopt(self, call: str) -> None:
        """A channel that another process asked for, and that is up."""
        self._waiting[call] = _Click(seen=True, answered=True)

    def is_ringing(self, call: str) -> bool:
        """Whether it is on its way and the employee has not answered yet."""
        return call in self._waiting and self._waiting[call].answered is None

    def hear(self, event: Mapping[str, str]) -> Failed | None:
        """The click that this event ends because it reached nobody. One that reached a client ends without it."""
        call = event.get("Uniqueid", "")
        click = self._waiting.get(call)
        if click is None:
            return None
        match event.get("Event"):
            case "Newchannel":
                click.seen = True
            case "OriginateResponse":
                click.answered, click.reason = event.get("Response") == "Success", event.get("Reason", "")
            case "Hangup":
                cause = event.get("Cause", "")
                click.cause = int(cause) if cause.isdecimal() else 0
        missed = click.missed
        if missed is None:
            return None
        self.forget(call)
        return Failed(call=call, why=missed, cause=click.cause)

    def lose(self) -> None:
        """The connection is gone, and with it what would have been told."""
        self._waiting.clear()

    def snapshot(self, channels: Iterable[Mapping[str, str]]) -> set[str]:
        """The channels that exist: a click among them is waited for again; which clicks are still on their way."""
        for row in channels:
            if is_click(call := row.get("Uniqueid", "")):
                answered = True if row.get("ChannelState") == UP else None
                self._waiting.setdefault(call, _Click(seen=True, answered=answered))
        return set(self._waiting)
