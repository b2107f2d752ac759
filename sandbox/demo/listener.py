"""An employee's popups as his browser hears of them: the station's stream of server-sent events."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import requests

SILENCE = 45.0  # seconds; the station says something every 20


class Listener:
    """An open stream; it ends when it is left."""

    def __init__(self, url: str, ticket: str) -> None:
        self._answer = requests.get(f"{url}/api/stream", {"ticket": ticket}, stream=True, timeout=SILENCE)
        self._answer.raise_for_status()
        self._events = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._answer.close()

    def hears(self, call: str, state: str, patience: float) -> bool:
        """Whether the popup of this call came into this state within so many seconds, or little more."""
        told = (data for event, data in self._heard(patience) if event == "popup")
        return any((popup["call"], popup["state"]) == (call, state) for popup in told)

    def _heard(self, patience: float) -> Iterator[tuple[str, dict[str, Any]]]:
        deadline = time.monotonic() + patience
        for event in self._events:
            yield event
            if time.monotonic() > deadline:
                return

    def _read(self) -> Iterator[tuple[str, dict[str, Any]]]:
        event = ""
        for line in self._answer.iter_lines(chunk_size=None, decode_unicode=True):
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                yield event, json.loads(value)
