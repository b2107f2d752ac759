"""Sound as a PBX records it: a tone, in the forms that Asterisk writes."""

from __future__ import annotations

import io
import itertools
import math
import struct
import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av

from backend.recordings.join import Leg

GSM_SILENCE = bytes.fromhex("d820a2e15a50004924924924500049249249245000492492492450004924924924")  # 20 ms
WAV49_BLOCK = 65, 320  # bytes, samples


@cache
def wav(seconds: float, *, hertz: int = 440, rate: int = 8000, channels: int = 1) -> bytes:
    second = [round(8000 * math.sin(2 * math.pi * hertz * at / rate)) for at in range(rate)]
    frames = b"".join(struct.pack("<h", each) * channels for each in second)
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((frames * math.ceil(seconds))[: round(seconds * rate) * 2 * channels])
    return whole.getvalue()


def stereo(seconds: float) -> bytes:
    return wav(seconds, channels=2)


def with_rate(rate: int) -> bytes:
    """A head that says so."""
    whole = bytearray(wav(1))
    whole[24:28] = struct.pack("<I", rate)
    return bytes(whole)


@cache
def raw(form: str, codec: str, seconds: float, *, rate: int = 8000) -> bytes:
    """The tone in a form that ffmpeg can write."""
    whole = io.BytesIO()
    with av.open(io.BytesIO(wav(seconds, rate=rate))) as source, av.open(whole, "w", format=form) as target:
        stream = target.add_stream(codec, rate=rate)
        stream.layout = "mono"
        for frame in source.decode(audio=0):
            frame.pts = None
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return whole.getvalue()


def gsm(seconds: float) -> bytes:
    return GSM_SILENCE * round(seconds * 50)


def wav49(seconds: float) -> bytes:
    """Microsoft's GSM in a wav, as Asterisk's format `wav49` has it: its files end in `.WAV`."""
    size, samples = WAV49_BLOCK
    blocks = round(seconds * 8000 / samples)
    head = struct.pack("<HHIIHHHH", 0x31, 1, 8000, 1625, size, 0, 2, samples)
    fact = struct.pack("<4sII", b"fact", 4, blocks * samples)
    body = b"fmt " + struct.pack("<I", len(head)) + head + fact + b"data" + struct.pack("<I", blocks * size)
    body += bytes(size) * blocks
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


@dataclass
class Kept:
    """Puts content into a folder, as a leg."""

    folder: Path

    def __call__(self, name: str, content: bytes) -> Leg:
        file = self.folder / f"leg-{name}"
        file.write_bytes(content)
        return Leg(file=file, name=name)


def pitch(file: Path, start: float, stop: float) -> float:
    """Of the tone between these seconds, by counting where it rises through zero."""
    with av.open(str(file)) as source:
        rate = source.streams.audio[0].rate
        resampler = av.AudioResampler(format="s16", layout="mono")
        frames = (each for frame in source.decode(audio=0) for each in resampler.resample(frame))
        whole = b"".join(bytes(frame.planes[0])[: 2 * frame.samples] for frame in frames)
    samples = struct.unpack(f"<{len(whole) // 2}h", whole)[round(start * rate) : round(stop * rate)]
    rises = sum(one < 0 <= other for one, other in itertools.pairwise(samples))
    return rises / (stop - start)
