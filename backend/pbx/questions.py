"""A call that waits at the PBX for us to say whom it rings, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.pbx.astdb import Entry, Pbx, put
from backend.pbx.commands import Asks, set_global, set_variable
from backend.pbx.dialplan.names import ANSWER, HEARTBEAT, OF_ROUTE, QUESTION, SETTINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`number` as the PBX shows it, digits with a plus or without."""

    channel: str
    number: str


def question_in(event: Mapping[str, str]) -> Question | None:
    """None for any other event."""
    if event.get("UserEvent") != QUESTION or "Uniqueid" not in event:
        return None
    return Question(channel=event["Uniqueid"], number=event.get("Number", ""))


async def answer(pbx: Asks, channel: str, told: str) -> None:
    """In time or not: a late answer changes nothing. Raises as commands do, ActionRefused where the call has gone."""
    await set_variable(pbx, channel, ANSWER, told)


async def tell_we_answer(pbx: Asks, now: float) -> None:
    """So that the dialplan asks; `now` on the PBX's clock, seconds of the Unix epoch."""
    await set_global(pbx, HEARTBEAT, str(int(now)))


async def tell_the_way(pbx: Pbx, told: str) -> None:
    """What the dialplan is to know of the settings, kept there while we are away."""
    await put(pbx, SETTINGS, Entry(key=OF_ROUTE, value=told))
