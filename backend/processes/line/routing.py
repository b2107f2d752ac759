"""Whom a call rings first: the PBX asks during the call, and is answered from the phonebook or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn, Protocol

import structlog
from sqlalchemy.exc import DBAPIError

from backend.calls.rules.routing import Route
from backend.desk.pbx import routing
from backend.pbx import questions
from backend.pbx.commands import has_extension
from backend.pbx.dialplan.names import ROUTE
from backend.pbx.errors import ActionRefused, ActionTimedOut, LinkDown, PbxError
from backend.pbx.link.link import Link
from backend.pbx.questions import Question
from backend.processes.line.store_access import InStore
from backend.store.settings import settings

BEAT = 2.0  # seconds between heartbeats; after 5 s without one the PBX asks nobody
LOOK_AGAIN = 15.0  # seconds between looks for the dialplan while it is not installed, or the PBX takes nothing
BEATS_OF_A_CLOCK = 15  # after so many the PBX's clock is looked at anew
IN_TIME = 1.0  # seconds; so long a caller waits at most
MOST_ASKED = 200  # questions at once; what comes beyond is not answered

log = structlog.get_logger()


class Follow(Protocol):
    """Runs a story beside the line, which ends with it."""

    def __call__(self, story: Coroutine[Any, Any, None]) -> asyncio.Task[None]: ...


class Answering:
    """Of one line. While the store does not answer, the PBX is told nothing, and soon asks no more."""

    def __init__(self, account_id: int, in_store: InStore, follow: Follow) -> None:
        self._account_id = account_id
        self._in_store = in_store
        self._follow = follow
        self._log = log.bind(account=account_id)
        self._asked: set[str] = set()
        self._is_well = True
        self._serving: asyncio.Task[None] | None = None
        self._link: Link | None = None

    def begin(self, link: Link) -> None:
        """The link is up, or what the PBX was told of the settings has changed."""
        self.end()
        self._link = link
        self._serving = self._follow(self._serve(link))

    def end(self) -> None:
        """The link is down; what was asked there has gone with it."""
        self._link = None
        self._asked.clear()
        if self._serving:
            self._serving.cancel()

    def hear(self, event: Mapping[str, str]) -> None:
        asked = questions.question_in(event)
        if asked and self._link and self._is_well and asked.channel not in self._asked:
            if len(self._asked) >= MOST_ASKED:
                self._log.warning("too many calls ask for their way at once")
                return
            self._asked.add(asked.channel)
            self._follow(self._answer(self._link, asked))

    async def _answer(self, link: Link, asked: Question) -> None:
        try:
            found = await self._look_up(asked)
            if found:
                await questions.answer(link, asked.channel, found.told)
                self._log.info("call routed", channel=asked.channel, extension=found.extension)
        except PbxError as error:  # the caller has hung up, or the line is down
            self._log.info("call not routed", channel=asked.channel, error=str(error))
        finally:
            self._asked.discard(asked.channel)

    async def _look_up(self, asked: Question) -> Route | None:
        """None when the store does not say it in time."""
        found: Route | None = await self._ask_store(partial(routing.of_caller, self._account_id, asked.number))
        return found

    async def _ask_store(self, errand: Callable[[], Any]) -> Any:
        """None when it is too late, or the database is away: then until it answers again nobody is told to ask."""
        too_late = time.monotonic() + IN_TIME
        try:
            async with asyncio.timeout(IN_TIME):
                found: Any = await self._in_store(lambda: errand() if time.monotonic() < too_late else None)
        except (TimeoutError, DBAPIError) as error:
            self._log.warning("the store does not say whom a call rings", error=type(error).__name__)
            found = None
        self._is_well = found is not None
        return found

    async def _serve(self, link: Link) -> None:
        """From now on the PBX's dialplan, once it is installed, knows the settings, and that we answer."""
        with suppress(LinkDown):
            while not await has_extension(link, ROUTE, "s"):
                await asyncio.sleep(LOOK_AGAIN)
            while not (await self._until_refused(link)).no_right:  # a right is missing until the next login
                await asyncio.sleep(LOOK_AGAIN)

    async def _until_refused(self, link: Link) -> ActionRefused:
        try:
            await self._tell_settings(link)
            await self._beat_on(link)
        except ActionRefused as refused:
            self._log.error("the PBX cannot be told how calls are routed", error=str(refused))
            return refused

    async def _tell_settings(self, link: Link) -> None:
        while True:
            with suppress(ActionTimedOut):
                if told := await self._ask_store(self._read_way):
                    return await questions.tell_the_way(link, told)
            await asyncio.sleep(BEAT)

    async def _beat_on(self, link: Link) -> NoReturn:
        while True:
            for _ in range(BEATS_OF_A_CLOCK):
                with suppress(ActionTimedOut):
                    await self._beat(link)
                await asyncio.sleep(BEAT)
            with suppress(ActionTimedOut):
                await link.ping()

    async def _beat(self, link: Link) -> None:
        if self._is_well or await self._ask_store(self._read_way):
            await questions.tell_we_answer(link, time.time() + (link.clock_ahead or 0.0))

    def _read_way(self) -> str:
        return settings.read(self._account_id).to_routing().told
