"""Makes audio files into one mp3: a program of its own, which knows nothing of ours, with little to eat.

    python -I transcode.py OUT SECONDS FORM RATE FILE [FORM RATE FILE …]

FORM is ffmpeg's name of a container or a raw form, never guessed: what is guessed may be a playlist that names other
files. RATE is a raw form's, 0 for others. SECONDS is the most that the
call can have lasted. Files come from the outside, so that a decoder may fail in any way: the
parent looks at the one line of JSON, at the exit code and at the clock. Read by `join`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

import av
from av.audio.resampler import AudioResampler

RATE, BITS = 16_000, 32_000  # per second: phones' 8 kHz mp3 would be MPEG 2.5, which not every player takes
FRAME = 576  # samples of an mp3 frame at this rate (MPEG 2)
MEMORY = 1024**3  # bytes of address space, of which the libraries alone take a third
CPU_SECONDS = 900
LARGEST = 512 * 1024**2  # bytes of mp3: over a day
LOWEST_RATE = 4000  # samples a second; below it a small file is hours of nothing
CODECS = ("pcm_", "adpcm_", "gsm", "g722", "g729", "mp3", "opus", "vorbis")


def main(out: str, longest: str, *told: str) -> None:
    legs = list(zip(told[::3], told[1::3], told[2::3], strict=True))
    frames = chain.from_iterable(_decoded(form, int(rate), file) for form, rate, file in legs)
    try:
        samples, trouble = _encode(frames, out, float(longest)), ""
    except (av.error.FFmpegError, ValueError) as error:
        samples, trouble = 0, getattr(error, "strerror", None) or str(error)
    sys.stdout.write(json.dumps({"seconds": samples / RATE, "trouble": trouble}))


def _encode(frames: Iterator[av.AudioFrame], out: str, longest: float) -> int:
    """How many samples were written. ValueError for more sound than there can be."""
    samples = 0
    with av.open(out, "w", format="mp3") as mp3:
        stream = mp3.add_stream("libmp3lame", rate=RATE)
        stream.layout, stream.format, stream.bit_rate = "mono", "s16p", BITS
        for frame in _in_time(frames):
            samples += frame.samples
            if samples > longest * RATE:
                raise ValueError(f"longer than {longest:.0f} seconds")
            mp3.mux(stream.encode(frame))
        mp3.mux(stream.encode(None))
    return samples


def _in_time(frames: Iterator[av.AudioFrame]) -> Iterator[av.AudioFrame]:
    """One after the other from zero on, whatever their own clocks say: legs of a call follow each other."""
    at = 0
    for frame in frames:
        frame.pts, frame.time_base = at, Fraction(1, RATE)
        at += frame.samples
        yield frame


def _decoded(form: str, rate: int, file: str) -> Iterator[av.AudioFrame]:
    """Mono, at our rate. Ends at what is broken after something good: a call cut off is still worth hearing."""
    options = {"sample_rate": str(rate)} if rate else {}
    some = False
    with av.open(file, format=form, options=options | {"protocol_whitelist": "file"}) as source:
        stream = source.streams.audio[0]
        if not stream.codec_context.name.startswith(CODECS):
            raise ValueError(f"{stream.codec_context.name} is not a form of calls")
        if stream.codec_context.sample_rate < LOWEST_RATE:
            raise ValueError(f"{stream.codec_context.sample_rate} samples a second are no call")
        resampler = AudioResampler(format="s16p", layout="mono", rate=RATE, frame_size=FRAME)
        try:
            for frame in source.decode(stream):
                some = True
                yield from resampler.resample(frame)
        except av.error.InvalidDataError:
            if not some:
                raise
        yield from resampler.resample(None)


if __name__ == "__main__":
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    os.nice(10)  # whoever calls now comes first
    main(*sys.argv[1:])
