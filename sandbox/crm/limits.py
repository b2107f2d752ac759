"""How often an account may be asked: 7 a second per integration, 50 over all, then a ban (docs/amocrm-contract.md §3.1,
§7)."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    PASS = "pass"
    TOO_MANY = "too many"
    BANNED = "banned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Requests in a sliding second; refusals in a minute that lead to a ban; seconds of the ban."""

    on: bool = True
    per_client: int = 7
    per_account: int = 50
    refusals: int = 30
    ban: float = 300.0
    retry_after: int = 300
    html: bool = False


class Limiter:
    """Counts requests per account and integration. Not thread-safe: call it under the world's lock."""

    def __init__(self) -> None:
        self.limits = Limits()
        self.reset()

    def reset(self) -> None:
        self._asked: dict[object, deque[float]] = defaultdict(deque)
        self._refused: dict[object, deque[float]] = defaultdict(deque)
        self._banned_until: dict[object, float] = {}

    def ask(self, account_id: int, client_id: str, now: float) -> Verdict:
        if not self.limits.on:
            return Verdict.PASS
        client = (account_id, client_id)
        if self._banned_until.get(client, now) > now:
            return Verdict.BANNED
        if self._has_room(client, account_id, now):
            self._asked[client].append(now)
            self._asked[account_id].append(now)
            return Verdict.PASS
        return self._refuse(client, now)

    def _has_room(self, client: object, account_id: int, now: float) -> bool:
        of_client = _count(self._asked[client], now, 1.0)
        of_account = _count(self._asked[account_id], now, 1.0)
        return of_client < self.limits.per_client and of_account < self.limits.per_account

    def _refuse(self, client: object, now: float) -> Verdict:
        refused = self._refused[client]
        refused.append(now)
        if _count(refused, now, 60.0) > self.limits.refusals:
            self._banned_until[client] = now + self.limits.ban
        return Verdict.TOO_MANY


def _count(moments: deque[float], now: float, window: float) -> int:
    """How many fall into the last `window` seconds; forgets the others, and those a clock set back left ahead."""
    while moments and not now - window < moments[0] <= now:
        moments.popleft()
    return len(moments)
