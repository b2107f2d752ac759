"""A clock of its own for one Asterisk: libfaketime, of the same Debian suite, stands between it and the machine's."""

from __future__ import annotations

from pathlib import Path

from .. import debian

LOOKED_AT = "1"  # seconds between two looks at the file that says how far the clock is off


class Clock:
    """Right until it is set. `file` is its own; the monotonic clock, by which timers run, stays the machine's."""

    def __init__(self, suite: str, file: Path) -> None:
        prefix = debian.unpack(suite, ("libfaketime",), debian.cache_home() / f"faketime-{suite}")
        self.library = next(prefix.glob("usr/lib/*/faketime/libfaketimeMT.so.1"))
        self._file = file
        self.set(0)

    def set(self, ahead: float) -> None:
        """By so many seconds ahead of the machine's, negative: behind. Known to a running Asterisk a second later."""
        self._file.write_text(f"{ahead:+f}\n")

    @property
    def environment(self) -> dict[str, str]:
        return {
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": LOOKED_AT,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
