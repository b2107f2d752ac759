"""The pbx process: holds the AMI links of the accounts it has leased, and writes down what happens on them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import structlog
from flask import Flask
from sqlalchemy.exc import DBAPIError

from backend import create_app
from backend.config import Settings
from backend.desk.callback.lifecycle import DROP
from backend.pbx.address import allowed_networks
from backend.processes.commands.call import CALL
from backend.processes.commands.callbacks import DROPPED, Callbacks
from backend.processes.commands.check_pbx import CHECK
from backend.processes.commands.check_source import SOURCE
from backend.processes.commands.command import Errand
from backend.processes.commands.in_call import CANCEL, COMPLETE, HANG_UP, TRANSFER
from backend.processes.commands.listener import Orders
from backend.processes.line.copy import Copies
from backend.processes.line.line import Line
from backend.processes.line.store_access import QuietStoreAccess
from backend.store import db, leases
from backend.store.base import counters
from backend.store.callback import requests
from backend.store.leases import LEASE, RENEW, Lease

log = structlog.get_logger()

T = TypeVar("T")

# command → who carries it out
ERRANDS: dict[str, Errand] = {
    "check": CHECK,
    "source": SOURCE,
    "call": CALL,
    "hangup": HANG_UP,
    "transfer": TRANSFER,
    "cancel": CANCEL,
    "complete": COMPLETE,
    DROP: DROPPED,
}


def run_pbx(settings: Settings) -> None:
    """`python -m backend pbx`: until SIGTERM; the leases are given back at once."""
    app = create_app(settings, connections=settings.pbx_connections)  # the one kept aside is never opened here:
    asyncio.run(_serve(app, settings))  # the listening one has its place


async def _serve(app: Flask, settings: Settings) -> None:
    await AccountLines(app, settings).run()


class AccountLines:
    """The lines of all accounts that this process holds."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app
        self._database = settings.libpq_url
        self._networks = allowed_networks(settings.pbx_networks)
        self._threads = ThreadPoolExecutor(max(1, settings.pbx_connections - 1))  # one connection listens
        self._patience = QuietStoreAccess(self._in_store, max(1, settings.pbx_connections - 2))
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._leases: dict[int, Lease] = {}
        self._lines: dict[int, Line] = {}
        self._callbacks = Callbacks(self._lines, self._in_store)
        told = {requests.KIND: self._callbacks.wake}
        self._orders = Orders(self._owner, self._lines, ERRANDS, self._in_store, self._networks, told)
        self._renewed_at = float("-inf")
        self._stop = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._stop.set)
        listening = asyncio.create_task(self._orders.listen(self._database))
        calling_back = asyncio.create_task(self._callbacks.run())
        copying = asyncio.create_task(Copies(self._lines, self._in_store).run())
        try:
            while not self._stop.is_set():
                await self._renew()
                await _until(self._stop, RENEW)
        finally:
            listening.cancel()
            calling_back.cancel()
            copying.cancel()
            await asyncio.gather(listening, calling_back, copying, self._orders.close(), return_exceptions=True)
            await asyncio.gather(*(line.close() for line in self._lines.values()))
            await self._in_store(self._release)
            await self._count()

    async def _renew(self) -> None:
        """The leases are the truth: a line that is not ours any more, or whose PBX is another now, ends first."""
        now = asyncio.get_running_loop().time()
        try:
            held = {each.account_id: each for each in await self._in_store(lambda: leases.hold(self._owner))}
            self._renewed_at = now
        except DBAPIError as error:
            log.error("leases not renewed", error=str(error.orig))
            held = self._leases if now - self._renewed_at < LEASE - RENEW else {}
        lost = {account_id for account_id, line in self._lines.items() if self._is_lost(line, held.get(account_id))}
        await asyncio.gather(*(self._lines.pop(account_id).close() for account_id in lost))
        for account_id, line in self._lines.items():
            if held[account_id].lines != self._leases[account_id].lines:
                line.relearn()
        self._leases = held
        fresh = held.keys() - self._lines.keys()
        for account_id in fresh:
            self._lines[account_id] = Line(account_id, self._in_store, self._networks.of(account_id), self._patience)
        await self._orders.look(fresh)
        await self._count()

    def _is_lost(self, line: Line, lease: Lease | None) -> bool:
        return lease is None or lease.address != self._leases[lease.account_id].address or line.has_ended

    async def _count(self) -> None:
        try:
            await self._in_store(counters.flush)
        except DBAPIError as error:
            log.error("not counted yet", error=str(error.orig))

    def _release(self) -> None:
        leases.release(self._owner)
        db.session.commit()

    async def _in_store(self, errand: Callable[[], T]) -> T:
        """Runs an errand of the store in a thread, in an app context of its own."""

        def run() -> T:
            with self._app.app_context():
                return errand()

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)


async def _until(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
