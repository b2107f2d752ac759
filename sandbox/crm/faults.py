"""Troubles on demand: each is bound to a route and spoils a number of requests, or some of them by chance."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from sandbox.crm.traffic import Request


class Kind(StrEnum):
    STATUS = "status"
    CUT = "cut"
    SLOW = "slow"
    TOO_MANY = "too_many"
    BLOCKED = "blocked"
    MALFORMED = "malformed"
    PAGE = "page"
    NOTHING = "nothing"
    WITHOUT = "without"


@dataclass(slots=True, kw_only=True, eq=False)
class Fault:
    """`path` (searched in the path, and in path?query) and `body` are regular expressions. `count` None is endless.

    `after_write` True: the request is carried out first, and only its answer is spoiled.
    CUT holds the connection for `seconds`, or until the fault is cleared, and closes it without an answer. PAGE is HTML
    of a server on the way, NOTHING a 204. WITHOUT leaves every `key` (a regular
    expression) out of the answer. `detail` is that of a STATUS.
    """

    kind: Kind
    path: str = ""
    method: str = ""
    body: str = ""
    account: str | None = None
    status: int = 500
    detail: str | None = None
    key: str = ""
    after_write: bool = False
    seconds: float = 0.0
    retry_after: int = 1
    count: int | None = None
    probability: float = 1.0
    seed: int = 0
    id: int = 0
    hits: int = 0
    released: threading.Event = field(default_factory=threading.Event, repr=False)
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self.after_write = self.after_write or self.kind in (Kind.MALFORMED, Kind.WITHOUT)

    def takes(self, request: Request, text: str) -> bool:
        """Whether this request is spoiled; counts it if so."""
        if not self._fits(request, text) or self._dice.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def _fits(self, request: Request, text: str) -> bool:
        return (
            (self.count is None or self.hits < self.count)
            and self.account in (None, request.account)
            and self.method in ("", request.method)
            and any(re.search(self.path, asked) for asked in (request.path, f"{request.path}?{request.query}"))
            and re.search(self.body, text) is not None
        )


PUBLIC = [f.name for f in fields(Fault) if f.name not in ("released", "_dice")]


def as_json(fault: Fault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in PUBLIC}


def from_json(wanted: dict[str, Any]) -> Fault:
    """Raises ValueError for an unknown kind, key or regular expression."""
    unknown = set(wanted) - (set(PUBLIC) - {"id", "hits"})
    if unknown:
        raise ValueError(f"unknown keys of a fault: {', '.join(sorted(unknown))}")
    try:
        re.compile(wanted.get("path", "")), re.compile(wanted.get("body", ""))
        return Fault(**{**wanted, "kind": Kind(wanted.get("kind", ""))})
    except (re.error, TypeError) as wrong:
        raise ValueError(str(wrong)) from wrong


class Faults:
    """The faults in force. `stop` and `clear` let go of every connection held."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_id = 0
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._last_id += 1
            fault.id = self._last_id
            self._faults.append(fault)
            return fault

    def find(self, request: Request, text: str) -> Fault | None:
        with self._lock:
            return next((fault for fault in self._faults if fault.takes(request, text)), None)

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def clear(self, ids: Iterable[int] | None = None) -> None:
        wanted = None if ids is None else set(ids)
        with self._lock:
            gone = [fault for fault in self._faults if wanted is None or fault.id in wanted]
            self._faults = [fault for fault in self._faults if fault not in gone]
        for fault in gone:
            fault.released.set()
