"""Quiet hours: whether they hold, and when they are over."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from backend.calls.rules.hours import QuietHours

NIGHT = QuietHours(since=time(20, 0), until=time(9, 0))
LUNCH = QuietHours(since=time(13, 0), until=time(14, 30))


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        (NIGHT, "2026-11-02 19:59", None),
        (NIGHT, "2026-11-02 20:00", "2026-11-03 09:00"),
        (NIGHT, "2026-11-03 08:59", "2026-11-03 09:00"),
        (NIGHT, "2026-11-03 09:00", None),
        (NIGHT, "2026-12-31 23:30", "2027-01-01 09:00"),
        (LUNCH, "2026-11-02 12:59", None),
        (LUNCH, "2026-11-02 13:00", "2026-11-02 14:30"),
        (LUNCH, "2026-11-02 14:30", None),
    ],
)
def test_quiet_hours_end(hours: QuietHours, now: str, end: str | None) -> None:
    assert hours.end(datetime.fromisoformat(now)) == (datetime.fromisoformat(end) if end else None)
