"""Makes a call's audio files into one mp3, in a program of its own that cannot hang, grow or see our secrets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.store.recordings.recordings import Why

PROGRAM = Path(__file__).with_name("transcode.py")
PATIENCE = 600.0  # seconds; an hour of a call takes about twenty
LONGEST = 86_400.0  # seconds of sound, where nothing is known of the call
SHORTEST = 0.1  # seconds of sound; MixMonitor leaves a file with a head alone where nobody talked

# by the file's suffix as Asterisk's format modules have it: ffmpeg's name of the form, and a raw form's rate
FORMS: dict[str, tuple[str, int]] = {
    "wav": ("wav", 0), "WAV": ("wav", 0), "wav49": ("wav", 0), "wav16": ("wav", 0), "mp3": ("mp3", 0),
    "gsm": ("gsm", 0), "g722": ("g722", 0), "ogg": ("ogg", 0), "opus": ("ogg", 0),
    **dict.fromkeys(("ulaw", "ul", "mu", "pcm"), ("mulaw", 8000)), **dict.fromkeys(("alaw", "al"), ("alaw", 8000)),
    **dict.fromkeys(("sln", "raw"), ("s16le", 8000)),
    **{f"sln{rate}": ("s16le", 1000 * rate) for rate in (12, 16, 24, 32, 48)},
}  # fmt: skip


class Unplayable(Exception):
    """There is no mp3 to be had from these files; `detail` is the decoder's word, in English."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}")
        self.why = why
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One file of a call, on this machine's disk. `name` is the PBX's: its suffix says the form."""

    file: Path
    name: str


def join(legs: Sequence[Leg], into: Path, longest: float = LONGEST) -> float:
    """Writes one mono mp3 with the legs' sound one after the other; its seconds. A leg without sound adds none. More
    than `longest` seconds are no recording of the call.

    Raises Unplayable, and then leaves nothing.
    """
    told = [word for leg in legs for word in (*form_of(leg.name), str(leg.file)) if _has_sound(leg)]
    seconds, trouble = _run(into, [str(longest), *told]) if told else (0.0, "")
    if trouble or seconds < SHORTEST:
        into.unlink(missing_ok=True)
        raise Unplayable(Why.BROKEN if trouble else Why.EMPTY, trouble)
    return seconds


def form_of(name: str) -> tuple[str, str]:
    """The form of a file and its rate, as the program takes them. Raises Unplayable."""
    suffix = name.rpartition(".")[2]
    form = FORMS.get(suffix) or FORMS.get(suffix.lower())
    if form is None:
        raise Unplayable(Why.UNKNOWN_FORM, suffix[:20])
    return form[0], str(form[1])


def _has_sound(leg: Leg) -> bool:
    return leg.file.stat().st_size > 0


def _run(into: Path, told: Sequence[str]) -> tuple[float, str]:
    """Seconds, and what was wrong if anything."""
    command = [sys.executable, "-I", str(PROGRAM), str(into), *told]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, stdin=subprocess.DEVNULL, env={}, cwd=into.parent,
            timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        into.unlink(missing_ok=True)
        raise Unplayable(Why.TOO_LONG) from None
    try:
        answer = json.loads(done.stdout)
        return float(answer["seconds"]), str(answer["trouble"])
    except (ValueError, KeyError, TypeError):
        return 0.0, f"the decoder ended with {done.returncode}"
