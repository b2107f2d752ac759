"""Decides which stream updates to send next: popups first, then new readers' first messages, then the rest, at a
limited rate for each account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product

from backend.store.stream import Topic
from backend.web.stream.reader import Reader

SLOW = 0.25  # seconds between updates of all but popups for one account: of many changes only the latest is sent
MANY = 50  # readers; with more of them the pause grows in proportion: each may get updates of as many colleagues

Updates = dict[Reader, set[Topic]]


@dataclass(slots=True)
class _Lane:
    """`pause` is in seconds, `for_many` whether more readers make it longer."""

    pause: float
    for_many: bool = False
    waiting: dict[int, Updates] = field(default_factory=dict)
    rested_at: dict[int, float] = field(default_factory=dict)

    def take(self, now: float) -> tuple[int, Updates] | None:
        for account_id in self.waiting:
            if self.rested_at.get(account_id, now) <= now:
                updates = self.waiting.pop(account_id)
                self.rested_at[account_id] = now + self.pause * (max(1, len(updates) / MANY) if self.for_many else 1)
                return account_id, updates
        self.rested_at = {account_id: at for account_id, at in self.rested_at.items() if at > now}
        return None


class StreamSchedule:
    """By account; not thread-safe. Times are a monotonic clock's seconds."""

    def __init__(self) -> None:
        self._popups, self._greetings, self._others = _Lane(0), _Lane(SLOW), _Lane(SLOW, for_many=True)
        self._lanes = (self._popups, self._greetings, self._others)

    def add(self, readers: Iterable[Reader], topics: Iterable[Topic]) -> None:
        for reader, topic in product(readers, topics):
            other = self._others if reader.is_greeted else self._greetings
            lane = self._popups if topic is Topic.POPUPS else other
            lane.waiting.setdefault(reader.account_id, {}).setdefault(reader, set()).add(topic)

    def take(self, now: float) -> tuple[int, Updates] | None:
        """An account and the updates for its readers; None when nothing is due yet."""
        return next(filter(None, (lane.take(now) for lane in self._lanes)), None)

    def wait(self, now: float) -> float | None:
        """Seconds until something is due; None when nothing waits."""
        due = (max(0.0, lane.rested_at.get(each, now) - now) for lane in self._lanes for each in lane.waiting)
        return min(due, default=None)
