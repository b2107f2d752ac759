"""One account's line: its PBX is listened to, its calls are tracked, and every fact is written down before the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from backend.calls.facts import Fact
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.tracker import Tracker
from backend.desk.arrive import arrive, keep
from backend.desk.dialing import click
from backend.pbx import dialplan
from backend.pbx.address import Networks
from backend.pbx.check.findings import tidy
from backend.pbx.clicks import Clicks, Missed
from backend.pbx.commands import has_extension
from backend.pbx.errors import BadCommand, LinkDown, PbxError, PbxNeedsPerson, Trouble
from backend.pbx.link.link import Link, LinkState
from backend.processes.line.copy import PbxCopy
from backend.processes.line.journal import JournalReader
from backend.processes.line.phone_states import Seats
from backend.processes.line.routing import Answering
from backend.processes.line.setup import Setup, Telephones, read_setup, read_telephones
from backend.processes.line.store_access import InStore, QuietStoreAccess
from backend.store import accounts, db, stream
from backend.store.accounts import LineState as Shown

MOST_UNWRITTEN = 20_000  # facts that wait for the database; beyond, the line is cut and begins anew with a snapshot
LAST_WORDS = 3.0  # seconds for them to be written when the line ends
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds between tries to write a fact while the database is away
REFUSED_AGAIN = 300.0  # seconds between knocks at a PBX that refuses us: what bans an address counts in minutes

SHOWN = {
    LinkState.CONNECTING: Shown.CONNECTING,
    LinkState.UP: Shown.UP,
    LinkState.WAITING: Shown.DOWN,
    LinkState.REFUSED: Shown.REFUSED,
}

AWAY = (OperationalError, InterfaceError)  # the database, not what is written: that is our bug and is not repeated

log = structlog.get_logger()


class Line:
    """Begins at once; `close` ends it. Hears the link as its Consumer."""

    def __init__(self, account_id: int, in_store: InStore, networks: Networks, patience: QuietStoreAccess) -> None:
        self._account_id = account_id
        self._in_store = in_store
        self._networks = networks
        self._log = log.bind(account=account_id)
        self.tracker = Tracker(Lines())
        self.clicks = Clicks()
        self.seats = Seats(account_id, Lines(), {}, self.put)
        self._errands: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
        self._link: Link | None = None
        self._is_set_up = asyncio.Event()
        self._heard = asyncio.Event()
        self._has_dialplan = False
        self._followed: set[asyncio.Task[None]] = set()
        self._answering = Answering(account_id, in_store, self.follow)
        patiently = partial(self.until_written, by=patience)
        self.copy = PbxCopy(account_id, patiently, patience.trees, self.follow)
        self._journal = JournalReader(account_id, self.until_written, patiently, self.follow, self._write)
        self.snapshots = 0
        """How often it was told what is up on the PBX: each time it must be looked what became of what was begun."""
        self._task = asyncio.create_task(self._live())

    async def close(self) -> None:
        """What was heard is written before the line ends, unless the database is away."""
        if self._link:
            await self._link.close()
        self.seats.close()
        for task in self._followed:
            task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await self._errands.join()
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled() and (failure := self._task.exception()):
            self._log.error("the line failed", exc_info=failure)

    def relearn(self) -> None:
        """The account's trunks, extensions or employees are others now; the calls that are up go on."""
        self.follow(self._relearn())

    async def _relearn(self) -> None:
        await self._is_set_up.wait()
        telephones: Telephones = await self.until_written(lambda: read_telephones(self._account_id))
        self.tracker.relearn(telephones.lines)
        self._seat(telephones)
        if self.is_up:
            self._answering.begin(self.link)
            await self._ask_seats()

    def _seat(self, telephones: Telephones) -> None:
        self.seats.close()
        self.seats = Seats(self._account_id, telephones.lines, telephones.users, self.put)

    def on_event(self, event: Mapping[str, str], at: float) -> None:
        self._answering.hear(event)
        self._tell(self.tracker.feed(event, at))
        self._journal.hear(event)
        self.seats.hear(event)
        if failed := self.clicks.hear(event):
            self._log.info("click failed", call=failed.call, why=failed.why.value, cause=failed.cause)
            self.put(partial(click.fail, self._account_id, failed.call, failed.why))
        self._heard.set()
        self._heard.clear()

    def on_snapshot(self, channels: Sequence[Mapping[str, str]], at: float) -> None:
        self._journal.begin(self.link, self.tracker)
        self._tell(self.tracker.snapshot(channels, at))
        self.snapshots += 1
        living = self.clicks.snapshot(channels)
        self.put(partial(click.fail_lost, self._account_id, living, at, Missed.NO_ANSWER))

    def on_state(self, state: LinkState, why: str) -> None:
        self._log.info("link", state=state.value, why=why)
        if state in SHOWN:
            failure = self._link.failure if self._link and state is not LinkState.CONNECTING else None
            self.put(partial(_show, self._account_id, SHOWN[state], why, failure))
        if state is LinkState.CONNECTING:
            self.clicks.lose()
            self._answering.end()
            self.copy.end()
            self._has_dialplan = False
        elif state is LinkState.UP:
            self._answering.begin(self.link)
            self.copy.begin(self.link)
            self.follow(self._ask_seats())

    def _tell(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            self._log.info("fact", call=fact.call, fact=fact.key)
            self.put(lambda fact=fact: self._write(fact))  # type: ignore[misc]

    def put(self, errand: Callable[[], None]) -> None:
        """To be done in the store after all that was heard before."""
        self._errands.put_nowait(errand)
        if self._errands.qsize() > MOST_UNWRITTEN:
            self._log.error("too many facts wait for the database: the line is cut")
            self._task.cancel()

    def _write(self, fact: Fact, *, is_late: bool = False) -> None:
        try:
            arrive(self._account_id, fact, is_late=is_late)
        except AWAY:
            raise
        except Exception:  # a supervision loop: our bug in deciding must not lose the fact itself
            log.exception("fact not decided", account=self._account_id, call=fact.call, fact=fact.key)
            db.session.rollback()
            keep(self._account_id, fact)

    @property
    def is_up(self) -> bool:
        """Whether the PBX can be asked."""
        return self._link is not None and self._link.state is LinkState.UP

    @property
    def link(self) -> Link:
        """Raises LinkDown."""
        if self._link is None:
            raise LinkDown("the line has just begun")
        return self._link

    async def has_dialplan(self) -> bool:
        """Whether the dialplan made for this account is installed on its PBX; asked until it is, on each connection."""
        if not self._has_dialplan:
            self._has_dialplan = await has_extension(self.link, dialplan.CLICK, dialplan.VERSION) is True
        return self._has_dialplan

    async def until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Waits until something the PBX tells makes it true; False when that takes longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not true():
                    await self._heard.wait()
                return True
        return False

    def follow(self, story: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs beside the line, and ends with it."""
        task = asyncio.create_task(story)
        self._followed.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._followed.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            self._log.error("what ran beside the line failed", exc_info=failure)

    async def _ask_seats(self) -> None:
        with suppress(LinkDown):
            await self.seats.ask(self.link)

    @property
    def has_ended(self) -> bool:
        """By itself: it was cut, or failed; another has to take its place."""
        return self._task.done()

    async def _live(self) -> None:
        try:
            setup: Setup = await self.until_written(lambda: read_setup(self._account_id))
        except BadCommand as wrong:
            unusable = PbxNeedsPerson(str(wrong), trouble=Trouble.UNUSABLE, detail=wrong)
            await self._in_store(partial(_show, self._account_id, Shown.REFUSED, str(wrong), unusable))
            await asyncio.Event().wait()  # for other settings, which bring another line
            return
        self.tracker = Tracker(setup.telephones.lines)
        self.tracker.resume(setup.journalled)
        self._seat(setup.telephones)
        self._is_set_up.set()
        self._link = Link(setup.address, self, allowed=self._networks)
        writing = asyncio.create_task(self._write_down())
        try:
            await self._link.run()
            while self._link.state is LinkState.REFUSED:  # until it is mended there; other settings bring another line
                await asyncio.sleep(REFUSED_AGAIN)
                await self._link.run()
            await writing
        finally:
            writing.cancel()

    async def _write_down(self) -> None:
        """In order, each until it is written."""
        while True:
            errand = await self._errands.get()
            await self._journal.is_read()
            try:
                await self.until_written(errand)
            except SQLAlchemyError:  # our bug: what the database will never take must not stop what follows
                log.exception("not written", account=self._account_id)
            self._errands.task_done()

    async def until_written(self, errand: Callable[[], Any], by: InStore | None = None) -> Any:
        """Again and again while the database is away; what it says."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await (by or self._in_store)(errand)
            except AWAY as error:
                self._log.error("the database does not take it", error=str(error.orig))
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)


def _show(account_id: int, state: Shown, why: str, failure: PbxError | None) -> None:
    trouble, detail = (failure.trouble, tidy(failure.detail)) if failure else ("", "")
    accounts.set_link(account_id, state, why, trouble=trouble, detail=detail)
    for topic in (stream.Topic.ME, stream.Topic.COLLEAGUES):
        stream.notify(account_id, topic)
    db.session.commit()
    log.info("link shown", account=account_id, state=state.value)
