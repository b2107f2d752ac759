"""Writes down what a live PBX says, as AMI that `replay` reads: every bug report becomes a test.

Only what the link hears is kept (events and the lists of channels), so neither our login nor dialplan text gets in.
Each message carries a Timestamp, as a PBX with `timestampevents` sends it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO

from backend.pbx.address import Networks, PbxAddress
from backend.pbx.capture.masking import Mask
from backend.pbx.errors import PbxNeedsPerson
from backend.pbx.link.link import EVENTS, USUAL_WAITS, Link, LinkState, Waits
from backend.pbx.link.session import EAR
from backend.pbx.link.wire import END, Splitter

FILE_LIMIT = 1024**3  # bytes; a recording forgotten in the background must not fill the disk
_KEPT = frozenset(f"Event: {name}".encode() for name in (*EVENTS, "CoreShowChannel", "CoreShowChannelsComplete"))
_STAMP = b"\r\nTimestamp: "
_VARIABLE, _RECORDING = b"Event: VarSet", b"\r\nVariable: MIXMONITOR_FILENAME\r\n"
_OUR_EAR = f"\r\nDevice: {EAR}\r\n".encode()


async def record(
    address: PbxAddress,
    file: BinaryIO,
    *,
    seconds: float | None = None,
    mask_numbers: bool = False,
    allowed: Networks = (),
    waits: Waits = USUAL_WAITS,
    on_state: Callable[[LinkState, str], None] = lambda state, why: None,
) -> int:
    """Record for so long, or until cancelled; how many messages. Raises NeedsPerson if the PBX refuses us."""
    recorder = Recorder(file, Mask(people=mask_numbers), on_state)
    link = Link(address, recorder, waits=waits, allowed=allowed, tap=recorder.hear)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await link.run()
    if link.state is LinkState.REFUSED:
        raise PbxNeedsPerson(link.why)
    return recorder.messages


class Recorder:
    """Takes the bytes of a link; as its consumer it hears only the states, to begin anew with each connection."""

    def __init__(self, file: BinaryIO, mask: Mask, on_state: Callable[[LinkState, str], None]) -> None:
        self.messages = 0
        self._file = file
        self._room = FILE_LIMIT
        self._mask = mask
        self._tell = on_state
        self._splitter = Splitter()

    def hear(self, data: bytes) -> None:
        for raw in self._splitter.feed(data):
            if _is_kept(raw):
                self._write(self._mask.message(_stamped(raw, time.time())) + END)
        self._file.flush()

    def _write(self, message: bytes) -> None:
        self._room -= len(message)
        if self._room >= 0:
            self._file.write(message)
            self.messages += 1

    def on_event(self, event: Mapping[str, str], at: float) -> None:
        """Already heard, as bytes."""

    def on_snapshot(self, channels: Sequence[Mapping[str, str]], at: float) -> None:
        """Already heard, as bytes."""

    def on_state(self, state: LinkState, why: str) -> None:
        if state is LinkState.CONNECTING:
            self._splitter = Splitter()
        self._tell(state, why)


def _is_kept(raw: bytes) -> bool:
    first, _, _ = raw.partition(b"\r\n")
    return first in _KEPT and (first != _VARIABLE or _RECORDING in raw) and _OUR_EAR not in raw


def _stamped(raw: bytes, now: float) -> bytes:
    first, _, rest = raw.partition(b"\r\n")
    return raw if _STAMP in raw else first + _STAMP + b"%.6f\r\n" % now + rest
