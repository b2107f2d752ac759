"""What a story is: how it is played, and what is true when it is over, written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..office import Office

Play = Callable[[Office], None]
CLIENT = "+79161234567"
SECOND_CLIENT = "+79037654321"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One external call: `client` and `did` as the PBX shows them, `talks` the extensions that talked, in order."""

    direction: str
    client: str | None
    result: str
    did: str | None = None
    reason: str | None = None
    talks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`calls` is empty for a story without an external call; `mobiles` are outside numbers listed for employees."""

    name: str
    told: str
    play: Play
    calls: tuple[Outcome, ...]
    mobiles: tuple[str, ...] = ()


STORIES: dict[str, Story] = {}


def story(*calls: Outcome, mobiles: tuple[str, ...] = ()) -> Callable[[Play], Play]:
    """Registers a function by its name; its docstring is how the story is told."""

    def register(play: Play) -> Play:
        told = " ".join((play.__doc__ or "").split())
        STORIES[play.__name__] = Story(name=play.__name__, told=told, play=play, calls=calls, mobiles=mobiles)
        return play

    return register


def inbound(did: str, *, client: str | None = CLIENT, talks: tuple[str, ...] = ()) -> Outcome:
    """Answered when somebody talked, else missed."""
    result = "answered" if talks else "missed"
    return Outcome(direction="inbound", client=client, did=did, result=result, talks=talks)


def outbound(client: str, *, reason: str | None = None, talks: tuple[str, ...] = ()) -> Outcome:
    """Answered when somebody talked, else failed for `reason`."""
    result = "answered" if talks else "failed"
    return Outcome(direction="outbound", client=client, result=result, reason=reason, talks=talks)
