"""Requests from sites are rung here: employees first, then the client.

Whoever holds the account's line takes what is due; from then on the row says whose the attempt is, and the channel's
id on the PBX is the attempt's name. Who gets the line after us looks for that channel before anything is rung again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from backend.desk.arrive import arrive
from backend.desk.callback import lifecycle
from backend.desk.callback.lifecycle import Attempt
from backend.pbx import dialplan
from backend.pbx.clicks import Missed
from backend.pbx.commands import Ring, hangup, has_extension, ring, send_to, set_variable
from backend.pbx.errors import ActionRefused, ActionTimedOut, BadCommand, LinkDown, PbxError
from backend.processes.commands.command import CommandContext, Errand
from backend.processes.line.line import AWAY, Line
from backend.processes.line.store_access import InStore
from backend.store.callback.requests import due_accounts
from backend.store.commands import Command

LOOK = 0.5  # seconds between looks for what is due
PATIENCE = 5.0  # seconds beyond its ringing in which the PBX tells what became of an attempt
LONGEST = 4 * 3600.0  # seconds
NOT_THERE = "not-in-dialplan"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """Of an attempt, on one connection of the line."""

    line: Line
    snapshots: int
    task: asyncio.Task[None]


class Callbacks:
    """`lines` are the lines of this process by account, as they are at each moment."""

    def __init__(self, lines: Mapping[int, Line], in_store: InStore) -> None:
        self._lines = lines
        self._in_store = in_store
        self._looked: dict[Line, int] = {}
        self._stories: dict[str, _Story] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._look()
            except DBAPIError as error:
                log.error("requests not taken", error=str(error.orig))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._woken.wait()
            self._woken.clear()

    async def _look(self) -> None:
        up = {account: line for account, line in self._lines.items() if line.is_up}
        self._looked = {line: seen for line, seen in self._looked.items() if line in up.values()}
        due = await self._in_store(partial(due_accounts, list(up))) if up else ()
        for account_id, line in up.items():
            if account_id in due or self._looked.get(line) != line.snapshots:
                await self._look_at(account_id, line)

    async def _look_at(self, account_id: int, line: Line) -> None:
        try:
            if self._looked.get(line) != line.snapshots:
                await self._take_over(account_id, line)
            for attempt in await self._in_store(partial(lifecycle.take, account_id)):
                self._tell(line, attempt, self._ring(line, attempt))
        except AWAY as error:  # what was taken, if the database has kept it, nobody rings: the next look finds it
            self._looked.pop(line, None)
            log.error("requests not taken", account=account_id, error=str(error.orig))
        except Exception:  # a supervision loop: our bug in one account's requests must not stop the others'
            log.exception("requests not rung", account=account_id)

    async def _take_over(self, account_id: int, line: Line) -> None:
        """What was begun before the line came up, by whomever: its channel is there, or it is over. What is followed
        on this very connection goes on."""
        seen = line.snapshots
        for attempt in await self._in_store(partial(lifecycle.unfinished, account_id)):
            if story := self._stories.get(attempt.call):
                if story.line is line and story.snapshots == seen:
                    continue
                story.task.cancel()
            if line.tracker.is_live(attempt.call):
                line.clicks.adopt(attempt.call)
                self._tell(line, attempt, self._attend(line, attempt))
            else:
                line.put(partial(_over, attempt, None))
        self._looked[line] = seen

    def _tell(self, line: Line, attempt: Attempt, story: Any) -> None:
        task = line.follow(story)
        self._stories[attempt.call] = _Story(line=line, snapshots=line.snapshots, task=task)
        task.add_done_callback(lambda done: self._forget(attempt.call, done))

    def _forget(self, call: str, done: asyncio.Task[None]) -> None:
        if call in self._stories and self._stories[call].task is done:
            del self._stories[call]

    async def _ring(self, line: Line, attempt: Attempt) -> None:
        if line.tracker.is_talking(attempt.target):
            line.put(partial(_over, attempt, Missed.BUSY))
            return
        try:
            if not await _are_there(line, attempt):
                line.put(partial(_over, attempt, NOT_THERE))
                return
            line.clicks.expect(attempt.call)
            await ring(line.link, _order(attempt))
        except (ActionRefused, BadCommand, LinkDown) as error:
            log.warning("not rung", account=attempt.account_id, call=attempt.call, error=str(error))
            line.clicks.forget(attempt.call)
            line.put(partial(_over, attempt, Missed.REFUSED))
            return
        except ActionTimedOut:
            log.warning("not known whether it rings", account=attempt.account_id, call=attempt.call)
        await self._attend(line, attempt)

    async def _attend(self, line: Line, attempt: Attempt) -> None:
        """Until the attempt's first channel is gone: what comes then is told as of any call."""
        call, begun = attempt.call, line.snapshots

        def is_gone() -> bool:
            return not line.clicks.waits(call)

        def has_employee() -> bool:
            return line.tracker.employee_of(call) is not None

        await line.until(lambda: is_gone() or has_employee(), attempt.ring_seconds + PATIENCE)
        extension = line.tracker.employee_of(call)
        if extension is None or not await line.until_written(partial(lifecycle.answered, attempt, extension)):
            await _end(line, call)
        else:
            await self._connect(line, attempt, extension)
        await line.until(is_gone, PATIENCE if extension is None else LONGEST)
        if line.is_up and line.snapshots == begun:  # else the next look at this line finds out
            line.put(partial(_over, attempt, Missed.NO_ANSWER))

    async def _connect(self, line: Line, attempt: Attempt, extension: str) -> None:
        """From here on the caller is the employee; after an unclear end a client who is dialled already stays so."""
        if line.tracker.has_client(attempt.call):
            return
        try:
            await set_variable(line.link, attempt.call, "CALLERID(all)", extension)
            await send_to(line.link, attempt.call, attempt.number, await _way(line, attempt))
        except PbxError as error:
            log.warning("the client is not dialled", account=attempt.account_id, call=attempt.call, error=str(error))
            await _end(line, attempt.call)


async def _are_there(line: Line, attempt: Attempt) -> bool:
    """Whether the PBX's dialplan knows the target and would dial the client; where it does not say, it is tried."""
    places = (attempt.target, attempt.number)
    return all([await has_extension(line.link, attempt.context, each) is not False for each in places])


def _order(attempt: Attempt) -> Ring:
    return Ring(
        target=attempt.target, context=attempt.context, channel_id=attempt.call, caller_number=attempt.number,
        caller_name=attempt.name, timeout=attempt.ring_seconds,
    )  # fmt: skip


async def _way(line: Line, attempt: Attempt) -> str:
    """The context that dials the client, through our notice where there is one and it can be heard."""
    is_heard = attempt.notice and await has_extension(line.link, dialplan.CALLBACK, dialplan.VERSION)
    if not is_heard:
        return attempt.context
    await set_variable(line.link, attempt.call, dialplan.NOTICE, attempt.notice or "")
    await set_variable(line.link, attempt.call, dialplan.CONTEXT, attempt.context)
    return dialplan.CALLBACK


async def _end(line: Line, call: str) -> None:
    if line.clicks.waits(call):
        with suppress(PbxError):  # it has gone by itself, or the line has
            await hangup(line.link, call)


def _over(attempt: Attempt, reason: str | None) -> None:
    if untold := lifecycle.over(attempt, reason):
        arrive(attempt.account_id, untold)


async def drop(place: CommandContext, command: Command) -> dict[str, Any]:
    """Nobody needs this attempt any more; an employee who has just picked up is let go by who rang him."""
    await _end(place.held, command.call or "")
    return {}


DROPPED = Errand(run=drop)
