"""A PBX's AMI over real TCP that does what a story tells it to, and keeps what it was told."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any, Self

from backend.pbx.address import PbxAddress
from backend.pbx.link.link import Link, LinkState, Waits

Message = dict[str, str]

LOOPBACK = [ip_network("127.0.0.0/8")]
QUICK = Waits(connect=5, prepare=5, silence=60, ping=60, first_pause=0.01, longest_pause=0.02)
USER, SECRET = "crm", "not-a-secret"
CHALLENGE = "167242861"


def story(told: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test told with `async def`; one that hangs fails after 20 s, and so does one that leaves an unheard error."""

    @functools.wraps(told)
    def test(*args: Any, **kwargs: Any) -> None:
        async def tell() -> None:
            unheard: list[dict[str, Any]] = []
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: unheard.append(context))
            async with asyncio.timeout(20):
                await told(*args, **kwargs)
            assert unheard == []

        asyncio.run(tell())

    return test


class Changing:
    """Something a story waits for, without polling."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def changed(self) -> None:
        self._changed.set()

    async def until(self, true: Callable[[], object]) -> None:
        while not true():
            self._changed.clear()
            await self._changed.wait()


class FakeAmi(Changing):
    """Answers Login and the link's questions as Asterisk does; the attributes change that."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.told: list[Message] = []
        self.refuses: dict[str, str] = {}  # action → the error's words
        self.ignores: set[str] = set()  # actions that get no answer
        self.adds: dict[str, bytes] = {}  # action → what follows its answer at once
        self.channels: list[Message] = []
        self.lists: dict[str, list[Message]] = {}  # action → the rows it answers with
        self.connections = 0
        self.port = 0
        self._tls = tls
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        self.hang_up()
        await self.until(lambda: not self._writers)

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def address(self, **changes: Any) -> PbxAddress:
        return PbxAddress(**{"host": "127.0.0.1", "port": self.port, "username": USER, "secret": SECRET, **changes})

    def says(self, what: bytes | Mapping[str, str]) -> None:
        raw = what if isinstance(what, bytes) else ami([what])
        for writer in self._writers:
            writer.write(raw)

    async def hears(self, action: str, times: int = 1) -> Message:
        """The action, when it has been asked so many times."""
        await self.until(lambda: self.asked()[action] >= times)
        return [message for message in self.told if message["Action"] == action][times - 1]

    def asked(self) -> Counter[str]:
        return Counter(message["Action"] for message in self.told)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            writer.write(b"Asterisk Call Manager/11.0.0\r\n")
            while raw := await reader.readuntil(b"\r\n\r\n"):
                self._take(dict(line.split(": ", 1) for line in raw.decode().split("\r\n") if line), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self.changed()

    def _take(self, action: Message, writer: asyncio.StreamWriter) -> None:
        name = action["Action"]
        self.told.append(action)
        self.changed()
        if name in self.ignores:
            return
        writer.write(ami(self._answers(name, action)))
        writer.write(self.adds.get(name, b""))
        if name == "Login" and name in self.refuses:
            writer.close()

    def _answers(self, name: str, action: Message) -> Sequence[Message]:
        known = {"ActionID": action["ActionID"]}
        if name in self.refuses:
            return [{"Response": "Error", **known, "Message": self.refuses[name]}]
        success = {"Response": "Success", **known}
        match name:
            case "Challenge":
                return [{**success, "Challenge": CHALLENGE}]
            case "Ping":
                return [{**success, "Ping": "Pong", "Timestamp": "1700000000.500000"}]
            case "ListCommands":
                return [{**success, **dict.fromkeys(("Ping", "Originate", "Setvar", "Filter"), "Does what it says")}]
            case "Setvar" if action["Variable"].startswith("DEVICE_STATE("):
                device = action["Variable"].removeprefix("DEVICE_STATE(").removesuffix(")")
                return [success, {"Event": "DeviceStateChange", "Device": device, "State": action["Value"]}]
            case "CoreShowChannels":
                opening = {**success, "EventList": "start", "Message": "Channels will follow"}
                rows = [{"Event": "CoreShowChannel", **known, **channel} for channel in self.channels]
                return [opening, *rows, {"Event": "CoreShowChannelsComplete", **known, "EventList": "Complete"}]
        if name in self.lists:
            rows = [{**row, **known} for row in self.lists[name]]
            return [{**success, "EventList": "start"}, *rows, {"Event": "Complete", **known, "EventList": "Complete"}]
        return [success]


def key_of(secret: str) -> str:
    """What a login sends in place of this secret."""
    return hashlib.md5((CHALLENGE + secret).encode()).hexdigest()


def ami(messages: Sequence[Mapping[str, str]]) -> bytes:
    return "".join("".join(f"{k}: {v}\r\n" for k, v in message.items()) + "\r\n" for message in messages).encode()


class Ear(Changing):
    """A consumer that keeps everything in order; `breaks_on` names events it raises on."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, Any]] = []
        self.states: list[tuple[LinkState, str]] = []
        self.breaks_on: set[str] = set()

    def on_event(self, event: Mapping[str, str], at: float) -> None:
        self._hear("event", dict(event))
        if event["Event"] in self.breaks_on:
            raise RuntimeError("a bug in the consumer")

    def on_snapshot(self, channels: Sequence[Mapping[str, str]], at: float) -> None:
        self._hear("snapshot", [channel["Channel"] for channel in channels])

    def on_state(self, state: LinkState, why: str) -> None:
        self.states.append((state, why))
        self.changed()

    def _hear(self, kind: str, what: object) -> None:
        self.heard.append((kind, what))
        self.changed()

    @property
    def events(self) -> list[str]:
        return [what["Event"] for kind, what in self.heard if kind == "event"]

    @property
    def snapshots(self) -> list[list[str]]:
        return [what for kind, what in self.heard if kind == "snapshot"]

    async def hears(self, event: str, times: int = 1) -> Message:
        await self.until(lambda: self.events.count(event) >= times)
        found: list[Message] = [w for kind, w in self.heard if kind == "event" and w["Event"] == event]
        return found[times - 1]

    async def enters(self, state: LinkState, times: int = 1) -> str:
        """Why, when the link has entered this state so many times."""
        await self.until(lambda: [s for s, _ in self.states].count(state) >= times)
        return [why for s, why in self.states if s is state][times - 1]


@asynccontextmanager
async def running(address: PbxAddress, waits: Waits = QUICK, **options: Any) -> AsyncIterator[tuple[Link, Ear]]:
    """A link that runs as long as the block."""
    ear = Ear()
    link = Link(address, ear, waits=waits, allowed=LOOPBACK, **options)
    run = asyncio.create_task(link.run())
    try:
        yield link, ear
    finally:
        run.cancel()
        await asyncio.wait([run])


@asynccontextmanager
async def linked(pbx: FakeAmi, waits: Waits = QUICK, **changes: Any) -> AsyncIterator[tuple[Link, Ear]]:
    """The same, and up."""
    async with running(pbx.address(**changes), waits) as (link, ear):
        await ear.enters(LinkState.UP)
        yield link, ear
