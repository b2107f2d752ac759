"""The command `call`: the employee's phone rings, and when he answers, the client's."""

from __future__ import annotations

from typing import Any

from backend.calls.states import ExtensionState
from backend.desk.dialing import click
from backend.desk.dialing.click import ClickPlan
from backend.pbx import dialplan
from backend.pbx.clicks import Missed
from backend.pbx.commands import Originate, has_extension, originate
from backend.pbx.errors import PbxError
from backend.processes.commands.command import CommandContext, CommandRefused, Errand
from backend.processes.line.line import Line
from backend.store.commands import Command


async def run(place: CommandContext, command: Command) -> dict[str, Any]:
    """The popup is written down before the PBX is asked; after an unclear end the channel itself tells, by its id."""
    line, plan = place.held, ClickPlan(**command.body)
    extension = _free_phone(line, list(plan.channels))
    if await has_extension(line.link, plan.context, plan.number) is False:
        raise CommandRefused("number_not_allowed", "not-in-dialplan")
    order = await _order(line, plan, extension, command.call or "")
    line.clicks.expect(order.channel_id)
    await place.in_store(lambda: click.begin(command, extension))
    try:
        await originate(line.link, order)
    except PbxError as error:
        if not error.is_unclear:
            line.clicks.forget(order.channel_id)
            await place.in_store(lambda: click.fail(command.account_id, order.channel_id, Missed.REFUSED))
        raise
    return {"extension": extension}


CALL = Errand(run=run)


def _free_phone(line: Line, extensions: list[str]) -> str:
    if any(line.tracker.is_talking(each) for each in extensions):
        raise CommandRefused("busy_here")
    reachable = [each for each in extensions if line.seats.state(each) is not ExtensionState.UNREACHABLE]
    if not reachable:
        raise CommandRefused("phone_unreachable")
    return min(reachable, key=lambda each: line.seats.state(each) is not ExtensionState.FREE)


async def _order(line: Line, plan: ClickPlan, extension: str, call: str) -> Originate:
    """Through our dialplan the phone shows the client's number; without it the caller must be the extension at once,
    for the PBX picks its trunk, its own number and the recording by it."""
    is_ours = await line.has_dialplan()
    return Originate(
        channel=plan.channels[extension],
        number=plan.number,
        context=dialplan.CLICK if is_ours else plan.context,
        channel_id=call,
        caller_number=plan.number if is_ours else extension,
        caller_name=plan.name,
        timeout=plan.ring_seconds,
        variables={dialplan.EXTENSION: extension, dialplan.CONTEXT: plan.context} if is_ours else {},
    )
