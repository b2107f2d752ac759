"""What was asked of the sandbox, and the moments a test can act at."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

KEPT = 20_000


class Phase(StrEnum):
    """Before anything is done; after the write and before the answer; after the answer went out."""

    BEFORE = "before"
    AFTER_COMMIT = "after-commit"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to the sandbox; `status` is None until it is answered, `fault` names what was done to it."""

    n: int
    at: float
    method: str
    host: str
    path: str
    query: str
    body: Any
    account: str | None = None
    status: int | None = None
    fault: str | None = None


Hook = Callable[[Phase, Request], None]


class Traffic:
    """The log of requests, bounded, oldest dropped. Appending is atomic; no lock is needed."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._log: deque[Request] = deque(maxlen=KEPT)
        self.hooks: list[Hook] = []

    def number(self) -> int:
        return next(self._numbers)

    def tell(self, phase: Phase, request: Request) -> None:
        for hook in list(self.hooks):
            hook(phase, request)

    def keep(self, request: Request) -> None:
        self._log.append(request)

    def since(self, cursor: int = 0, account: str | None = None) -> list[Request]:
        """Answered requests with a number above `cursor`, in the order they came."""
        kept = (r for r in list(self._log) if r.n > cursor and account in (None, r.account))
        return sorted(kept, key=lambda request: request.n)

    def clear(self) -> None:
        self._log.clear()


def as_json(request: Request) -> dict[str, Any]:
    return asdict(request)
