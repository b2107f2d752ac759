"""Two firms whose PBXs keep recordings, and a `pbx` process's part that tries where they are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from flask import Flask

from backend.config import Settings
from backend.pbx.address import AllowedNetworks
from backend.processes.commands.check_source import SOURCE
from backend.processes.commands.listener import Orders
from tests.pbx.fake_ami import LOOPBACK
from tests.two_firms import app, crm, firm, other

__all__ = ["app", "crm", "firm", "other"]

ALLOWED = AllowedNetworks(LOOPBACK, {})
T = TypeVar("T")


@pytest.fixture(scope="module")
def settings(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings.model_copy(update={"data_dir": tmp_path_factory.mktemp("data")})


@pytest.fixture(scope="module")
def clerk(app: Flask) -> Iterator[None]:
    """Whoever carries out trials."""
    loop, ended, listening = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    orders = Orders("tests", {}, {"source": SOURCE}, lambda errand: asyncio.to_thread(_in_store, app, errand), ALLOWED)
    database = app.config["SQLALCHEMY_DATABASE_URI"].replace("+psycopg", "", 1)

    async def live() -> None:
        hearing = asyncio.create_task(orders.listen(database))
        listening.set()
        await ended.wait()
        hearing.cancel()
        await asyncio.wait([hearing])
        await orders.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    listening.wait(10)
    yield
    loop.call_soon_threadsafe(ended.set)
    thread.join()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def _in_store(app: Flask, errand: Callable[[], T]) -> T:
    with app.app_context():
        return errand()
