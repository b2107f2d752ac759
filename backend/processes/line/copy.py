"""Keeps the copy of the phonebook on each PBX: what changed is sent in the background, and all is looked at anew after
each connect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import DBAPIError

from backend.desk.pbx import copy as pbx_copy
from backend.pbx import astdb
from backend.pbx.astdb import CLIENTS, Entry
from backend.pbx.errors import ActionRefused, ActionTimedOut, BadCommand, LinkDown
from backend.pbx.link.link import Link
from backend.processes.line.routing import Follow
from backend.processes.line.store_access import InStore
from backend.store import db
from backend.store import pbx_copy as store
from backend.store.pbx_copy import Difference

LOOK = 2.0  # seconds between looks for what has changed
RATE = 200  # entries a second that a PBX is sent, at most
AT_ONCE = 20  # in flight; calls have the rest of the connection
PORTION = 200  # sent between two notes of what was
REFUSED_FOR = 60.0  # seconds after which a PBX that took nothing, its disk may be full, is looked at anew
SHORTEST_PAUSE, REST = 5.0, 10  # seconds between two whole plans: at least, and by how many times the last took

log = structlog.get_logger()


class PbxCopy:
    """Of one line. `ask` runs an errand of the store, again until the database is there; `trees` are how many copies
    this process may look at as a whole at once."""

    def __init__(self, account_id: int, ask: InStore, trees: asyncio.Semaphore, follow: Follow) -> None:
        self._account_id = account_id
        self._ask = ask
        self._trees = trees
        self._follow = follow
        self._log = log.bind(account=account_id)
        self._woken = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._not_before = 0.0

    def begin(self, link: Link) -> None:
        """The link is up."""
        self.end()
        self._keeping = self._follow(self._keep(link))

    def end(self) -> None:
        if self._keeping:
            self._keeping.cancel()

    def wake(self) -> None:
        """Something has changed."""
        self._woken.set()

    async def _keep(self, link: Link) -> None:
        with suppress(LinkDown):
            while not (await self._until_refused(link)).no_right:  # a right is missing until the next login
                await asyncio.sleep(REFUSED_FOR)

    async def _until_refused(self, link: Link) -> ActionRefused:
        try:
            async with self._trees:
                await self._check(link)
            while True:
                self._woken.clear()
                await self._follow_changes()
                await self._send(link)
                await self._woken.wait()
        except ActionRefused as refused:
            self._log.error("the PBX does not take the copy of the phonebook", error=str(refused))
            await self._cannot("no_right" if refused.no_right else "refused")
            return refused

    async def _check(self, link: Link) -> None:
        try:
            entries = await astdb.tree(link, CLIENTS)
        except ActionRefused as refused:
            self._log.warning("the copy of the phonebook cannot be checked", error=str(refused))
            await self._cannot("no_right" if refused.no_right else "no_tree")
        except ActionTimedOut:
            await self._cannot("silent")
        else:
            found = {each.key: each.value for each in entries}
            others = await self._ask(partial(pbx_copy.check, self._account_id, found))
            self._log.info("copy of the phonebook checked", entries=len(found), others=others)

    async def _cannot(self, trouble: str) -> None:
        await self._ask(partial(pbx_copy.cannot_check, self._account_id, trouble))

    async def _follow_changes(self) -> None:
        """Whole plans rest between them: a phonebook that is being filled would call for one after the other."""
        loop = asyncio.get_running_loop()
        if not await self._ask(partial(pbx_copy.follow, self._account_id)):
            return
        if loop.time() < self._not_before:
            loop.call_at(self._not_before, self.wake)
            return
        began = loop.time()
        await self._plan()
        self._not_before = loop.time() + max(SHORTEST_PAUSE, REST * (loop.time() - began))

    async def _plan(self) -> None:
        plan: pbx_copy.CopyPlan = await self._ask(partial(pbx_copy.plan, self._account_id))
        for portion in plan.portions():
            await self._ask(partial(pbx_copy.put, self._account_id, plan, portion))
        await self._ask(partial(pbx_copy.finish, self._account_id, plan))
        self._log.info("copy of the phonebook planned", numbers=len(plan.numbers))

    async def _send(self, link: Link) -> None:
        while differences := await self._ask(partial(self._differences, PORTION)):
            sent: dict[str, str | None] = {}
            for first in range(0, len(differences), AT_ONCE):
                together = asyncio.gather(*(self._sent(link, each) for each in differences[first : first + AT_ONCE]))
                taken, _ = await asyncio.gather(together, asyncio.sleep(AT_ONCE / RATE))
                sent |= {each.key: each.wanted for each in taken if each}
            await self._ask(partial(pbx_copy.sent, self._account_id, sent))
            self._log.info("copy of the phonebook sent", entries=len(sent))

    def _differences(self, limit: int) -> Sequence[Difference]:
        found = store.differences(self._account_id, limit)
        db.session.rollback()
        return found

    async def _sent(self, link: Link, each: Difference) -> Difference | None:
        """None when it is not known whether the PBX took it. Raises LinkDown, ActionRefused."""
        try:
            if each.wanted is None:
                await astdb.delete(link, CLIENTS, each.key)
            else:
                await astdb.put(link, CLIENTS, Entry(key=each.key, value=each.wanted))
        except ActionTimedOut:
            return None
        except BadCommand as bug:
            self._log.error("our bug: this cannot stand on a PBX", key=each.key, error=str(bug))
        return each


class HasCopy(Protocol):
    copy: PbxCopy

    @property
    def is_up(self) -> bool: ...


class Copies:
    """Looks for changes of all accounts at once. `lines` are the lines of this process, as they are at each moment."""

    def __init__(self, lines: Mapping[int, HasCopy], in_store: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
        self._lines = lines
        self._in_store = in_store

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            up = {account_id: line for account_id, line in self._lines.items() if line.is_up}
            if not up:
                continue
            try:
                behind: set[int] = await self._in_store(partial(store.behind, list(up)))
            except DBAPIError as error:
                log.error("changes not looked for", error=str(error.orig))
                continue
            for account_id in behind & up.keys():
                up[account_id].copy.wake()
