"""Where a call's recording is got from: what every source of an account does, and how its trouble is told apart.

A source is made anew for each call whose recording is due and asked for each of its files in turn, in a thread of the
worker, never in `web` or `pbx`. A file that the PBX pushed (`push.received`) is taken before any source is asked.
After an account's source was set or mended, `store.recordings.try_again` makes what had failed due once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class SourceError(Exception):
    """Its text is for the log and the diagnostics: without secrets, addresses' passwords or query strings.

    `kind` and `detail` are for whoever has other words for it: `detail` is what the other side said.
    """

    def __init__(self, words: str, *, kind: str = "refused", detail: object = "") -> None:
        super().__init__(words)
        self.kind = kind
        self.detail = str(detail)


class NotYet(SourceError):
    """The PBX answers and has no such file, or one that still grows: it is asked again later."""


class Unreachable(SourceError):
    """The PBX does not answer, or answers that it cannot now: the account's other recordings wait as well."""


class SourceNeedsPerson(SourceError):
    """Asking again alone will not help: a password, an address, a path or a setting is to be mended."""


class TooBig(SourceError):
    """Raised by `into.write` itself once the file is over `LARGEST` bytes: a source lets it pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """`name` is how the PBX calls the file it gave: its suffix says the audio's form (`wav`, `WAV`, `gsm`, `ulaw`…)
    and may be one that was not in the name asked for."""

    name: str
    bytes: int


class Source(Protocol):
    """One account's PBX, or whatever keeps its recordings."""

    def fetch(self, name: str, into: BinaryIO) -> Fetched:
        """Writes the whole file into `into`, which is only ever written to and bounds itself.

        `name` is the base name that an event told, without folders, from the outside: nothing in it is to be trusted.
        Takes at most `PATIENCE` seconds. Raises SourceError of the four kinds above and no other.
        """
        ...


class Awaited:
    """Of an account whose PBX pushes: what is not here yet will come, or will not."""

    def fetch(self, name: str, into: BinaryIO) -> Fetched:
        raise NotYet("the PBX has not sent it")


SourceOf = Callable[[int], Source | None]
"""From an account to its source as it is set now; None: it has none, and recordings fail until it has. Where its PBX
pushes, `Awaited`. Ours is `source_of.source_of`."""

PATIENCE = 120.0  # seconds for one file; a source's own timeouts are to stay below
LARGEST = 512 * 1024**2  # bytes of one file as the PBX has it: over nine hours of 16-bit wav at 8 kHz
