"""Reads the calls that a PBX wrote down while nobody heard it: after each snapshot, before what the snapshot tells is
written down. A line is deleted there when its call is committed here; read twice, it says nothing new.

While we hear the PBX it writes lines all the same: they are deleted in the background when their calls are over here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol

import structlog

from backend.calls.facts import Fact
from backend.calls.tracking import pbx_journal
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.pbx_journal import BadLine, Left
from backend.calls.tracking.tracker import Tracker
from backend.desk.pbx import journal as desk
from backend.pbx import astdb
from backend.pbx.astdb import COUNTERS, JOURNAL, LOST, Entry
from backend.pbx.dialplan.names import WRITTEN_EVENT
from backend.pbx.errors import ActionRefused, ActionTimedOut, LinkDown
from backend.pbx.link.link import Link
from backend.processes.line.routing import Follow
from backend.processes.line.store_access import InStore

GATE = 5.0  # seconds; so long what is heard waits at most for what was written down
RECENT = 60.0  # seconds; a call that ended longer ago is told to no screen
TIDY = 10.0  # seconds between two looks at what was written while we heard
LOOKS = 6  # at a line whose call is not over here; then all lines are read
AT_ONCE, RATE = 20, 100  # deletions in flight, and a second, at most
MOST_WRITTEN = 5000  # lines kept in mind, more than a ring has
PORTION = 20  # lines that one errand of the store writes down

log = structlog.get_logger()


class Write(Protocol):
    """Writes a fact down, and what follows from it; to no screen where it is late."""

    def __call__(self, fact: Fact, *, is_late: bool) -> None: ...


class JournalReader:
    """Of one line. `ask` runs an errand of the store, again until the database is there; `patiently` the same when
    calls leave time for it."""

    def __init__(self, account_id: int, ask: InStore, patiently: InStore, follow: Follow, write: Write) -> None:
        self._account_id = account_id
        self._ask = ask
        self._patiently = patiently
        self._follow = follow
        self._write = write
        self._log = log.bind(account=account_id)
        self._is_read = asyncio.Event()
        self._is_read.set()
        self._reading = asyncio.Lock()
        self._written: dict[str, tuple[str, int]] = {}
        self._tidying: asyncio.Task[None] | None = None

    async def is_read(self) -> None:
        """Waits until what the PBX wrote of calls that we know is written down here; not for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GATE):
                await self._is_read.wait()

    def begin(self, link: Link, tracker: Tracker) -> None:
        """A snapshot is about to be told: of its calls those that are over may be in the PBX's journal."""
        self._is_read.clear()
        self._written.clear()
        self._follow(self._read(link, tracker, after_absence=True))
        if self._tidying:
            self._tidying.cancel()
        self._tidying = self._follow(self._tidy(link, tracker))

    def hear(self, event: Mapping[str, str]) -> None:
        if event.get("UserEvent") == WRITTEN_EVENT and len(self._written) < MOST_WRITTEN:
            self._written[event.get("Key", "")] = (event.get("Call", ""), 0)

    async def _read(self, link: Link, tracker: Tracker, *, after_absence: bool) -> None:
        try:
            async with self._reading:
                await self._read_all(link, tracker, after_absence)
        except LinkDown:
            pass
        except ActionRefused as refused:
            self._log.warning("the PBX does not give its journal", error=str(refused))
            await self._cannot("no_right" if refused.no_right else "no_tree")
        except ActionTimedOut:
            await self._cannot("silent")
        finally:
            self._is_read.set()

    async def _cannot(self, trouble: str) -> None:
        await self._ask(partial(desk.cannot_read, self._account_id, trouble))

    async def _read_all(self, link: Link, tracker: Tracker, after_absence: bool) -> None:
        entries = await astdb.tree(link, JOURNAL)
        counted = astdb.counters(await astdb.tree(link, COUNTERS)).get(LOST, 0)
        lines = self._sound(entries, link.clock_ahead or 0.0)
        over = {key: line for key, line in lines.items() if not tracker.is_live(line.call)}
        broken = [each.key for each in entries if each.key not in lines]
        begun = await self._ask(partial(desk.open_calls, self._account_id, [line.call for line in over.values()]))
        await self._take([line for line in over.values() if line.call in begun], tracker.lines, self._ask)
        self._is_read.set()
        lost = await self._ask(
            partial(desk.was_read, self._account_id, counted, after_absence=after_absence, broken=len(broken))
        )
        if entries or lost:
            self._log.info("journal of the PBX read", lines=len(entries), over=len(over), lost=lost, broken=len(broken))
        await self._delete(link, broken)
        await self._take_all(link, over, tracker.lines)

    def _sound(self, entries: Iterable[Entry], ahead: float) -> dict[str, Left]:
        """By key, oldest first."""
        found: dict[str, Left] = {}
        for each in entries:
            try:
                found[each.key] = pbx_journal.read(each.value, ahead=ahead, now=time.time())
            except BadLine as bad:
                self._log.error("a line of the PBX's journal says nothing", key=each.key, why=str(bad)[:200])
        return dict(sorted(found.items(), key=lambda line: line[1].ended))

    async def _take_all(self, link: Link, over: Mapping[str, Left], lines: Lines) -> None:
        keys = list(over)
        for first in range(0, len(keys), PORTION):
            portion = keys[first : first + PORTION]
            await self._take([over[key] for key in portion], lines, self._patiently)
            await self._delete(link, portion)

    async def _take(self, taken: Sequence[Left], lines: Lines, ask: InStore) -> None:
        if taken:
            await ask(partial(self._put, taken, lines))

    def _put(self, taken: Sequence[Left], lines: Lines) -> None:
        for line in taken:
            is_late = time.time() - line.ended > RECENT
            if desk.take(self._account_id, line, lines, partial(self._write, is_late=is_late)):
                self._log.info("call told by the PBX's journal", call=line.call)

    async def _delete(self, link: Link, keys: Sequence[str]) -> None:
        for first in range(0, len(keys), AT_ONCE):
            deleting = asyncio.gather(*(self._delete_one(link, key) for key in keys[first : first + AT_ONCE]))
            await asyncio.gather(deleting, asyncio.sleep(AT_ONCE / RATE))

    async def _delete_one(self, link: Link, key: str) -> None:
        with suppress(ActionTimedOut):  # it is deleted next time
            await astdb.delete(link, JOURNAL, key)

    async def _tidy(self, link: Link, tracker: Tracker) -> None:
        """What the PBX writes of calls that we hear."""
        with suppress(LinkDown, ActionRefused):
            while True:
                await asyncio.sleep(TIDY)
                await self._tidy_once(link, tracker)

    async def _tidy_once(self, link: Link, tracker: Tracker) -> None:
        written, self._written = self._written, {}
        if not written:
            return
        names = {call for call, _ in written.values()}
        over: set[str] = await self._patiently(partial(desk.ended_calls, self._account_id, names))
        await self._delete(link, [key for key, (call, _) in written.items() if call in over])
        left = {key: (call, looks + 1) for key, (call, looks) in written.items() if call not in over}
        unheard = any(looks >= LOOKS and not tracker.is_live(call) for call, looks in left.values())
        if unheard:
            await self._read(link, tracker, after_absence=False)
            left = {key: told for key, told in left.items() if tracker.is_live(told[0])}
        self._written = left | self._written
