"""How fast a recorded trace goes through link and tracker, against a bare asyncio split-and-parse in the same run.

Measured is the CPU time, user and system, of the process that listens, from connecting to the stream's end: reading
the socket is in it on both sides, the PBX that sends is not (see pbx.py). Ours is the whole Link (splitting, login,
choosing events, handing them over) and the whole Tracker; writing facts down is not in it. The bare side reads the same
bytes from an asyncio protocol, splits them at empty lines and makes a dict of each event; nothing else.

The stream is the office's recorded stories one after another, again and again, each time with channel ids of their own,
so that nothing is taken for a repetition. The number to reach is for the trace as recorded, with every event of the AMI
user's classes; those that we do not listen to are passed over unread. "Filtered" has only those that the link asks the
PBX to send: each has to be read and tracked, and the share of the tracker is larger. It is printed beside, without a
number to reach.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from backend.calls.facts import CallEnded
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.tracker import Tracker
from backend.pbx.address import PbxAddress
from backend.pbx.link.link import EVENTS, Link, LinkState
from bench import pbx
from bench.pbx import END
from bench.table import Row

TRACES = Path(__file__).parent.parent / "tests" / "traces" / "22"
AT_LEAST = 100_000  # events in a stream
ROUNDS = 5
REACH = 0.5

LOOPBACK = [ip_network("127.0.0.0/8")]
# made by Asterisk from the clock; and by our Originate
ID = re.compile(rb"\b(\d{10})(\.\d+)\b|\b((?:station-click|callback-\d+)-\d+)")
BETWEEN = 1_000_000  # seconds between two tellings of the same story


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """`calls` are the external calls it tells of."""

    name: str
    data: bytes
    events: int
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Events in a second of the listener's CPU time."""

    bare: float
    ours: float


def measure(at_least: int = AT_LEAST, rounds: int = ROUNDS) -> Iterator[Row]:
    yield _row(recorded(at_least), rounds, f"≥ {REACH}", REACH)
    yield _row(filtered(at_least), rounds, "—", 0.0)


def _row(stream: Stream, rounds: int, reach: str, at_least: float) -> Row:
    turns = run(stream, rounds)
    ratio = statistics.median(each.ours / each.bare for each in turns)
    ours = statistics.median(each.ours for each in turns)
    bare = statistics.median(each.bare for each in turns)
    return Row(
        what=f"trace of {stream.events:,} events, {stream.name}: link + tracker / bare parsing",
        measured=f"{ratio:.2f}  ({ours:,.0f} / {bare:,.0f} events per CPU second)",
        reach=reach,
        holds=ratio >= at_least,
    )


def recorded(at_least: int) -> Stream:
    return _repeated("as recorded", _events(), at_least)


def filtered(at_least: int) -> Stream:
    wanted = tuple(f"Event: {name}\r\n".encode() for name in EVENTS)
    return _repeated("filtered", [raw for raw in _events() if raw.startswith(wanted)], at_least)


def _events() -> list[bytes]:
    """Of all recordings."""
    whole = b"".join(path.read_bytes() for path in sorted(TRACES.glob("*.ami")))
    return [raw for raw in whole.split(END) if raw]


def _calls() -> int:
    told = [json.loads(path.read_text())["calls"] for path in TRACES.glob("*.json")]
    return sum(call["direction"] != "internal" for calls in told for call in calls)


def _repeated(name: str, events: list[bytes], at_least: int) -> Stream:
    times = -(-at_least // len(events))
    once = b"".join(raw + END for raw in events)
    data = b"".join(_retold(once, number) for number in range(times))
    return Stream(name=name, data=data, events=len(events) * times, calls=_calls() * times)


def _retold(stories: bytes, number: int) -> bytes:
    def other(found: re.Match[bytes]) -> bytes:
        seconds, count, ours = found.groups()
        return ours + b"-%d" % number if ours else b"%d%s" % (int(seconds) + number * BETWEEN, count)

    return ID.sub(other, stories)


def run(stream: Stream, rounds: int) -> list[Round]:
    """Bare and ours by turns, after a round that only warms up. AssertionError when either missed something."""
    with pbx.talking(stream.data) as port:
        turns = [_round(stream, port) for _ in range(rounds + 1)]
    return turns[1:]


def _round(stream: Stream, port: int) -> Round:
    bare, heard = _speed(stream, listen_bare(port))
    assert heard == stream.events, f"{heard} of {stream.events} events were heard"
    ours, ended = _speed(stream, listen(port))
    assert ended == stream.calls, f"{ended} of {stream.calls} calls were told"
    return Round(bare=bare, ours=ours)


def _speed(stream: Stream, listening: Coroutine[None, None, int]) -> tuple[float, int]:
    """Events in a CPU second, and what `listening` returns."""
    begun = time.process_time()
    result = asyncio.run(listening)
    return stream.events / (time.process_time() - begun), result


async def listen_bare(port: int) -> int:
    """How many events there were."""
    _, bare = await asyncio.get_running_loop().create_connection(Bare, "127.0.0.1", port)
    await bare.over
    return bare.heard - pbx.ANSWERS_TO_LAST


class Bare(asyncio.Protocol):
    """Nothing but what has to be done to have events as dicts."""

    def __init__(self) -> None:
        self.heard = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(pbx.message({"Action": pbx.LAST_QUESTION, "ActionID": "1"}))

    def data_received(self, data: bytes) -> None:
        *whole, self._rest = (self._rest + data).split(END)
        for raw in whole:
            event = {}
            for line in raw.decode().split("\r\n"):  # of five ways to write this the fastest
                name, _, value = line.partition(": ")
                event[name] = value
            self.heard += 1

    def connection_lost(self, error: Exception | None) -> None:
        self.over.set_result(None)


async def listen(port: int) -> int:
    """How many calls ended."""
    ours = Ours()
    address = PbxAddress(host="127.0.0.1", port=port, username="bench", secret="bench")
    holding = asyncio.create_task(Link(address, ours, allowed=LOOPBACK).run())
    await ours.over
    holding.cancel()
    await asyncio.wait([holding])
    return ours.ended


class Ours:
    """What `processes.line` does with a link, but for writing down."""

    def __init__(self) -> None:
        self.ended = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tracker = Tracker(Lines())

    def on_event(self, event: Mapping[str, str], at: float) -> None:
        for fact in self._tracker.feed(event, at):
            self.ended += isinstance(fact, CallEnded)

    def on_snapshot(self, channels: Sequence[Mapping[str, str]], at: float) -> None:
        self._tracker.snapshot(channels, at)

    def on_state(self, state: LinkState, why: str) -> None:
        if state in (LinkState.WAITING, LinkState.REFUSED) and not self.over.done():
            self.over.set_result(None)
