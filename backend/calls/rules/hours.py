"""Hours of the day, on the account's own clock: values in, values out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From `since` until `until`; an `until` before `since` is of the next day."""

    since: time
    until: time

    def end(self, now: datetime) -> datetime | None:
        """When the quiet hours that hold at `now` are over; None outside them. Both on the account's clock."""
        clock = now.time()
        if self.since < self.until:
            holds = self.since <= clock < self.until
        else:
            holds = clock >= self.since or clock < self.until
        if not holds:
            return None
        day = now if clock < self.until else now + timedelta(days=1)
        return day.replace(hour=self.until.hour, minute=self.until.minute, second=0, microsecond=0)
