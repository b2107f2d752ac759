"""A `pbx` process as commands know it: it listens, it holds lines, and what it is asked for is kept."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from flask import Flask

from backend.config import Settings
from backend.pbx.address import AllowedNetworks
from backend.processes.commands.command import CommandContext, Errand
from backend.processes.commands.listener import Orders
from backend.store.commands import Command

T = TypeVar("T")
PATIENCE = 60.0  # seconds; only ever spent by a test that fails


class Line:
    """As far as orders look at one."""

    is_up = True


class Exchange:
    """`lines` are the accounts whose lines are up; `answers` says what a kind does, by default nothing."""

    def __init__(self, app: Flask, settings: Settings, name: str, *lines: int) -> None:
        self.done: list[Command] = []
        self.answers: dict[str, Callable[[], Any]] = {}
        self._app, self._url = app, settings.libpq_url
        kinds = {kind: Errand(run=self._run) for kind in ("call", "hangup", "transfer", "cancel", "complete")}
        errands = {**kinds, "check": Errand(run=self._run, needs_line=False)}
        held: Any = {account_id: Line() for account_id in lines}
        self.orders = Orders(name, held, errands, self._in_store, AllowedNetworks((), {}))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._listening: Future[None] | None = None

    def __enter__(self) -> Exchange:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        if self._listening:
            self._listening.cancel()
        self.waits_for(self.orders.close())
        self.waits_for(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def listens(self) -> Exchange:
        self._listening = asyncio.run_coroutine_threadsafe(self.orders.listen(self._url), self._loop)
        return self

    def waits_for(self, story: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(story, self._loop).result(PATIENCE)

    async def _run(self, place: CommandContext, command: Command) -> dict[str, Any]:
        self.done.append(command)
        answer: Any = self.answers.get(command.kind, dict)()
        done: dict[str, Any] = await answer if asyncio.iscoroutine(answer) else answer
        return done

    def _in_store(self, errand: Callable[[], T]) -> Coroutine[Any, Any, T]:
        def run() -> T:
            with self._app.app_context():
                return errand()

        return asyncio.to_thread(run)
