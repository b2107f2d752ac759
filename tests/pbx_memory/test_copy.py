"""The copy of the phonebook on a real PBX: made, followed, repaired, bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from flask import Flask

from backend.desk.pbx import copy as desk
from backend.pbx import astdb
from backend.pbx.address import PbxAddress
from backend.pbx.astdb import CLIENTS, Entry
from backend.pbx.link.link import Link, LinkState
from backend.processes.line import copy as processes
from backend.processes.line.copy import Copies, PbxCopy
from backend.store import db
from backend.store.phonebook import phonebook
from sandbox.pbx.office import Office
from tests.pbx.fake_ami import FakeAmi, linked, running, story

from .conftest import ANNA, BORIS, MINE, OTHER, seat

pytestmark = pytest.mark.asterisk
IVAN, OLGA = "+79161234567", "+79037654321"
IVANS, OLGAS = IVAN[1:], OLGA[1:]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the next look, and no rest between plans."""
    for name, value in (("LOOK", 0.02), ("SHORTEST_PAUSE", 0.0), ("REST", 0), ("RATE", 5000), ("REFUSED_FOR", 0.02)):
        monkeypatch.setattr(processes, name, value)


class Kept:
    """A copy that is kept, as a line does it; `copies` are of all accounts."""

    is_up = True

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stories: set[asyncio.Task[None]] = set()
        self.copy = PbxCopy(MINE, self.ask, asyncio.Semaphore(1), self.follow)

    async def ask(self, errand: Callable[[], Any]) -> Any:
        def run() -> Any:
            with self._app.app_context():
                return errand()

        return await asyncio.to_thread(run)

    def follow(self, story: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(story)
        self._stories.add(task)
        return task

    async def stop(self) -> None:
        for each in self._stories:
            each.cancel()
        await asyncio.gather(*self._stories, return_exceptions=True)


@asynccontextmanager
async def kept(app: Flask, link: Link) -> AsyncIterator[Kept]:
    keeper = Kept(app)
    keeper.follow(Copies({MINE: keeper}, keeper.ask).run())
    keeper.copy.begin(link)
    try:
        yield keeper
    finally:
        await keeper.stop()


@asynccontextmanager
async def on(office: Office) -> AsyncIterator[Link]:
    ami = office.ami
    address = PbxAddress(host=ami.host, port=ami.port, username=ami.username, secret=ami.secret)
    async with running(address) as (link, ear):
        await ear.enters(LinkState.UP)
        yield link
        for each in await astdb.tree(link, CLIENTS):
            await astdb.delete(link, CLIENTS, each.key)


async def holds(link: Link, **entries: str) -> None:
    """Waits until exactly this stands on the PBX; `n…` are numbers."""
    wanted = {key[1:]: value for key, value in entries.items()}
    while {each.key: each.value for each in await astdb.tree(link, CLIENTS)} != wanted:
        await asyncio.sleep(0.02)


def client(account: int, id: int, name: str, responsible: int | None, *numbers: str, updated_at: int = 100) -> None:
    """Commits."""
    party = phonebook.MirroredParty(
        entity="contacts", id=id, name=name, responsible=responsible, companies=(), phones=frozenset(numbers),
        updated_at=updated_at,
    )  # fmt: skip
    phonebook.put_parties(account, [party])
    db.session.commit()


@story
async def test_the_copy_follows_the_phonebook_and_the_settings(app: Flask, office: Office) -> None:
    """A responsible, a name, a number, a lead, an employee's extension, a client who is gone; another account's
    client never comes here."""
    async with on(office) as link, kept(app, link) as keeper:
        told = keeper.ask
        await told(lambda: client(MINE, 1, "Иван Петров", ANNA, IVAN))
        await told(lambda: client(OTHER, 1, "Чужой", ANNA, OLGA))
        await holds(link, **{f"n{IVANS}": "101|Иван Петров"})
        await told(lambda: client(MINE, 1, 'Иван "$' + "{X}|,", BORIS, IVAN, OLGA, updated_at=101))
        await holds(link, **{f"n{IVANS}": "102|Иван X", f"n{OLGAS}": "102|Иван X"})
        await told(lambda: seat(MINE, boris="103"))
        await holds(link, **{f"n{IVANS}": "103|Иван X", f"n{OLGAS}": "103|Иван X"})
        await told(lambda: (phonebook.forget(MINE, "contacts", 1), db.session.commit()))
        await holds(link)


@story
async def test_what_the_pbx_lost_or_gained_is_mended_after_the_next_connect(app: Flask, office: Office) -> None:
    async with on(office) as link:
        async with kept(app, link) as keeper:
            await keeper.ask(lambda: client(MINE, 1, "Иван", ANNA, IVAN))
            await keeper.ask(lambda: client(MINE, 2, "Ольга", ANNA, OLGA))
            await holds(link, **{f"n{IVANS}": "101|Иван", f"n{OLGAS}": "101|Ольга"})
        office.pbx_act("DBDel", Family=CLIENTS, Key=OLGAS)
        await astdb.put(link, CLIENTS, Entry(key=IVANS, value="999|Mallory"))
        await astdb.put(link, CLIENTS, Entry(key="foreign", value="value"))
        async with kept(app, link):
            await holds(link, **{f"n{IVANS}": "101|Иван", f"n{OLGAS}": "101|Ольга"})
        office.pbx_act("DBDelTree", Family=CLIENTS)
        async with kept(app, link) as keeper:
            await holds(link, **{f"n{IVANS}": "101|Иван", f"n{OLGAS}": "101|Ольга"})
            while (shown := await keeper.ask(lambda: desk.shown(MINE)))["waiting"]:  # noted a moment after it is there
                await asyncio.sleep(0.02)
            assert (shown["entries"], shown["trouble"]) == (2, "")
            assert shown["checked_at"]


@story
async def test_only_the_most_recent_clients_are_kept(app: Flask, office: Office) -> None:
    """A change makes a client recent: he takes the place of another. None are wanted: none stay."""
    async with on(office) as link, kept(app, link) as keeper:
        ask = keeper.ask
        for n in range(5):
            await ask(lambda n=n: client(MINE, n, f"Клиент {n}", ANNA, f"+7916123450{n}", updated_at=100 + n))
        await ask(lambda: seat(MINE, copied=2))
        await holds(link, n79161234504="101|Клиент 4", n79161234503="101|Клиент 3")
        await ask(lambda: client(MINE, 0, "Клиент 0", BORIS, "+79161234500", updated_at=200))
        await holds(link, n79161234504="101|Клиент 4", n79161234500="102|Клиент 0")
        await ask(lambda: seat(MINE, copied=0))
        await holds(link)


@story
async def test_a_pbx_without_a_tree_is_sent_the_changes_all_the_same(app: Flask) -> None:
    """Asterisk before 16.28 does not say what it has: what was sent is believed, until it is another PBX."""
    async with FakeAmi() as pbx, linked(pbx) as (link, _):
        pbx.refuses["DBGetTree"] = "Invalid/unknown command: DBGetTree. Use Action: ListCommands to show available."
        for connect, puts in enumerate((1, 1, 2), 1):
            async with kept(app, link) as keeper:
                await keeper.ask(lambda: client(MINE, 1, "Иван", ANNA, IVAN))
                await pbx.until(lambda connect=connect: told(pbx, "DBGetTree") == connect)
                await pbx.until(lambda puts=puts: told(pbx, "DBPut") >= puts)
                while (shown := await keeper.ask(lambda: desk.shown(MINE)))["waiting"]:
                    await asyncio.sleep(0.02)
                assert (shown["trouble"], told(pbx, "DBPut")) == ("no_tree", puts)
                if connect == 2:
                    await keeper.ask(moves)


@story
async def test_a_slow_pbx_is_never_sent_many_entries_at_once(app: Flask) -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, _):
        pbx.refuses["DBGetTree"] = "Database entry not found"
        pbx.ignores.add("DBPut")
        async with kept(app, link) as keeper:
            numbers = [f"+791612345{n:02}" for n in range(processes.AT_ONCE + 10)]
            await keeper.ask(lambda: client(MINE, 1, "Иван", ANNA, *numbers))
            await pbx.hears("DBPut", times=processes.AT_ONCE)
            await link.ping()
            assert told(pbx, "DBPut") == processes.AT_ONCE


@story
async def test_a_pbx_that_took_nothing_for_a_while_gets_all_of_it(app: Flask) -> None:
    """Its disk is full, and has room again; nobody has to reconnect."""
    async with FakeAmi() as pbx, linked(pbx) as (link, _), kept(app, link) as keeper:
        pbx.refuses |= {"DBGetTree": "Database entry not found", "DBPut": "Failed to update entry"}
        await keeper.ask(lambda: client(MINE, 1, "Иван", ANNA, IVAN))
        await pbx.hears("DBPut", times=2)
        del pbx.refuses["DBPut"]
        while (shown := await keeper.ask(lambda: desk.shown(MINE)))["trouble"] or shown["waiting"]:
            await asyncio.sleep(0.02)
        assert shown["entries"] == 1


def told(pbx: FakeAmi, action: str) -> int:
    """How often the PBX was told to do this."""
    return [each["Action"] for each in pbx.told].count(action)


def moves() -> None:
    """The account's PBX is at another address now."""
    db.session.execute(db.text("update account_pbx set port = port + 1"))
    db.session.commit()
