"""A recording's link: before its file is there, afterwards, and for whom it is not meant."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import cast

import av
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.pool import QueuePool

from backend.recordings import storage
from backend.store import db
from backend.store.accounts import Account
from backend.store.recordings import access, links, recordings
from tests.recordings.conftest import Recorder
from tests.recordings.sounds import wav

TOKEN = "A" * 32


@pytest.fixture
def song(recorder: Recorder) -> str:
    """The link of a recording that plays, of three seconds."""
    link = recorder.record("a.wav")
    recorder.spool.files["a.wav"] = wav(3)
    recorder.fetch()
    return link


def test_before_it_is_there_the_link_says_so(recorder: Recorder) -> None:
    answer = recorder.get(recorder.record("a.wav"), Accept_Language="en")
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert "not ready yet" in answer.text
    assert (answer.headers["Retry-After"], answer.headers["Cache-Control"]) == ("10", "no-store")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Записи пока нет" in recorder.get(recorder.record(), Accept_Language="ru").text


def test_no_connection_to_the_database_waits_for_the_shelf(
    recorder: Recorder, song: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    def slow(*_: object) -> bytes:
        held.append(pool.checkedout())
        return b"x"

    with recorder.firm.app.app_context():
        pool = cast(QueuePool, db.engine.pool)
    before = pool.checkedout()
    monkeypatch.setattr(storage.Shelf, "read", slow)
    recorder.get(song, Range="bytes=0-0")
    assert held == [before]


@pytest.mark.parametrize(
    "away", [NoConnection("none"), OperationalError("", None, OSError("shut down"))], ids=["taken", "gone"]
)
def test_without_the_database_it_is_asked_for_again_later(
    recorder: Recorder, song: str, monkeypatch: pytest.MonkeyPatch, away: Exception
) -> None:
    def fail(*_: object) -> None:
        raise away

    monkeypatch.setattr(links, "at", fail)
    monkeypatch.setattr(access, "may_upload", fail)
    answer = recorder.get(song, Accept_Language="en")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.text == "The recordings' storage is not responding, try again later\n"
    answer = recorder.get(f"/recordings/{recorder.firm.id}/upload/key/a.wav", "PUT")
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, "busy\n", "30")


def test_it_plays_whole(recorder: Recorder, song: str) -> None:
    answer = recorder.get(song)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    with av.open(io.BytesIO(answer.data)) as file:
        (stream,) = file.streams
        assert (file.format.name, stream.codec_context.name.startswith("mp3")) == ("mp3", True)
        assert file.duration is not None
        assert file.duration / av.time_base == pytest.approx(3, abs=0.1)


def test_head_says_what_get_would(recorder: Recorder, song: str) -> None:
    whole, head = recorder.get(song), recorder.get(song, "HEAD", Range="bytes=0-9")
    assert (head.status_code, head.data) == (200, b"")
    same = ("Content-Type", "Content-Length", "Accept-Ranges", "ETag", "Last-Modified", "Access-Control-Allow-Origin")
    assert {name: head.headers[name] for name in same} == {name: whole.headers[name] for name in same}


def test_a_part_is_that_part_of_the_whole(recorder: Recorder, song: str) -> None:
    whole = recorder.get(song).data
    for asked in ("0-499", "500-999", "-500", "9500-", "0-0", "100-"):
        answer = recorder.get(song, Range=f"bytes={asked}")
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answer.headers["Content-Range"])
        assert found
        first, last, total = map(int, found.groups())
        assert (answer.status_code, total) == (206, len(whole))
        assert answer.data == whole[first : last + 1]
        assert answer.headers["Content-Length"] == str(len(answer.data))


def test_a_part_beyond_the_end_is_refused(recorder: Recorder, song: str) -> None:
    length = recorder.row().bytes
    answer = recorder.get(song, Range=f"bytes={length}-")
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{length}")
    assert answer.data == b""


def test_a_rest_is_given_only_of_the_same_file(recorder: Recorder, song: str) -> None:
    whole = recorder.get(song)
    for same in (whole.headers["ETag"], whole.headers["Last-Modified"]):
        assert recorder.get(song, Range="bytes=9-", If_Range=same).status_code == 206
    for else_ in ('"other"', "W/" + whole.headers["ETag"], "Thu, 01 Jan 1970 00:00:00 GMT", "rubbish"):
        answer = recorder.get(song, Range="bytes=9-", If_Range=else_)
        assert (answer.status_code, answer.data) == (200, whole.data)


def test_what_the_browser_has_is_not_sent_again(recorder: Recorder, song: str) -> None:
    etag = recorder.get(song).headers["ETag"]
    again = recorder.get(song, If_None_Match=etag)
    assert (again.status_code, again.data) == (304, b"")
    assert recorder.get(song, If_None_Match='"other"').status_code == 200


def test_a_recording_whose_time_is_over_is_gone(recorder: Recorder, song: str) -> None:
    with recorder.firm.app.app_context():
        now = db.session.scalar(db.func.now())
        assert recordings.forget_older(recorder.firm.id, now) == 1
        db.session.commit()
    assert recorder.get(song).status_code == 410


def test_who_is_not_meant_learns_nothing(recorder: Recorder, stranger: Recorder, song: str) -> None:
    """Another account's link with this account's number, the other way round, and mere guesses: all the same."""
    token, theirs = song.rpartition("/")[2], stranger.record("b.wav").rpartition("/")[2]
    guesses = [
        f"/recordings/{stranger.firm.id}/{token}", f"/recordings/{recorder.firm.id}/{theirs}",
        f"/recordings/{recorder.firm.id}/{TOKEN}.mp3", f"/recordings/0/{token}", f"/recordings/{2**63 - 1}/{token}",
    ]  # fmt: skip
    answers = [recorder.get(guess) for guess in guesses]
    told = {(each.status_code, each.data, str(each.headers)) for each in answers}
    assert len(told) == 1
    assert answers[0].status_code == 404


def test_with_its_account_a_recording_ends(recorder: Recorder, song: str) -> None:
    with recorder.firm.app.app_context():
        db.session.delete(db.session.get_one(Account, recorder.firm.id))
        db.session.commit()
    unknown = recorder.get(f"/recordings/{recorder.firm.id}/{TOKEN}.mp3")
    assert (recorder.get(song).status_code, recorder.get(song).data) == (404, unknown.data)


HOSTILE = [
    "../../secret-key", "..%2f..%2fsecret-key", "%2e%2e%2fsecret-key", "....//secret-key", "..\\secret-key", "%00",
    "a%00b", "' or 1=1 --", "x" * 5000, "имя", "%ff%fe", "*", "%", "?.mp3", "parts/..",
]  # fmt: skip


def test_no_path_leads_anywhere(recorder: Recorder, song: str) -> None:
    for guess in HOSTILE:
        for path in (f"/recordings/{recorder.firm.id}/{guess}.mp3", f"/recordings/{guess}/{TOKEN}.mp3"):
            assert recorder.get(path).status_code in (404, 308), path


def test_a_file_that_vanished_is_told_as_gone(recorder: Recorder, song: str, kept: Path) -> None:
    key = recorder.row().key
    assert key is not None
    (kept / key).unlink()
    assert recorder.get(song).status_code == 410
