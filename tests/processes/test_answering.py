"""A question is answered in time or not at all, and while the store is away nobody is told to ask."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError

from backend.calls.rules.routing import Route
from backend.desk.pbx import routing as desk_routing
from backend.pbx.errors import ActionRefused, ActionTimedOut
from backend.pbx.link.link import Link
from backend.processes.line import routing
from backend.processes.line.routing import MOST_ASKED, Answering
from tests.pbx.fake_ami import story

ANSWERED = Route(extension="101", name="Иван", why="")


@dataclass
class Pbx:
    """Takes every action, unless it has one to raise; `asked` are its variables and entries, as they were set."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    raises: Exception | None = None
    has_dialplan: bool = True
    clock_ahead: float = 0.0

    async def action(self, name: str, fields: Mapping[str, Any] | None = None, *, timeout: float = 5.0) -> Any:
        told = dict(fields or {})
        if name == "Getvar":
            return {"Value": "1" if self.has_dialplan else "0"}
        if self.raises:
            raise self.raises
        place = told.get("Channel") or told.get("Variable") or told["Key"]
        self.asked.append((place, told.get("Value") or told["Val"]))
        return {}

    async def ping(self) -> None: ...

    def told(self, place: str) -> list[str]:
        return [value for name, value in self.asked if name == place]


class Store:
    """Answers everything, fails, or hangs until it is let go."""

    def __init__(self) -> None:
        self.fails = False
        self.free = asyncio.Event()
        self.free.set()
        self.errands = 0

    async def __call__(self, errand: Callable[[], Any]) -> Any:
        self.errands += 1
        await self.free.wait()
        if self.fails:
            raise OperationalError("select", {}, Exception("away"))
        return errand()


@asynccontextmanager
async def line(pbx: Pbx, store: Store) -> AsyncIterator[Answering]:
    tasks: list[asyncio.Task[None]] = []

    def follow(story: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(story))
        return tasks[-1]

    here = Answering(7, store, follow)
    here.begin(cast(Link, pbx))
    yield here
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "BEAT", 0.01)
    monkeypatch.setattr(routing, "LOOK_AGAIN", 0.01)
    monkeypatch.setattr(routing, "IN_TIME", 0.05)
    monkeypatch.setattr(desk_routing, "of_caller", lambda account, number: ANSWERED)
    monkeypatch.setattr(Answering, "_read_way", lambda self: "10|PJSIP/||||")


def question(channel: str = "1.1") -> dict[str, str]:
    return {"Event": "UserEvent", "UserEvent": "PhoneStationRoute", "Uniqueid": channel, "Number": "+79161234567"}


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


@story
async def test_the_pbx_knows_the_way_and_then_that_it_may_ask() -> None:
    pbx = Pbx(has_dialplan=False)
    async with line(pbx, Store()):
        await asyncio.sleep(0.03)
        assert pbx.asked == []
        pbx.has_dialplan = True
        await until(lambda: len(pbx.told("PHONE_STATION_HEARTBEAT")) > 2)
        assert pbx.asked[0] == ("route", "10|PJSIP/||||")


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
@story
async def test_the_heartbeat_is_told_by_the_pbxs_own_clock(ahead: float) -> None:
    pbx = Pbx(clock_ahead=ahead)
    async with line(pbx, Store()):
        await until(lambda: pbx.told("PHONE_STATION_HEARTBEAT"))
    assert int(pbx.told("PHONE_STATION_HEARTBEAT")[0]) == pytest.approx(time.time() + ahead, abs=600)


@story
async def test_a_question_is_answered_once_however_often_it_comes() -> None:
    pbx, store = Pbx(), Store()
    async with line(pbx, store) as here:
        await until(lambda: pbx.told("route"))
        store.free.clear()
        for _ in range(3):
            here.hear(question())
        here.hear({"Event": "UserEvent", "UserEvent": "Other", "Uniqueid": "1.2"})
        store.free.set()
        await until(lambda: pbx.told("1.1"))
        assert (pbx.told("1.1"), pbx.told("1.2")) == (["101|Иван"], [])


@story
async def test_a_flood_of_questions_is_bounded() -> None:
    pbx, store = Pbx(), Store()
    async with line(pbx, store) as here:
        await until(lambda: pbx.told("route"))
        before = store.errands
        for number in range(MOST_ASKED + 50):
            here.hear(question(f"1.{number}"))
        await until(lambda: pbx.told(f"1.{MOST_ASKED - 1}"))
        assert store.errands - before == MOST_ASKED


@pytest.mark.parametrize("trouble", ["hangs", "fails"])
@story
async def test_while_the_store_is_away_there_is_no_answer_and_no_heartbeat(trouble: str) -> None:
    pbx, store = Pbx(), Store()
    async with line(pbx, store) as here:
        await until(lambda: pbx.told("PHONE_STATION_HEARTBEAT"))
        if trouble == "hangs":
            store.free.clear()
        store.fails = trouble == "fails"
        here.hear(question())
        await until(lambda: not here._is_well)
        beats = len(pbx.told("PHONE_STATION_HEARTBEAT"))
        await asyncio.sleep(0.05)
        assert len(pbx.told("PHONE_STATION_HEARTBEAT")) == beats
        assert pbx.told("1.1") == []
        store.fails = False
        store.free.set()
        await until(lambda: len(pbx.told("PHONE_STATION_HEARTBEAT")) > beats)
        here.hear(question("1.2"))
        await until(lambda: pbx.told("1.2"))


@story
async def test_a_missing_right_ends_it_until_the_next_login() -> None:
    pbx = Pbx(raises=ActionRefused("Permission denied", no_right=True))
    async with line(pbx, Store()) as here:
        assert here._serving
        await until(here._serving.done)
        pbx.raises = None
        here.begin(cast(Link, pbx))
        await until(lambda: pbx.told("PHONE_STATION_HEARTBEAT"))


@pytest.mark.parametrize("trouble", [ActionTimedOut("Setvar"), ActionRefused("Failed to update entry")], ids=repr)
@story
async def test_a_pbx_that_is_slow_or_takes_nothing_is_told_again(trouble: Exception) -> None:
    pbx = Pbx(raises=trouble)
    async with line(pbx, Store()):
        await asyncio.sleep(0.03)
        pbx.raises = None
        await until(lambda: pbx.told("PHONE_STATION_HEARTBEAT"))
