"""Commands within a call that goes on: hang up, transfer, cancel or complete a transfer.

The body's `extensions` are the caller's own: only their channels are ever touched, and what these talk to.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from backend.calls.facts import Reason
from backend.desk.dialing import click, transfer
from backend.desk.dialing.transfer import TransferState
from backend.pbx.commands import hangup, has_extension, transfer_attended, transfer_blind
from backend.pbx.errors import ActionRefused, PbxError
from backend.processes.commands.command import CommandContext, CommandRefused, Errand
from backend.processes.line.line import Line
from backend.store.commands import Command

BEGINS = 4.0  # seconds for a code of some digits to be typed and the colleague's phone to be called
LONGEST_QUESTION = 3600.0  # seconds


async def hang_up(place: CommandContext, command: Command) -> dict[str, Any]:
    line, call = place.held, _call(command)
    if line.clicks.is_ringing(call):
        await place.in_store(partial(click.fail, command.account_id, call, Reason.GIVEN_UP.value))
        return await _end(line, call)
    legs = line.tracker.legs(call)
    return await _end(line, next((legs[each] for each in _own(command) if each in legs), None))


async def transfer_call(place: CommandContext, command: Command) -> dict[str, Any]:
    """Blind: the colleague's phone rings for the client. Attended: for the employee, who then leaves or comes back."""
    line, wanted = place.held, command.body
    talking = line.tracker.talking(_call(command))
    own = next((each for each in _own(command) if each in talking), None)
    if own is None:
        raise CommandRefused("call_over")
    if await has_extension(line.link, wanted["context"], wanted["extension"]) is False:
        raise CommandRefused("pbx_refused", "no-such-extension")
    shown = {"kind": wanted["kind"], "to": wanted["to"]}
    await place.in_store(partial(transfer.ask, command.account_id, _call(command), command.user_id, shown))
    try:
        if wanted["kind"] == "blind":
            await transfer_blind(line.link, talking[own], wanted["extension"], wanted["context"])
        else:
            await _ask_colleague(place, command, own, talking[own])
    except (PbxError, CommandRefused):
        await _moves(place, command, TransferState.FAILED, Reason.REFUSED)
        raise
    return {}


async def cancel(place: CommandContext, command: Command) -> dict[str, Any]:
    """The colleague's side of the question is hung up, and the PBX brings the client back (Asterisk 16 and 22; after
    its own CancelAtxfer a second question to the same colleague was never asked)."""
    beside = _beside(place.held, command)
    await _moves(place, command, TransferState.FAILED, Reason.GIVEN_UP)
    return await _end(place.held, beside)


async def complete(place: CommandContext, command: Command) -> dict[str, Any]:
    """The employee's leg is hung up, and the PBX joins the two others."""
    _beside(place.held, command)
    return await hang_up(place, command)


HANG_UP = Errand(run=hang_up)
TRANSFER = Errand(run=transfer_call)
CANCEL = Errand(run=cancel)
COMPLETE = Errand(run=complete)


async def _ask_colleague(place: CommandContext, command: Command, own: str, channel: str) -> None:
    line, call, wanted = place.held, _call(command), command.body
    await transfer_attended(line.link, channel, wanted["extension"], wanted["context"])
    if not await line.until(lambda: line.tracker.consultation(call, own) is not None, BEGINS):
        raise CommandRefused("pbx_refused", "no-attended-transfer")
    line.follow(_watch(place, command, own))


async def _watch(place: CommandContext, command: Command, own: str) -> None:
    """The question itself is no fact of the call: the client hears nothing of it."""
    line, call, colleague = place.held, _call(command), command.body["extension"]

    def is_over() -> bool:
        return own in line.tracker.talking(call) or own not in line.tracker.legs(call)

    def is_asking() -> bool:
        return line.tracker.consultation(call, own) is not None and line.tracker.has_answered(call, colleague)

    await line.until(lambda: is_asking() or is_over(), LONGEST_QUESTION)
    if not is_over():
        await _moves(place, command, TransferState.CONSULTING)
    await line.until(is_over, LONGEST_QUESTION)
    if own in line.tracker.legs(call):  # he is back with the client, else the call has passed and its fact tells
        await _moves(place, command, TransferState.FAILED, Reason.NO_ANSWER)


async def _moves(place: CommandContext, command: Command, state: TransferState, reason: Reason | None = None) -> None:
    await place.in_store(partial(transfer.move, command.account_id, _call(command), command.user_id, state, reason))


def _beside(line: Line, command: Command) -> str:
    asked = (line.tracker.consultation(_call(command), each) for each in _own(command))
    found = next(filter(None, asked), None)
    if found is None:
        raise CommandRefused("call_over")
    return found


async def _end(line: Line, channel: str | None) -> dict[str, Any]:
    if channel is None:
        raise CommandRefused("call_over")
    try:
        await hangup(line.link, channel)
    except ActionRefused as refused:
        if refused.no_right:
            raise
        raise CommandRefused("call_over") from refused  # "No such channel": it has gone meanwhile
    return {}


def _call(command: Command) -> str:
    return command.call or ""


def _own(command: Command) -> list[str]:
    return list(command.body["extensions"])
