"""What is to be told next: popups before everything else, and the rest of an account at a measured pace."""

from __future__ import annotations

from collections.abc import Iterable

from backend.store.stream import Topic
from backend.web.reader import Reader

SLOW = 0.25  # seconds between tellings of all but popups to one account: of many changes each tells the last

Told = dict[Reader, set[Topic]]


class Due:
    """By account; not safe to use from two threads at once. Times are a monotonic clock's seconds."""

    def __init__(self) -> None:
        self._popups: dict[int, Told] = {}
        self._others: dict[int, Told] = {}
        self._rested_at: dict[int, float] = {}

    def add(self, readers: Iterable[Reader], topics: Iterable[Topic]) -> None:
        topics = set(topics)
        for lane, its in ((self._popups, topics & {Topic.POPUPS}), (self._others, topics - {Topic.POPUPS})):
            for reader in readers if its else ():
                lane.setdefault(reader.account_id, {}).setdefault(reader, set()).update(its)

    def take(self, now: float) -> tuple[int, Told] | None:
        """An account and what its readers are to hear; None when nothing is due yet."""
        for account_id in self._popups:
            return account_id, self._popups.pop(account_id)
        for account_id in self._others:
            if self._rested_at.get(account_id, now) <= now:
                self._rested_at[account_id] = now + SLOW
                return account_id, self._others.pop(account_id)
        self._rested_at = {account_id: at for account_id, at in self._rested_at.items() if at > now}
        return None

    def wait(self, now: float) -> float | None:
        """Seconds until something is due; None when nothing waits."""
        if self._popups:
            return 0.0
        return min((max(0.0, self._rested_at.get(each, now) - now) for each in self._others), default=None)
