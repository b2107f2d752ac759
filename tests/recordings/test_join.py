"""Audio of every form that Asterisk writes becomes one mp3; what is no audio ends with a reason, soon and small."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import settings as pace
from hypothesis import strategies as st

from backend.recordings import join as joining
from backend.recordings.join import Leg, Unplayable, join
from backend.store.recordings.recordings import Why
from tests.recordings import sounds

FORMS = {
    "wav": sounds.wav(2), "WAV": sounds.wav49(2), "wav16": sounds.wav(2, rate=16000), "gsm": sounds.gsm(2),
    "ulaw": sounds.raw("mulaw", "pcm_mulaw", 2), "alaw": sounds.raw("alaw", "pcm_alaw", 2),
    "sln": sounds.raw("s16le", "pcm_s16le", 2), "sln16": sounds.raw("s16le", "pcm_s16le", 2, rate=16000),
    "g722": sounds.raw("g722", "g722", 2, rate=16000), "mp3": sounds.raw("mp3", "libmp3lame", 2, rate=16000),
}  # fmt: skip


@pytest.fixture
def leg(tmp_path: Path) -> sounds.Kept:
    return sounds.Kept(tmp_path)


@pytest.mark.parametrize("suffix", FORMS)
def test_a_form_of_asterisk_s_plays(suffix: str, leg: sounds.Kept, tmp_path: Path) -> None:
    seconds = join([leg(f"in-1.{suffix}", FORMS[suffix])], tmp_path / "out.mp3")
    assert seconds == pytest.approx(2, abs=0.15)
    with av.open(str(tmp_path / "out.mp3")) as file:
        (stream,) = file.streams.audio
        assert (stream.rate, stream.layout.name) == (16_000, "mono")
        assert file.duration is not None
        assert file.duration / av.time_base == pytest.approx(seconds, abs=0.1)


def test_legs_follow_each_other_whatever_their_forms(leg: sounds.Kept, tmp_path: Path) -> None:
    legs = [leg("1.wav", sounds.wav(1, hertz=400)), leg("2.ulaw", FORMS["ulaw"]), leg("3.wav", sounds.wav(0))]
    assert join(legs, tmp_path / "out.mp3") == pytest.approx(3, abs=0.1)
    assert sounds.pitch(tmp_path / "out.mp3", 0.2, 0.8) == pytest.approx(400, abs=20)
    assert sounds.pitch(tmp_path / "out.mp3", 1.3, 2.5) == pytest.approx(440, abs=20)


def test_a_call_cut_off_is_worth_hearing(leg: sounds.Kept, tmp_path: Path) -> None:
    assert join([leg("1.wav", sounds.wav(2)[:-5001])], tmp_path / "out.mp3") > 1.5


def test_a_stereo_recording_becomes_one_channel(leg: sounds.Kept, tmp_path: Path) -> None:
    assert join([leg("1.wav", sounds.stereo(1))], tmp_path / "out.mp3") == pytest.approx(1, abs=0.1)


PLAYLIST = b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"
HOSTILE = {
    "page.wav": b"<html>no such file</html>" * 100,
    "playlist.wav": PLAYLIST,
    "playlist.mp3": PLAYLIST,
    "concat.ogg": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "head.wav": sounds.wav(2)[:20],
    "sizes.wav": sounds.wav(0)[:40] + b"\xff" * 4,
    "rate.wav": sounds.with_rate(0),
    "fast.wav": sounds.with_rate(2**31 - 1),
    "video.ogg": b"OggS\0\2" + b"\xff" * 500,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_audio_ends_with_a_reason(name: str, leg: sounds.Kept, tmp_path: Path) -> None:
    with pytest.raises(Unplayable) as told:
        join([leg(name, HOSTILE[name])], tmp_path / "out.mp3")
    assert told.value.why in (Why.BROKEN, Why.EMPTY)
    assert str(tmp_path) not in told.value.detail
    assert not (tmp_path / "out.mp3").exists()


@pace(max_examples=8)
@given(cut=st.integers(0, 200), rubbish=st.binary(max_size=300), suffix=st.sampled_from(["wav", "WAV", "mp3", "gsm"]))
def test_a_head_of_rubbish_never_does_harm(
    cut: int, rubbish: bytes, suffix: str, leg: sounds.Kept, tmp_path: Path
) -> None:
    content = FORMS[suffix][:cut] + rubbish + FORMS[suffix][cut + len(rubbish) :][:4000]
    with suppress(Unplayable):
        assert join([leg(f"1.{suffix}", content)], tmp_path / "out.mp3") < 60


def test_a_decoder_that_hangs_is_ended(leg: sounds.Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that nobody writes into is the file that never ends."""
    os.mkfifo(tmp_path / "1.wav")
    monkeypatch.setattr(joining, "PATIENCE", 0.5)
    monkeypatch.setattr(joining, "_has_sound", lambda leg: True)
    with pytest.raises(Unplayable) as told:
        join([Leg(file=tmp_path / "1.wav", name="1.wav")], tmp_path / "out.mp3")
    assert told.value.why is Why.TOO_LONG


def test_a_decoder_that_grows_is_ended(leg: sounds.Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = tmp_path / "greedy.py"
    body = joining.PROGRAM.read_text().replace("    main(*sys.argv[1:])", "    bytearray(2 * MEMORY)")
    greedy.write_text(body)
    monkeypatch.setattr(joining, "PROGRAM", greedy)
    with pytest.raises(Unplayable) as told:
        join([leg("1.wav", sounds.wav(1))], tmp_path / "out.mp3")
    assert (told.value.why, told.value.detail) == (Why.BROKEN, "the decoder ended with 1")


def test_a_decoder_sees_none_of_our_secrets(leg: sounds.Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = tmp_path / "spy.py"
    spy.write_text("import json, os\nprint(json.dumps({'seconds': 0, 'trouble': ' '.join(os.environ)}))\n")
    monkeypatch.setattr(joining, "PROGRAM", spy)
    monkeypatch.setenv("SECRET_KEYS", "secret")
    with pytest.raises(Unplayable) as told:
        join([leg("1.wav", sounds.wav(1))], tmp_path / "out.mp3")
    assert "SECRET" not in told.value.detail


@pytest.mark.parametrize("rate", [1, 100, 3999])
def test_no_call_has_so_few_samples_a_second(leg: sounds.Kept, tmp_path: Path, rate: int) -> None:
    """A small file at such a rate is hours of mp3."""
    head = bytearray(sounds.wav(1))
    head[24:28] = rate.to_bytes(4, "little")
    with pytest.raises(Unplayable) as told:
        join([leg("1.wav", bytes(head))], tmp_path / "out.mp3")
    assert told.value.why is Why.BROKEN
    assert "samples a second" in told.value.detail


def test_a_recording_is_no_longer_than_its_call(leg: sounds.Kept, tmp_path: Path) -> None:
    with pytest.raises(Unplayable) as told:
        join([leg("1.wav", sounds.wav(5))], tmp_path / "out.mp3", 3)
    assert "longer than 3 seconds" in told.value.detail
    assert not (tmp_path / "out.mp3").exists()
