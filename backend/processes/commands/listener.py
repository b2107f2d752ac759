"""Commands reach this process: it listens for them in the database, takes those that are its own, and runs each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError

from backend.pbx.address import AllowedNetworks
from backend.pbx.errors import LinkDown, PbxError
from backend.processes.commands.command import CommandContext, CommandRefused, Errand
from backend.processes.line.line import Line
from backend.processes.line.store_access import InStore
from backend.store import commands
from backend.store.commands import NOT_TAKEN, UNCLEAR, Command, CommandResult

PAUSE = 1.0  # seconds between tries to listen while the database is away
REFUSED = "pbx_refused"

log = structlog.get_logger()


class Orders:
    """`lines` are the lines of this process by account, as they are at each moment; `told` is who hears of what is no
    command."""

    def __init__(
        self,
        owner: str,
        lines: Mapping[int, Line],
        errands: Mapping[str, Errand],
        in_store: InStore,
        networks: AllowedNetworks,
        told: Mapping[str, Callable[[], None]] | None = None,
    ) -> None:
        self._owner = owner
        self._lines = lines
        self._errands = errands
        self._in_store = in_store
        self._networks = networks
        self._told = told or {}
        self._running: set[asyncio.Task[None]] = set()
        self._anywhere = frozenset(kind for kind, errand in errands.items() if not errand.needs_line)

    async def listen(self, conninfo: str) -> None:
        """Until cancelled; what came while nobody listened is looked for at once."""
        while True:
            try:
                async with await _connected(conninfo) as connection:
                    await connection.execute(f"listen {commands.CHANNEL}".encode())
                    await self.look()
                    async for told in connection.notifies():
                        await self._hear(told.payload)
            except psycopg.Error as error:
                log.error("commands are not heard", error=str(error))
            await asyncio.sleep(PAUSE)

    async def look(self, fresh: Collection[int] = ()) -> None:
        """Takes all that waits for this process; `fresh` are accounts whose lines it has just got."""
        if fresh:
            await self._try(lambda: commands.leave_unclear(self._owner, fresh, self._anywhere))
        await self._take(None)

    async def close(self) -> None:
        """What was begun is cut off, and its end written down."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _hear(self, payload: str) -> None:
        """`ACCOUNT KIND`: most are another process's, and cost this one nothing."""
        account, _, kind = payload.partition(" ")
        if not account.isdecimal():
            return
        line = self._lines.get(int(account))
        if kind in self._told and line:
            self._told[kind]()
        elif kind in self._anywhere or (line and line.is_up):
            await self._take(int(account))

    async def _take(self, account_id: int | None) -> None:
        up = [account for account, line in self._lines.items() if line.is_up and account_id in (None, account)]
        taken = await self._try(
            lambda: commands.take(self._owner, up=up, anywhere=self._anywhere, account_id=account_id)
        )
        for command in taken or ():
            task = asyncio.create_task(self._run(command))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _try(self, errand: Callable[[], Any]) -> Any:
        """Its result, or None while the database is away: it is looked again soon, and what is waited for in vain
        ends by itself."""
        try:
            return await self._in_store(errand)
        except DBAPIError as error:
            log.error("commands wait for the database", error=str(error.orig))
            return None

    async def _run(self, command: Command) -> None:
        told = log.bind(account=command.account_id, kind=command.kind, call=command.call, request=command.request)
        outcome = CommandResult(error=UNCLEAR)
        try:
            outcome = await self._done(command)
            told.info("command", error=outcome.error, words=outcome.answer.get("words"))
        finally:  # also when it is cut off, or fails by our bug
            await asyncio.shield(self._try(lambda: commands.end(command, self._owner, outcome)))

    async def _done(self, command: Command) -> CommandResult:
        errand = self._errands.get(command.kind)
        line = self._lines.get(command.account_id)
        if errand is None or (errand.needs_line and line is None):
            return CommandResult(error=NOT_TAKEN)
        place = CommandContext(line=line, in_store=self._in_store, networks=self._networks.of(command.account_id))
        try:
            async with asyncio.timeout(errand.longest):
                return CommandResult(answer=await errand.run(place, command))
        except CommandRefused as refused:
            return CommandResult(error=refused.kind, answer={"words": refused.words} if refused.words else {})
        except TimeoutError:
            return CommandResult(error=UNCLEAR)
        except PbxError as error:
            if error.is_unclear:
                return CommandResult(error=UNCLEAR)
            if isinstance(error, LinkDown):
                return CommandResult(error=NOT_TAKEN)
            return CommandResult(error=REFUSED, answer={"words": str(error)})


async def _connected(conninfo: str) -> psycopg.AsyncConnection[Any]:
    """A connection that notices within half a minute that the database is gone without a word."""
    return await psycopg.AsyncConnection.connect(
        conninfo, autocommit=True, keepalives_idle=10, keepalives_interval=5, keepalives_count=3
    )
