"""What is to be told next: popups, and all that a new reader wants, before everything else; the rest of an account at
a measured pace."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from backend.store.stream import Topic
from backend.web.reader import Reader

SLOW = 0.25  # seconds between tellings of all but popups to one account: of many changes each tells the last
MANY = 50  # readers; for more of them the pause is as many times longer, for each may hear of as many colleagues

Told = dict[Reader, set[Topic]]


class Due:
    """By account; not safe to use from two threads at once. Times are a monotonic clock's seconds."""

    def __init__(self) -> None:
        self._urgent: dict[int, Told] = {}
        self._others: dict[int, Told] = {}
        self._rested_at: dict[int, float] = {}

    def add(self, readers: Iterable[Reader], topics: Iterable[Topic]) -> None:
        for reader, topic in product(readers, topics):
            lane = self._others if reader.is_greeted and topic is not Topic.POPUPS else self._urgent
            lane.setdefault(reader.account_id, {}).setdefault(reader, set()).add(topic)

    def take(self, now: float) -> tuple[int, Told] | None:
        """An account and what its readers are to hear; None when nothing is due yet."""
        for account_id in self._urgent:
            return account_id, self._urgent.pop(account_id)
        for account_id in self._others:
            if self._rested_at.get(account_id, now) <= now:
                told = self._others.pop(account_id)
                self._rested_at[account_id] = now + SLOW * max(1, len(told) / MANY)
                return account_id, told
        self._rested_at = {account_id: at for account_id, at in self._rested_at.items() if at > now}
        return None

    def wait(self, now: float) -> float | None:
        """Seconds until something is due; None when nothing waits."""
        if self._urgent:
            return 0.0
        return min((max(0.0, self._rested_at.get(each, now) - now) for each in self._others), default=None)
