"""Offices on both versions of Asterisk; two firms; and a `pbx` process's part that carries checks out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from flask import Flask

from backend.config import Settings
from backend.pbx.address import AllowedNetworks
from backend.processes.commands.listener import Orders
from backend.processes.pbx import ERRANDS
from sandbox.crm.server import Crm
from sandbox.pbx import Office
from tests.conftest import running
from tests.firm import Firm
from tests.pbx.fake_ami import LOOPBACK

from .fake_pbx import Pbx

ALLOWED = AllowedNetworks(LOOPBACK, {})
T = TypeVar("T")


@pytest.fixture(scope="session", params=[22, 16], ids=["asterisk22", "asterisk16"])
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    with Office(version=request.param) as office:
        yield office


@pytest.fixture
def app(database: Settings) -> Iterator[Flask]:
    with Crm() as crm, running(database.model_copy(update={"sandbox_host_suffix": crm.domain})) as app:
        app.extensions["crm"] = crm
        yield app


@pytest.fixture
def firm(app: Flask) -> Firm:
    return Firm.open(app, app.extensions["crm"], "acme")


@pytest.fixture
def other(app: Flask) -> Firm:
    return Firm.open(app, app.extensions["crm"], "beta")


@pytest.fixture
def pbx(app: Flask, database: Settings) -> Iterator[Pbx]:
    """A PBX to check, and who checks it."""
    loop, fake = asyncio.new_event_loop(), Pbx()
    orders = Orders("tests", {}, ERRANDS, lambda errand: asyncio.to_thread(_in_store, app, errand), ALLOWED)
    ended = asyncio.Event()

    async def live() -> None:
        async with fake:
            listening = asyncio.create_task(orders.listen(database.libpq_url))
            await ended.wait()
            listening.cancel()
            await asyncio.wait([listening])
            await orders.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    while not fake.port:
        thread.join(0.01)
    yield fake
    loop.call_soon_threadsafe(ended.set)
    thread.join()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def _in_store(app: Flask, errand: Callable[[], T]) -> T:
    with app.app_context():
        return errand()
