"""A PBX kept in sight: one AMI connection after another, for as long as a person has not to mend something."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from backend.calls.tracking import tracker
from backend.pbx.address import Networks, PbxAddress, resolve
from backend.pbx.errors import ActionRefused, ActionTimedOut, LinkDown, PbxError, PbxNeedsPerson, Trouble
from backend.pbx.link.connection import Connection, Fields, PendingAction, within
from backend.pbx.link.session import CHANGE, in_words, is_echo, lacking, shortfall
from backend.pbx.link.wire import Message

log = logging.getLogger(__name__)

# Asked for at the source, so that the rest is not even sent.
EVENTS = tuple(sorted({*tracker.EVENTS, CHANGE, "OriginateResponse", "UserEvent", "FullyBooted", "Shutdown"}))
# One POSIX expression. A name's end is matched too, else Hangup lets HangupRequest through; of the many variables
# only a recording's name is of use (the same on Asterisk 16 and 22).
SOURCE_FILTER = (
    f"^Event: ({'|'.join(name for name in EVENTS if name != 'VarSet')})[[:cntrl:]]"
    "|^Event: VarSet[[:cntrl:]].*Variable: MIXMONITOR_FILENAME[[:cntrl:]]"
)


class LinkState(StrEnum):
    CONNECTING = "connecting"
    UP = "up"
    WAITING = "waiting"
    """Down; will try again by itself."""
    REFUSED = "refused"
    """Down until a person mends something and `run` is called again."""
    CLOSED = "closed"


class Consumer(Protocol):
    """Who hears the PBX. Called in the order of the stream; `at` is our clock. What it raises does not end the link."""

    def on_event(self, event: Mapping[str, str], at: float) -> None: ...

    def on_snapshot(self, channels: Sequence[Mapping[str, str]], at: float) -> None:
        """The channels that exist (CoreShowChannel rows): after every connect and every finished boot."""

    def on_state(self, state: LinkState, why: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """All in seconds."""

    connect: float = 10  # for TCP, TLS and login together
    prepare: float = 10  # for each question asked right after it
    silence: float = 10  # so long nothing may come before the PBX is asked whether it lives
    ping: float = 5  # for the answer to that
    hearing: float = 3  # until the PBX tells of what we did ourselves
    rights: float = 30  # between looks whether rights that are lacking are there by now
    first_pause: float = 1
    longest_pause: float = 60

    def pauses(self) -> Iterator[float]:
        """Growing, capped, and each a bit different, so that many links do not return to a PBX together."""
        pause = self.first_pause
        while True:
            yield pause * random.uniform(0.5, 1)
            pause = min(pause * 2, self.longest_pause)


USUAL_WAITS = Waits()


class Link:
    """One PBX. `allowed` are the networks beyond the public internet that the operator lets tenants reach."""

    def __init__(
        self,
        address: PbxAddress,
        consumer: Consumer,
        *,
        waits: Waits = USUAL_WAITS,
        allowed: Networks = (),
        clock: Callable[[], float] = time.time,
        tap: Callable[[bytes], None] | None = None,
    ) -> None:
        self.state = LinkState.CLOSED
        self.why = "not started"
        self.failure: PbxError | None = None
        """Why it is WAITING or REFUSED, or what it lacks while it is UP."""
        self.clock_ahead: float | None = None
        """By how many seconds the PBX's clock is ahead of ours, as of the last ping."""
        self._address = address
        self._consumer = consumer
        self._waits = waits
        self._allowed = allowed
        self._clock = clock
        self._tap = tap
        self._connection: Connection | None = None
        self._echo = asyncio.Event()
        self._lacking: tuple[str, ...] = ()
        self._lives: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Hold the link until cancelled or closed, or until only a person can help (state REFUSED)."""
        self._lives = asyncio.create_task(self._live_on())
        try:
            await asyncio.wait([self._lives])
        finally:
            await self.close()
        if not self._lives.cancelled():
            self._lives.result()

    async def close(self) -> None:
        """End `run`; what was asked fails with LinkDown."""
        if self._lives is not None:
            self._lives.cancel()
            await asyncio.wait([self._lives])

    async def action(self, name: str, fields: Fields | None = None, *, timeout: float = 5.0) -> Message:
        """The PBX's answer. Raises LinkDown, ActionRefused, ActionTimedOut, BadCommand; never runs later than asked."""
        return (await self._ask(PendingAction(name, fields or {}), timeout))[0]

    async def rows(
        self,
        name: str,
        fields: Fields | None = None,
        *,
        timeout: float = 10.0,
        each: Callable[[Message], None] | None = None,
    ) -> list[Message]:
        """The rows of an action that answers with a list (`DBGetTree`), none where `each` hears them; raises as
        `action` does."""
        return (await self._ask(PendingAction(name, fields or {}, each=each), timeout, as_list=True))[1:-1]

    async def _ask(self, asked: PendingAction, timeout: float, as_list: bool = False) -> list[Message]:
        if self._connection is None:
            raise LinkDown(f"no connection to the PBX: {self.why}")
        answers: list[Message] = await within(timeout, self._connection.ask(asked, as_list=as_list), asked["Action"])
        return answers

    async def _live_on(self) -> None:
        pauses = self._waits.pauses()
        try:
            while True:
                self._enter(LinkState.CONNECTING)
                self.failure = error = await self._live()
                if isinstance(error, PbxNeedsPerson):
                    return self._enter(LinkState.REFUSED, str(error))
                if self.state is LinkState.UP:
                    pauses = self._waits.pauses()
                self._enter(LinkState.WAITING, str(error))
                await asyncio.sleep(next(pauses))
        except asyncio.CancelledError:
            self._enter(LinkState.CLOSED)
            raise

    async def _live(self) -> PbxError:
        """One connection from its beginning to its end; why it ended."""
        try:
            ip = await within(self._waits.connect, resolve(self._address, self._allowed), "the name of the PBX")
            with closing(self._connection_to(ip)) as connection:
                await within(self._waits.connect, connection.open(), "login")
                self._connection = connection
                remarks = await self._prepare(connection)
                self.failure = shortfall(self._lacking)
                self._enter(LinkState.UP, "; ".join(dict.fromkeys(remarks)))
                return await self._keep_alive(connection, ip)
        except PbxError as error:
            return error
        finally:
            self._connection = None

    def _connection_to(self, ip: str) -> Connection:
        return Connection(self._address, ip, wanted=EVENTS, on_event=self._on_event, tap=self._tap)

    async def _prepare(self, connection: Connection) -> list[str]:
        """Set up a new connection; what had to be left out, in words."""
        self._lacking = await lacking(connection, self._echo, self._waits.prepare, self._waits.hearing)
        remarks = in_words(self._lacking)
        for step in (self.ping, self._filter_at_source, self._take_snapshot):
            try:
                await step()
            except ActionRefused as refused:
                remarks.append(str(refused))
        return remarks

    async def _filter_at_source(self) -> None:
        await self.action("Filter", {"Operation": "Add", "Filter": SOURCE_FILTER}, timeout=self._waits.prepare)

    async def _take_snapshot(self) -> None:
        await self._ask(self._snapshot(), self._waits.prepare, as_list=True)

    def _snapshot(self) -> PendingAction:
        return PendingAction("CoreShowChannels", {}, whole=self._on_channels)

    async def _keep_alive(self, connection: Connection, ip: str) -> PbxError:
        """Watch a connection until it is lost or silent, or another would be allowed other things; why."""
        looking = asyncio.create_task(self._look_at_rights(connection, ip))
        try:
            return await self._hear_on(connection)
        finally:
            looking.cancel()

    async def _look_at_rights(self, connection: Connection, ip: str) -> None:
        """While some are lacking, another login tries whether it has them."""
        while self._lacking:
            await asyncio.sleep(self._waits.rights)
            with suppress(PbxError):
                if await self._lacking_aside(ip) != self._lacking:
                    return connection.give_up("the AMI user has other rights now")

    async def _lacking_aside(self, ip: str) -> tuple[str, ...]:
        echo = asyncio.Event()
        with closing(Connection(self._address, ip, wanted=(CHANGE,), on_event=_noted_in(echo), tap=None)) as aside:
            await within(self._waits.connect, aside.open(), "login")
            return await lacking(aside, echo, self._waits.prepare, self._waits.hearing)

    async def _hear_on(self, connection: Connection) -> PbxError:
        while not connection.lost.done():
            quiet_for = connection.loop.time() - connection.heard_at
            if quiet_for < self._waits.silence:
                await asyncio.wait([connection.lost], timeout=self._waits.silence - quiet_for)
            elif not await self._shows_life(connection):
                words = f"the PBX is silent: not even an answer to a ping within {self._waits.ping:g} s"
                return LinkDown(words, trouble=Trouble.SILENT)
        return connection.lost.result()

    async def _shows_life(self, connection: Connection) -> bool:
        """Whether a ping brings anything: a PBX that shuts down refuses it, a busy one sends its events first."""
        heard_at = connection.heard_at
        with suppress(ActionTimedOut, ActionRefused):
            await self.ping()
        return connection.heard_at > heard_at

    async def ping(self) -> None:
        """Looks at the PBX's clock anew, too. Raises as `action` does."""
        asked_at = self._clock()
        pong = await self.action("Ping", timeout=self._waits.ping)
        with suppress(KeyError, ValueError):
            self.clock_ahead = float(pong["Timestamp"]) - (asked_at + self._clock()) / 2

    def _on_event(self, event: Message) -> None:
        if is_echo(event):
            return self._echo.set()
        self._hand(self._consumer.on_event, event, self._clock())
        if event["Event"] == "FullyBooted" and self.state is LinkState.UP and self._connection:
            self._connection.send_action(self._snapshot())

    def _on_channels(self, rows: list[Message]) -> None:
        self._hand(self._consumer.on_snapshot, rows, self._clock())

    def _enter(self, state: LinkState, why: str = "") -> None:
        self.state, self.why = state, why
        self._hand(self._consumer.on_state, state, why)

    def _hand(self, hear: Callable[[Any, Any], None], what: object, more: object) -> None:
        try:
            hear(what, more)
        except Exception:
            log.exception("our bug: the consumer of PBX %s failed", self._address.host)


def _noted_in(echo: asyncio.Event) -> Callable[[Message], None]:
    return lambda event: echo.set() if is_echo(event) else None
