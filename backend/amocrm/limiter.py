"""The account's budget of requests, as a pure function: the generic cell rate algorithm (GCRA).

amoCRM allows 7 requests a second (contract §3.1). The state is one number, `tat`, the theoretical arrival time of the
next request (Unix seconds), stored with the account, so that it survives a drain's move to another process.
"""

from __future__ import annotations

RATE = 6.5  # requests a second; evenly spaced, so no window of one second ever holds more than 7


def spend(tat: float, now: float, cost: int = 1, rate: float = RATE) -> tuple[float, float]:
    """Reserves `cost` requests. Returns the new `tat` and how many seconds to wait before sending."""
    start = max(tat, now)
    return start + cost / rate, start - now
