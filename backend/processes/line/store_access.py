"""How what waits for nothing asks what takes its time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

TREES = 4  # copies of phonebooks in memory at once, of up to 200,000 clients each (some 50 MB)


class InStore(Protocol):
    """Runs an errand of the store in a thread."""

    def __call__(self, errand: Callable[[], Any]) -> Awaitable[Any]: ...


class QuietStoreAccess:
    """What nobody waits for takes its turn, however many lines of this process want something at the same moment: at
    most `at_once` errands, so that calls find a thread, and TREES copies."""

    def __init__(self, in_store: InStore, at_once: int = 1) -> None:
        self._in_store = in_store
        self._errands = asyncio.Semaphore(at_once)
        self.trees = asyncio.Semaphore(TREES)

    async def __call__(self, errand: Callable[[], Any]) -> Any:
        async with self._errands:
            return await self._in_store(errand)
