"""How what waits for nothing asks what takes its time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol


class InStore(Protocol):
    """Runs an errand of the store in a thread."""

    def __call__(self, errand: Callable[[], Any]) -> Awaitable[Any]: ...
