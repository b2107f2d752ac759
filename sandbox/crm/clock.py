"""The sandbox's time: real by default; tests set it, freeze it and move it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """`now()` is seconds of the Unix epoch. A set clock runs on from there unless it is frozen."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen: float | None = None
        self.listeners: list[Callable[[], None]] = []

    def now(self) -> float:
        return self._frozen if self._frozen is not None else time.time() + self._offset

    def set(self, at: float, *, frozen: bool = False) -> None:
        self._offset = at - time.time()
        self._frozen = at if frozen else None
        self._tell()

    def advance(self, seconds: float) -> None:
        self.set(self.now() + seconds, frozen=self._frozen is not None)

    def real(self) -> None:
        self._offset, self._frozen = 0.0, None
        self._tell()

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()
