"""A file that the PBX sends by itself is taken whole, once, for its own account."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, update

from backend.recordings import fetching, push, storage
from backend.recordings.sources import Awaited, TooBig
from backend.store import db
from backend.store.recordings import objects, recordings
from backend.store.recordings.objects import PartRow
from backend.store.recordings.recordings import RecordingRow, Why
from tests.recordings.conftest import Recorder
from tests.recordings.sounds import wav


def send(recorder: Recorder, name: str, content: bytes) -> None:
    with recorder.firm.app.app_context():
        push.received(recorder.firm.id, name, io.BytesIO(content))


def part_files(recorder: Recorder, kept: Path) -> int:
    folder = kept / str(recorder.firm.id) / "parts"
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_a_file_sent_after_its_call_makes_the_recording(recorder: Recorder) -> None:
    recorder.source = Awaited()
    link = recorder.record("a.wav")
    recorder.fetch()
    assert (recorder.row().state, recorder.row().why) == ("waiting", Why.MISSING)
    send(recorder, "a.wav", wav(1))
    recorder.fetch()
    assert recorder.get(link).status_code == 200


def test_a_file_sent_before_its_call_is_told_of_waits_for_it(recorder: Recorder) -> None:
    send(recorder, "a.wav", wav(1))
    link = recorder.record("a.wav")
    recorder.fetch()
    assert recorder.get(link).status_code == 200
    assert recorder.spool.asked == []


def test_a_file_that_comes_after_all_is_taken(recorder: Recorder) -> None:
    """Its PBX was cut off for days."""
    link = recorder.record("a.wav")
    recorder.source = None
    recorder.fetch()
    assert recorder.row().state == "failed"
    send(recorder, "a.wav", wav(1))
    recorder.fetch()
    assert recorder.get(link).status_code == 200


def test_a_file_that_comes_while_it_is_asked_for_in_vain_is_not_overlooked(recorder: Recorder) -> None:
    link = recorder.record("a.wav")
    recorder.bring_forward()
    with recorder.firm.app.app_context():
        asking = recordings.claim()
        assert asking is not None
        send(recorder, "a.wav", wav(1))
        recordings.postpone(asking, timedelta(hours=1), Why.MISSING)
        fetching.fetch_due(lambda _: recorder.source)
    assert recorder.get(link).status_code == 200


def test_one_account_s_file_is_not_another_s(recorder: Recorder, stranger: Recorder) -> None:
    recorder.source = stranger.source = Awaited()
    recorder.record("a.wav")
    send(stranger, "a.wav", wav(1))
    recorder.fetch()
    assert recorder.row().key is None


def test_sent_again_it_takes_the_place_of_the_former(recorder: Recorder, kept: Path) -> None:
    send(recorder, "a.wav", wav(1))
    send(recorder, "a.wav", wav(2))
    with recorder.firm.app.app_context():
        fetching.tidy()
    assert part_files(recorder, kept) == 1
    recorder.record("a.wav")
    recorder.fetch()
    assert recorder.row().seconds == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    "name", ["../a.wav", "a/b.wav", "", "..", "a\\b.wav", "a\n.wav", "a.wav ", "x" * 300 + ".wav", "a.exe", "a"]
)
def test_what_is_no_name_of_a_recording_is_refused(recorder: Recorder, kept: Path, name: str) -> None:
    with pytest.raises(push.BadName):
        send(recorder, name, wav(1))
    assert part_files(recorder, kept) == 0


def test_nothing_is_left_of_what_is_too_big_or_not_taken(
    recorder: Recorder, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise storage.ShelfError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(push, "LARGEST", 1000)
        with pytest.raises(TooBig):
            send(recorder, "a.wav", wav(1))
    with monkeypatch.context() as patched:
        patched.setattr(storage.Shelf, "put", full)
        with pytest.raises(storage.ShelfError):
            send(recorder, "a.wav", wav(1))
    with recorder.firm.app.app_context():
        assert objects.part(recorder.firm.id, "a.wav") is None
    assert part_files(recorder, kept) == 0


def test_an_account_cannot_fill_the_shelf(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor with files of a byte each: their rows and objects cost something too."""
    send(recorder, "a.wav", b"x")
    monkeypatch.setattr(push, "MOST", 1000)
    with pytest.raises(push.TooManyUploads):
        send(recorder, "b.wav", b"x")


def test_what_nobody_asks_for_is_forgotten(recorder: Recorder, kept: Path) -> None:
    """Also what is in its recording already, unless another leg may still be named."""
    recorder.record("made.wav")
    for name in ("made.wav", "old.wav", "new.wav"):
        send(recorder, name, wav(1))
    recorder.fetch()
    with recorder.firm.app.app_context():
        old, an_hour = func.now() - objects.KEPT_PARTS, db.text("interval '61 minutes'")
        db.session.execute(update(PartRow).where(PartRow.name == "old.wav").values(at=old))
        db.session.execute(update(RecordingRow).values(ready_at=RecordingRow.ready_at - an_hour))
        db.session.commit()
        fetching.tidy()
        assert [objects.part(recorder.firm.id, f"{name}.wav") is None for name in ("made", "old", "new")] == [
            True, True, False,
        ]  # fmt: skip
    assert part_files(recorder, kept) == 1
