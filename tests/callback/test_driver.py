"""Who rings for requests, on lines to PBXs of the tests: a crowd at one account, and a database that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from backend.desk.callback import lifecycle as desk
from backend.processes.commands import callbacks as calling_back
from backend.processes.commands.callbacks import Callbacks
from backend.processes.line.line import Line
from backend.processes.line.store_access import InStore, QuietStoreAccess
from backend.store import db
from backend.store.callback import requests
from backend.store.settings import settings
from backend.store.settings.settings import PbxSetting
from tests.callback.conftest import Hand
from tests.pbx.fake_ami import LOOPBACK, SECRET, USER, FakeAmi, Message

OLGA = "+79267778899"
PATIENCE = 120.0  # seconds; only ever spent by a test that fails
CROWD, AT_ONCE = 200, 10


class Pbx(FakeAmi):
    """Knows every number; a phone rings until nobody has answered it."""

    @property
    def rung(self) -> list[str]:
        return [each["ChannelId"] for each in self.told if each["Action"] == "Originate"]

    def nobody_answers(self, call: str) -> None:
        self.says({"Event": "OriginateResponse", "Uniqueid": call, "Response": "Failure", "Reason": "3"})

    def _answers(self, name: str, action: Message) -> Sequence[Message]:
        if name == "Getvar":
            return [{"Response": "Success", "ActionID": action["ActionID"], "Value": "1"}]
        return super()._answers(name, action)


def told(story: Coroutine[Any, Any, None]) -> None:
    async def tell() -> None:
        async with asyncio.timeout(PATIENCE):
            await story

    asyncio.run(tell())


def in_store_of(hand: Hand) -> InStore:
    def run(errand: Callable[[], Any]) -> Any:
        with hand.firm.app.app_context():
            return errand()

    return lambda errand: asyncio.to_thread(run, errand)


@asynccontextmanager
async def ringing_for(in_store: InStore, *hands: Hand) -> AsyncIterator[list[Pbx]]:
    """One process holds the lines of all."""
    async with AsyncExitStack() as opened:
        pbxes = [await opened.enter_async_context(Pbx()) for _ in hands]
        for hand, pbx in zip(hands, pbxes, strict=True):
            await in_store_of(hand)(lambda: _has_pbx(hand, pbx))  # noqa: B023
        lines = {hand.id: Line(hand.id, in_store, LOOPBACK, QuietStoreAccess(in_store)) for hand in hands}
        ringing = asyncio.create_task(Callbacks(lines, in_store).run())
        try:
            yield pbxes
        finally:
            ringing.cancel()
            await asyncio.wait([ringing])
            await asyncio.gather(*(line.close() for line in lines.values()))


def _has_pbx(hand: Hand, pbx: Pbx) -> None:
    settings.write_pbx(hand.id, PbxSetting(host="127.0.0.1", port=pbx.port, username=USER, secret=SECRET))
    db.session.commit()


async def until_ended(hand: Hand) -> None:
    def open_ones() -> int:
        return sum(row.is_open for row in requests.of_account(hand.id, 2 * CROWD))

    while await in_store_of(hand)(open_ones):
        await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling_back, "LOOK", 0.05)


def test_a_crowd_at_once_is_rung_in_its_turn_and_another_account_does_not_wait(hand: Hand, other: Hand) -> None:
    hand.set(again_seconds=600, limits={"in_flight": AT_ONCE})  # the time is over before the second round
    numbers = [f"+7926501{n:04}" for n in range(CROWD)]
    with ThreadPoolExecutor(8) as crowd:
        ids = list(crowd.map(hand.asks, numbers))
    theirs = other.asks(OLGA)

    async def story() -> None:
        async with ringing_for(in_store_of(hand), hand, other) as (ours, others):
            await ours.until(lambda: len(ours.rung) == AT_ONCE)
            await others.until(lambda: others.rung)
            assert len(ours.rung) == AT_ONCE
            for ended in range(CROWD):
                await ours.until(lambda: len(ours.rung) > ended)  # noqa: B023
                assert len(ours.rung) <= ended + AT_ONCE
                ours.nobody_answers(ours.rung[ended])
            await until_ended(hand)
            assert len(set(ours.rung)) == len(ours.rung) == CROWD
            assert len(others.rung) == 1

    told(story())
    assert other.state(theirs) == ("ringing", None)
    assert {(*hand.state(each), hand.row(each).attempts) for each in ids} == {("failed", "nobody", 1)}
    hand.firm.work_through()
    assert (len(hand.records()), len(hand.texts())) == (CROWD, CROWD)
    leads = {note["entity_id"] for note in hand.firm.account.notes}
    assert len(leads) == len(hand.firm.account.state()["contacts"]) == CROWD


def test_what_was_taken_while_the_database_went_away_is_rung_again(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was written, but nobody heard so; and what rings already goes on ringing."""
    hand.set(again_seconds=1)
    first = hand.asks(OLGA)

    async def story() -> None:
        async with ringing_for(in_store_of(hand), hand) as (pbx,):
            await pbx.until(lambda: pbx.rung)
            monkeypatch.setattr(desk, "take", lost(monkeypatch))
            second = await asyncio.to_thread(hand.asks, "+79161234567")
            await pbx.until(lambda: len(pbx.rung) == 2)
            assert pbx.rung == [f"callback-{first}-1", f"callback-{second}-2"]

    told(story())
    assert (hand.state(first), hand.row(first).attempts) == (("ringing", None), 1)


def lost(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[desk.Attempt]]:
    """Once it has taken something, the connection is gone before it is told what."""
    take = desk.take

    def take_in_vain(account_id: int) -> list[desk.Attempt]:
        if not take(account_id):
            return []
        monkeypatch.setattr(desk, "take", take)
        raise OperationalError("commit", None, Exception("the connection is lost"))

    return take_in_vain
