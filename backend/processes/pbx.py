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
from backend.pbx.address import Networks, networks
from backend.processes.line import Line
from backend.store import db, leases
from backend.store.leases import LEASE, RENEW, Lease

log = structlog.get_logger()

T = TypeVar("T")


def run_pbx(settings: Settings) -> None:
    """`python -m backend pbx`: until SIGTERM; the leases are given back at once."""
    app = create_app(settings, connections=settings.pbx_connections)
    asyncio.run(_serve(app, settings))


async def _serve(app: Flask, settings: Settings) -> None:
    await Switchboard(app, settings.pbx_connections, networks(settings.pbx_networks)).run()


class Switchboard:
    """The lines of all accounts that this process holds."""

    def __init__(self, app: Flask, threads: int, allowed: Networks) -> None:
        self._app = app
        self._networks = allowed
        self._threads = ThreadPoolExecutor(threads)
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._lines: dict[Lease, Line] = {}
        self._renewed_at = float("-inf")
        self._stop = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._stop.set)
        try:
            while not self._stop.is_set():
                await self._renew()
                await _until(self._stop, RENEW)
        finally:
            await asyncio.gather(*(line.close() for line in self._lines.values()))
            await self._in_store(self._release)

    async def _renew(self) -> None:
        """The leases are the truth: a line that is not ours any more, or whose settings changed, ends first."""
        now = asyncio.get_running_loop().time()
        try:
            held = await self._in_store(lambda: leases.hold(self._owner))
            self._renewed_at = now
        except DBAPIError as error:
            log.error("leases not renewed", error=str(error.orig))
            held = set(self._lines) if now - self._renewed_at < LEASE - RENEW else set()
        lost = {lease for lease, line in self._lines.items() if lease not in held or line.has_ended}
        await asyncio.gather(*(self._lines.pop(lease).close() for lease in lost))
        for lease in held - self._lines.keys():
            self._lines[lease] = Line(lease.account_id, self._in_store, self._networks)

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
