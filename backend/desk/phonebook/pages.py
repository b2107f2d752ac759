"""Pages of a list: smaller ones where amoCRM does not get a large one done in its time."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.amocrm import requests
from backend.amocrm.errors import TryLater

SMALLER = (100, 50)
TOO_SLOW = (None, 500, 502, 504)  # no answer, or that of a server which waited for one


@dataclass(frozen=True, slots=True)
class Page:
    """The rows from `offset` on, and maybe some before it: a page begins at a multiple of its size."""

    offset: int = 0
    size: int = field(default_factory=lambda: requests.PAGE)

    @property
    def number(self) -> int:
        """Counted from 1."""
        return self.offset // self.size + 1

    @property
    def overlap(self) -> int:
        """How many of its rows stand before the offset."""
        return self.offset % self.size

    def next(self) -> Page:
        """What follows, in full size where such a page begins there."""
        offset = self.number * self.size
        return Page(offset) if offset % requests.PAGE == 0 else Page(offset, self.size)

    def after(self, trouble: TryLater) -> Page | None:
        """The same rows in a smaller page, where the size may be the trouble."""
        sizes = [each for each in SMALLER if each < self.size]
        return Page(self.offset, sizes[0]) if trouble.status in TOO_SLOW and sizes else None
