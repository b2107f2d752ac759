"""What nobody waits for waits itself: a call finds a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from backend.processes.line.store_access import QuietStoreAccess
from tests.pbx.fake_ami import story

THREADS, ACCOUNTS = 2, 50


@story
async def test_a_call_is_answered_while_all_accounts_copy_their_phonebooks() -> None:
    may_end, done = threading.Event(), list[str]()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(THREADS) as threads:

        async def in_store(errand: Callable[[], Any]) -> Any:
            return await loop.run_in_executor(threads, errand)

        patience = QuietStoreAccess(in_store)
        copying = [asyncio.create_task(patience(may_end.wait)) for _ in range(ACCOUNTS)]
        try:
            await asyncio.sleep(0)
            async with asyncio.timeout(5):
                await in_store(lambda: done.append("call"))
            assert not any(each.done() for each in copying)
        finally:
            may_end.set()
        assert await asyncio.gather(*copying) == [True] * ACCOUNTS
    assert done == ["call"]
