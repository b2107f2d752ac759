"""What a login may do on its PBX, and whether it is told of calls: a login keeps the rights that its user had when it
began, whatever becomes of manager.conf (Asterisk 16 and 22)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from backend.pbx.errors import ActionRefused, PbxError, Trouble
from backend.pbx.link.connection import Connection, PendingAction, within
from backend.pbx.link.rights import CLASSES, may, no_right_for

READ_CALLS = "read=call"
EAR = "Custom:phone-station"
"""A device of our own. A PBX says nowhere what a login may read, but of a device's change it tells all who may read
calls."""
CHANGE = "DeviceStateChange"
STATES = ("INUSE", "NOT_INUSE")  # of the two at least one is a change


def is_echo(event: Mapping[str, str]) -> bool:
    return event.get("Event") == CHANGE and event.get("Device") == EAR


async def lacking(connection: Connection, echo: asyncio.Event, answer: float, hearing: float) -> tuple[str, ...]:
    """The classes of `read=` and `write=` that this login needs and has not. `echo` is set when it hears `is_echo`;
    `answer` and `hearing` are seconds for an answer and for that. Raises LinkDown, ActionTimedOut."""
    echo.clear()
    commands = (await within(answer, connection.ask(PendingAction("ListCommands", {})), "ListCommands"))[0]
    missing = [f"write={name}" for name, action in CLASSES.items() if not may(action, commands)]
    try:
        is_deaf = not await _hears(connection, echo, answer, hearing)
    except ActionRefused:  # without the right, or without the module: it cannot be known
        is_deaf = False
    return (*missing, READ_CALLS) if is_deaf else tuple(missing)


async def _hears(connection: Connection, echo: asyncio.Event, answer: float, hearing: float) -> bool:
    """Whether it is told of what it does itself; also where the device did not take its state."""
    device = {"Variable": f"DEVICE_STATE({EAR})"}
    for state in STATES:
        await within(answer, connection.ask(PendingAction("Setvar", {**device, "Value": state})), "Setvar")
    try:
        async with asyncio.timeout(hearing):
            return await echo.wait()
    except TimeoutError:
        kept = await within(answer, connection.ask(PendingAction("Getvar", device)), "Getvar")
        return bool(kept[0].get("Value") != STATES[-1])


def in_words(missing: tuple[str, ...]) -> list[str]:
    """For the operator, as a refusal of the PBX would say it."""
    known = {f"write={name}": no_right_for(action) for name, action in CLASSES.items()}
    deaf = "the AMI user is not told of calls; add call to read= in manager.conf"
    return [known.get(each, deaf) for each in missing]


def shortfall(missing: tuple[str, ...]) -> PbxError | None:
    """The trouble of a line that is up; None where nothing is missing."""
    if not missing:
        return None
    trouble = Trouble.DEAF if READ_CALLS in missing else Trouble.NO_RIGHT
    return PbxError("; ".join(in_words(missing)), trouble=trouble, detail=", ".join(missing))
