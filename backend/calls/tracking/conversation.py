"""One call as it is being tracked: what is known of it so far, and the facts that follow.

A Conversation is what Asterisk links together (one Linkedid), told about or not; it becomes a call of ours with
`begin`, once we know that the outside is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from backend.calls import facts
from backend.calls.facts import Direction, Fact, Reason, Result
from backend.calls.tracking.channels import Channel
from backend.calls.tracking.hangup_reasons import why

MOST_RECORDINGS = 20  # of one call
SAME_TALK = 1.0  # seconds; when a Local channel is optimised away, a talk is apart for some milliseconds

F = TypeVar("F", bound=Fact)


@dataclass(slots=True)
class Talking:
    extension: str
    start: float | None
    end: float | None = None
    on: bool = True

    def goes_on(self, at: float | None, *, is_last: bool) -> bool:
        """Whether a talk that begins now is this one again; without times, if nobody else talked between."""
        return is_last if at is None or self.end is None else at - self.end < SAME_TALK


@dataclass(slots=True, eq=False)
class Conversation:
    """`legs` are the client's channels: one, or several while an outbound call is tried on several trunks."""

    key: str
    started: float | None
    direction: Direction = Direction.INTERNAL
    client: str | None = None
    did: str | None = None
    extension: str | None = None
    root: Channel | None = None
    channels: dict[Channel, None] = field(default_factory=dict)
    legs: list[Channel] = field(default_factory=list)
    tried: Channel | None = None  # the last channel that was dialled to reach whom the caller wanted
    talks: list[Talking] = field(default_factory=list)
    rings: dict[str, set[Channel]] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)  # how often each extension rang
    turn: int = 1  # whose turn it is to talk: counts those the call was passed to
    recordings: list[str] = field(default_factory=list)  # names, as they were told
    ended: bool = False
    awaited: bool = False  # known from the journal alone, until a snapshot shows what is left of it
    picked_up: bool = False  # the client's side answered, whoever was or was not there
    unheard: bool = False  # what changes now happened some time before, while nobody listened
    guessed: bool = False  # a talk began or ended so
    timed: int = 0  # seconds that the PBX's own record counts, the most of its rows

    @property
    def is_external(self) -> bool:
        return self.direction is not Direction.INTERNAL

    @property
    def talking(self) -> list[Talking]:
        return [talk for talk in self.talks if talk.on]

    def begin(self, direction: Direction, at: float | None, **known: Any) -> list[Fact]:
        self.direction = direction
        self.talks.clear()
        for name, value in known.items():
            setattr(self, name, value)
        return [self._fact(facts.CallStarted, at, extension=self.extension)]

    def hear(self, extensions: Iterable[str], at: float | None) -> list[Fact]:
        """These extensions, and no others, hear the client now."""
        now = list(dict.fromkeys(extensions))
        for talk in self.talking:
            if talk.extension not in now:
                talk.on, talk.end = False, at
                self.guessed = self.guessed or self.unheard
        told: list[Fact] = []
        for extension in now:
            if all(talk.extension != extension for talk in self.talking):
                told += self._talks(extension, at)
        return told

    def _talks(self, extension: str, at: float | None) -> list[Fact]:
        self.rings.pop(extension, None)
        before = next((talk for talk in reversed(self.talks) if talk.extension == extension), None)
        if before and before.goes_on(at, is_last=before is self.talks[-1]):
            before.on, before.end = True, None
            return []
        previous = self.talks[-1].extension if self.talks else None
        self.guessed = self.guessed or self.unheard
        self.talks.append(Talking(extension, at))
        self.extension = self.extension or extension
        if previous is None:
            return [self._fact(facts.CallAnswered, at, extension=extension)]
        if previous == extension:
            return []
        self.turn += 1
        return [self._fact(facts.CallPassed, at, extension=extension, previous=previous, turn=self.turn)]

    def ring(self, channel: Channel, at: float | None) -> list[Fact]:
        extension = channel.extension or ""
        if any(talk.extension == extension for talk in self.talking):
            return []
        is_known = extension in self.rings
        self.rings.setdefault(extension, set()).add(channel)
        if is_known:
            return []
        turn = self.turns[extension] = self.turns.get(extension, 0) + 1
        return [self._fact(facts.ExtensionRang, at, extension=extension, turn=turn)]

    def stop(self, channel: Channel, at: float | None) -> list[Fact]:
        """A channel that may have been ringing is gone."""
        extension = channel.extension or ""
        ringing = self.rings.get(extension, set[Channel]())
        if channel not in ringing:
            return []
        ringing.discard(channel)
        return [] if ringing else self._silence(extension, at)

    def hush(self, at: float | None) -> list[Fact]:
        """Extensions that no channel rings for any more."""
        silent = [extension for extension, ringing in self.rings.items() if not ringing]
        return [fact for extension in silent for fact in self._silence(extension, at)]

    def _silence(self, extension: str, at: float | None) -> list[Fact]:
        del self.rings[extension]
        turn = self.turns[extension]
        return [self._fact(facts.ExtensionStopped, at, extension=extension, turn=turn)]

    @property
    def is_over(self) -> bool:
        """Inbound: the client is gone. Outbound: he is gone, or was not reached and nobody tries any more."""
        if self.direction is Direction.INTERNAL:
            return not self.channels
        if self.legs or self.awaited:
            return False
        if self.direction is Direction.INBOUND or self.picked_up:
            return True
        return not self.channels or (self.root is not None and not self.root.alive)

    def end(self, at: float | None) -> list[Fact]:
        told = [fact for extension in list(self.rings) for fact in self._silence(extension, at)]
        told += self.hear((), at)
        self.ended = True
        result = self._result
        reason = self._reason if result is Result.FAILED else None
        ended = self._fact(
            facts.CallEnded, at, result=result, reason=reason, guessed=self.guessed, **self.summary()
        )  # fmt: skip
        return [*told, ended, *(self._named(name, at) for name in self.recordings[1:]), *self._timed(at)]

    def summary(self) -> dict[str, Any]:
        """What there is to say of the call so far, as CallEnded has it."""
        return {
            "extension": self.extension,
            "talks": tuple(facts.Talk(extension=t.extension, start=t.start, end=t.end) for t in self.talks),
            "started": self.started,
            "answered": self.talks[0].start if self.talks else None,
            "recording": self.recordings[0] if self.recordings else None,
        }

    @property
    def _result(self) -> Result:
        if self.talks:
            return Result.ANSWERED
        return Result.MISSED if self.direction is Direction.INBOUND else Result.FAILED

    @property
    def _reason(self) -> Reason:
        """A first channel was dialled by the PBX itself (Originate): there is nobody who could have given up."""
        if self.tried is None:
            return Reason.GIVEN_UP
        unsaid = Reason.NO_ANSWER if self.tried.is_first else Reason.GIVEN_UP
        return why(cause=self.tried.cause, status=self.tried.status, unsaid=unsaid)

    def record(self, name: str, at: float | None) -> list[Fact]:
        """A call that was transferred may have several. Each is a fact of its own, but the first of a call that goes
        on: that one is a part of its end."""
        if name in self.recordings or len(self.recordings) >= MOST_RECORDINGS:
            return []
        self.recordings.append(name)
        return [self._named(name, at)] if self.ended else []

    def _named(self, name: str, at: float | None) -> Fact:
        return self._fact(facts.RecordingNamed, at, recording=name)

    def time(self, seconds: int, at: float | None) -> list[Fact]:
        """A row of the PBX's own record; a call may have several, in any order."""
        if seconds <= self.timed:
            return []
        self.timed = seconds
        return self._timed(at) if self.ended else []

    def _timed(self, at: float | None) -> list[Fact]:
        if not (self.guessed and self.timed and self.talks and self.is_external):
            return []
        talks = self.summary()["talks"]
        return [self._fact(facts.CallTimed, at, seconds=self.timed, extension=self.extension, talks=talks)]

    def _fact(self, kind: type[F], at: float | None, **more: Any) -> F:
        return kind(call=self.key, at=at, direction=self.direction, client=self.client, did=self.did, **more)
