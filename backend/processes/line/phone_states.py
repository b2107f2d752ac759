"""How an account's phones are: heard from its PBX, written down when it changes, told to the pages that are open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from backend.calls.states import ExtensionState
from backend.calls.tracking.endpoints import Lines
from backend.pbx.link.link import Link
from backend.pbx.states import Phones
from backend.store import db, extensions, stream

GATHERED_FOR = 0.2  # seconds: a phone that is picked up changes several times at once


class Seats:
    """`users` says whose each extension is; `put` takes what is to be written, in order."""

    def __init__(
        self, account_id: int, lines: Lines, users: Mapping[str, int], put: Callable[[Callable[[], None]], None]
    ) -> None:
        self._account_id = account_id
        self._users = users
        self._put = put
        self._phones = Phones(lines, users)
        self._changed: dict[str, ExtensionState] = {}
        self._flush: asyncio.TimerHandle | None = None

    def state(self, extension: str) -> ExtensionState:
        return self._phones.states.get(extension, ExtensionState.UNKNOWN)

    def hear(self, event: Mapping[str, str]) -> None:
        self._gather(self._phones.hear(event))

    async def ask(self, link: Link) -> None:
        """All of them, after a connection was made. Raises LinkDown."""
        await self._phones.ask(link)
        known = sorted(self._phones.states)
        self._put(lambda: self._forget_others(known))
        self._gather(self._phones.states)

    def close(self) -> None:
        if self._flush:
            self._flush.cancel()

    def _gather(self, changed: Mapping[str, ExtensionState]) -> None:
        self._changed |= changed
        if self._changed and self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(GATHERED_FOR, self._write)

    def _write(self) -> None:
        changed, self._changed, self._flush = self._changed, {}, None
        self._put(lambda: self._written(changed))

    def _forget_others(self, known: list[str]) -> None:
        extensions.forget_others(self._account_id, known)
        db.session.commit()

    def _written(self, changed: Mapping[str, ExtensionState]) -> None:
        extensions.put(self._account_id, changed)
        stream.notify(self._account_id, stream.Topic.COLLEAGUES)
        stream.notify_each(self._account_id, stream.Topic.ME, {self._users[each] for each in changed})
        db.session.commit()
