"""What can happen on the phone: facts, in the past tense, immutable.

A fact is complete by itself: whoever reads one needs no other to know which call it speaks of.
`at`, `started` and so on are seconds of the Unix epoch (UTC), or None where a replayed file carries no clock.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar


class Direction(StrEnum):
    """REQUEST: from a site, to be called back; no call."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    REQUEST = "request"


class Result(StrEnum):
    ANSWERED = "answered"
    MISSED = "missed"
    FAILED = "failed"


class Ending(StrEnum):
    """How a request from a site ended. TALKED: by our call; MET: the client talked to somebody in another call;
    NOBODY: no employee answered; UNREACHED: employees did, the client never; STOPPED: by a person."""

    TALKED = "talked"
    MET = "met"
    NOBODY = "nobody"
    UNREACHED = "unreached"
    STOPPED = "stopped"


class Reason(StrEnum):
    """Why an outbound call failed."""

    BUSY = "busy"
    NO_ANSWER = "no-answer"
    NO_SUCH_NUMBER = "no-such-number"
    GIVEN_UP = "given-up"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One employee's part of a call; `end` is None while it lasts."""

    extension: str
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """`client` and `did` are as the PBX shows them; `client` is None when the number is hidden."""

    kind: ClassVar[str] = ""

    call: str
    at: float | None
    direction: Direction
    client: str | None
    did: str | None

    @property
    def key(self) -> str:
        """Unique within the call: the same thing that happened has the same key, however often it is told."""
        return self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(Fact):
    """`extension` is who called, for an outbound call."""

    kind: ClassVar[str] = "started"

    extension: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRang(Fact):
    """`turn` counts this extension's rings within the call, from 1."""

    kind: ClassVar[str] = "rang"

    extension: str
    turn: int = 1

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.extension}:{self.turn}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionStopped(Fact):
    """An extension stopped ringing without talking."""

    kind: ClassVar[str] = "stopped"

    extension: str
    turn: int = 1

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.extension}:{self.turn}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(Fact):
    """A person talks: the client's channel and an extension's are in one bridge for the first time."""

    kind: ClassVar[str] = "answered"

    extension: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPassed(Fact):
    """The client now talks to another extension: a transfer was completed. `turn` is the talk's place, from 2."""

    kind: ClassVar[str] = "passed"

    extension: str
    previous: str
    turn: int

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.turn}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(Fact):
    """The whole call. `extension` is who called (outbound) or who talked first (inbound), if anybody. `guessed`: a talk
    began or ended while nobody listened, so that its time is when that was found out."""

    kind: ClassVar[str] = "ended"

    result: Result
    reason: Reason | None
    extension: str | None
    talks: tuple[Talk, ...]
    started: float | None
    answered: float | None
    recording: str | None
    guessed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTimed(Fact):
    """The PBX's own record says how long a call was answered, where `guessed` talks do not. `extension` as of its
    end."""

    kind: ClassVar[str] = "timed"

    seconds: int
    extension: str | None
    talks: tuple[Talk, ...]

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.seconds}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingNamed(Fact):
    """The PBX told a recording's file name after the call had ended, or one more of it: each leg of a transferred call
    may have its own."""

    kind: ClassVar[str] = "recording"

    recording: str

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.recording}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeAnswered(Fact):
    """In a call back: an employee's phone was picked up, the client is dialled next."""

    kind: ClassVar[str] = "employee-answered"

    extension: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEnded(Fact):
    """A request from a site ended before any employee had answered it; `met` is the call in which its client talked."""

    kind: ClassVar[str] = "request-ended"

    ending: Ending
    started: float | None
    met: str | None = None


KINDS: dict[str, type[Fact]] = {
    each.kind: each
    for each in (
        CallStarted, ExtensionRang, ExtensionStopped, CallAnswered, CallPassed, CallEnded, CallTimed, RecordingNamed,
        EmployeeAnswered, RequestEnded,
    )
}  # fmt: skip


def to_json(fact: Fact) -> dict[str, Any]:
    """A fact as plain values; `from_json` is its inverse."""
    return {"kind": fact.kind, **asdict(fact)}


def from_json(body: dict[str, Any]) -> Fact:
    """Raises KeyError for an unknown kind, TypeError or ValueError for a body that is not such a fact."""
    kind = KINDS[body["kind"]]
    values = {each.name: body[each.name] for each in fields(kind) if each.name in body}
    values["direction"] = Direction(values["direction"])
    if kind is CallEnded:
        values["result"] = Result(values["result"])
        values["reason"] = Reason(values["reason"]) if values["reason"] else None
    if "talks" in values:
        values["talks"] = tuple(Talk(**talk) for talk in values["talks"])
    if kind is RequestEnded:
        values["ending"] = Ending(values["ending"])
    return kind(**values)
