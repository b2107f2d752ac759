"""A recording's way from its name to an mp3: what is tried again, and what ends it."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from sqlalchemy import func, update

from backend.recordings import fetching, storage
from backend.recordings.fetching import Bounded
from backend.recordings.sources import Fetched, NotYet, Source, SourceError, SourceNeedsPerson, Unreachable
from backend.store import db
from backend.store.accounts import Account, AccountState
from backend.store.recordings import recordings, room
from backend.store.recordings.recordings import RecordingRow, RecordingState, Why
from tests.recordings.conftest import Recorder, Spool
from tests.recordings.sounds import wav


def state(recorder: Recorder) -> tuple[str, str | None]:
    row = recorder.row()
    return row.state, row.why


def wait(recorder: Recorder) -> timedelta:
    """How long until it is tried again, from now."""
    with recorder.firm.app.app_context():
        mine = RecordingRow.account_id == recorder.firm.id
        left = db.session.scalar(db.select(RecordingRow.due_at - func.clock_timestamp()).where(mine))
        assert isinstance(left, timedelta)
        return left


def wear_out(recorder: Recorder, tries: int = fetching.GIVES_UP - 1) -> None:
    with recorder.firm.app.app_context():
        mine = RecordingRow.account_id == recorder.firm.id
        db.session.execute(update(RecordingRow).where(mine).values(tries=tries))
        db.session.commit()


def test_a_name_told_at_the_end_makes_it_due_soon(recorder: Recorder) -> None:
    recorder.record("a.wav")
    assert state(recorder) == ("waiting", None)
    assert timedelta() < wait(recorder) < timedelta(seconds=5)


def test_a_call_that_was_not_recorded_has_none(recorder: Recorder) -> None:
    recorder.record()
    with recorder.firm.app.app_context():
        assert not recordings.counts(recorder.firm.id, datetime.min)


def test_what_the_pbx_gives_becomes_one_mp3(recorder: Recorder, kept: Path) -> None:
    recorder.record("a.wav")
    recorder.spool.files["a.wav"] = wav(2)
    recorder.fetch()
    row = recorder.row()
    assert (row.state, row.why, row.claim) == ("ready", None, None)
    assert row.seconds == pytest.approx(2, abs=0.1)
    assert row.key is not None
    assert row.key.startswith(f"{recorder.firm.id}/")
    assert (kept / row.key).stat().st_size == row.bytes
    recorder.fetch()
    assert recorder.spool.asked == ["a.wav"]


def test_files_of_one_call_are_joined_in_the_order_of_their_naming(recorder: Recorder) -> None:
    recorder.record("b.wav", "a.wav", "b.wav")
    recorder.spool.files |= {"a.wav": wav(1), "b.wav": wav(2)}
    recorder.fetch()
    assert recorder.spool.asked == ["b.wav", "a.wav"]
    assert recorder.row().seconds == pytest.approx(3, abs=0.1)


def test_a_file_that_never_comes_does_not_cost_the_others_for_ever(recorder: Recorder) -> None:
    recorder.record("a.wav", "never.wav", "b.wav")
    recorder.spool.files |= {"a.wav": wav(1), "b.wav": wav(2)}
    recorder.fetch()
    assert state(recorder) == ("waiting", Why.MISSING)
    wear_out(recorder)
    recorder.fetch()
    assert state(recorder) == ("ready", None)
    assert recorder.row().seconds == pytest.approx(3, abs=0.1)


def test_another_file_named_later_is_added_and_the_former_plays_until_then(recorder: Recorder, kept: Path) -> None:
    link = recorder.record("a.wav")
    recorder.spool.files["a.wav"] = wav(1)
    recorder.fetch()
    before = recorder.row()
    recorder.name(before.call, "b.wav")
    assert state(recorder) == ("waiting", None)
    assert recorder.get(link).status_code == 200
    recorder.spool.files["b.wav"] = wav(2)
    recorder.fetch()
    after = recorder.row()
    assert after.seconds == pytest.approx(3, abs=0.1)
    assert after.key != before.key
    with recorder.firm.app.app_context():
        fetching.tidy()
    assert before.key is not None
    assert not (kept / before.key).exists()
    assert recorder.get(link).status_code == 200


@pytest.mark.parametrize(
    ("trouble", "why", "shortest"),
    [
        (NotYet("no such file"), Why.MISSING, 3),
        (Unreachable("timed out"), Why.UNREACHABLE, 3),
        (SourceNeedsPerson("401"), Why.REFUSED, 900),
    ],
    ids=["not yet", "unreachable", "needs a person"],
)
def test_trouble_is_tried_again_for_a_day(recorder: Recorder, trouble: SourceError, why: Why, shortest: int) -> None:
    recorder.record("a.wav")
    recorder.spool.trouble = trouble
    recorder.fetch()
    assert state(recorder) == ("waiting", why)
    assert recorder.row().detail == str(trouble)
    assert timedelta(seconds=shortest - 1) < wait(recorder) <= timedelta(seconds=shortest)
    wear_out(recorder)
    recorder.fetch()
    assert state(recorder) == ("failed", why)


def test_waits_grow_up_to_an_hour(recorder: Recorder) -> None:
    recorder.record("a.wav")
    waits = []
    for _ in range(14):
        recorder.fetch()
        waits.append(round(wait(recorder).total_seconds()))
    assert waits == [3, 6, 12, 24, 48, 96, 192, 384, 768, 1536, 3072, 3600, 3600, 3600]
    assert 23 < (sum(waits) + 3600 * (fetching.GIVES_UP - 14)) / 3600 < 25


def test_a_pbx_that_is_away_is_asked_once_for_all(recorder: Recorder) -> None:
    for name in ("a.wav", "b.wav", "c.wav"):
        recorder.record(name)
    recorder.spool.trouble = Unreachable("timed out")
    recorder.fetch()
    assert len(recorder.spool.asked) == 1


def test_while_a_pbx_is_away_all_its_recordings_are_patient_together(recorder: Recorder) -> None:
    """A fresh one costs one try, however often the others were tried."""
    recorder.record("a.wav")
    recorder.spool.trouble = Unreachable("timed out")
    for _ in range(5):
        recorder.fetch()
    recorder.record("b.wav")
    recorder.fetch()
    assert recorder.spool.asked == ["a.wav"] * 5 + ["b.wav"]
    rows = all_of(recorder)
    assert {row.tries for row in rows} == {5}
    assert max(row.due_at for row in rows) - min(row.due_at for row in rows) < timedelta(seconds=1)


def test_when_a_pbx_is_back_all_that_waited_or_was_given_up_is_due_at_once(recorder: Recorder) -> None:
    recorder.spool.trouble = Unreachable("timed out")
    for name in ("a.wav", "b.wav"):
        recorder.record(name)
    recorder.fetch()
    wear_out(recorder)
    recorder.fetch()
    assert {row.state for row in all_of(recorder)} == {"failed"}
    assert len(recorder.spool.asked) == 2  # one for both, each time
    recorder.record("c.wav")
    recorder.fetch()
    recorder.spool.trouble = None
    recorder.spool.files |= {"a.wav": wav(1), "b.wav": wav(1), "c.wav": wav(1)}
    recorder.fetch()
    assert {row.state for row in all_of(recorder)} == {"ready"}


def test_what_was_never_tried_comes_first(recorder: Recorder) -> None:
    for name in ("a.wav", "b.wav"):
        recorder.record(name)
    recorder.fetch()
    recorder.record("fresh.wav")
    recorder.spool.asked.clear()
    recorder.fetch()
    assert recorder.spool.asked == ["fresh.wav", "a.wav", "b.wav"]


def all_of(recorder: Recorder) -> Sequence[RecordingRow]:
    with recorder.firm.app.app_context():
        rows = db.session.query(RecordingRow).filter_by(account_id=recorder.firm.id).all()
        db.session.expunge_all()
        return rows


def test_of_an_account_that_left_nothing_is_fetched(recorder: Recorder) -> None:
    recorder.record("a.wav")
    with recorder.firm.app.app_context():
        account = db.session.get_one(Account, recorder.firm.id)
        account.move(AccountState.DISABLED)
        db.session.commit()
    recorder.fetch()
    assert recorder.spool.asked == []


def test_one_account_s_trouble_is_not_another_s(recorder: Recorder, stranger: Recorder) -> None:
    recorder.record("a.wav")
    stranger.record("a.wav")
    recorder.spool.trouble = Unreachable("timed out")
    recorder.fetch()
    stranger.spool.files["a.wav"] = wav(1)
    stranger.fetch()
    assert state(stranger) == ("ready", None)
    assert recorder.row().key is None


def test_without_a_source_it_fails_and_is_due_when_there_is_one(recorder: Recorder) -> None:
    recorder.record("a.wav")
    recorder.source = None
    recorder.fetch()
    assert state(recorder) == ("failed", Why.NO_SOURCE)
    recorder.source, recorder.spool.files["a.wav"] = recorder.spool, wav(1)
    with recorder.firm.app.app_context():
        assert recordings.try_again(recorder.firm.id) == 1
        db.session.commit()
    recorder.fetch()
    assert state(recorder) == ("ready", None)


FORMER = [None, Unreachable("timed out"), SourceNeedsPerson("wrong password"), NotYet("no such file")]


@pytest.mark.parametrize("trouble", FORMER, ids=repr)
def test_an_attempt_that_knows_the_former_source_counts_no_more(
    recorder: Recorder, trouble: SourceError | None
) -> None:
    """The source is set while two recordings wait, and one of them is just being fetched from the former."""
    former = Spool(trouble=trouble) if trouble else None
    recorder.record("a.wav")
    recorder.record("a.wav")
    recorder.spool.files["a.wav"] = wav(1)
    recorder.bring_forward()
    sources = iter([former, recorder.spool, recorder.spool])

    def source_of(_: int) -> Source | None:
        source = next(sources)
        if source is former:
            assert recordings.try_again(recorder.firm.id) == 2
            db.session.commit()
        return source

    with recorder.firm.app.app_context():
        fetching.fetch_due(source_of)
        assert recordings.counts(recorder.firm.id, datetime.min) == {}
    assert next(sources, None) is None


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.wav", wav(0), Why.EMPTY),
        ("a.wav", b"", Why.EMPTY),
        ("a.wav", b"<html>" * 1000, Why.BROKEN),
        ("a.exe", b"MZ", Why.UNKNOWN_FORM),
        ("a", b"MZ", Why.UNKNOWN_FORM),
    ],
    ids=["head alone", "nothing", "page", "program", "no suffix"],
)
def test_what_cannot_play_fails_with_its_reason(recorder: Recorder, name: str, content: bytes, why: Why) -> None:
    """An unfinished file looks the same, so that it is looked at again first."""
    recorder.record(name)
    recorder.spool.files[name] = content
    for _ in range(fetching.DOUBTS):
        recorder.fetch()
    assert state(recorder) == ("failed", why)


def test_what_is_too_big_is_not_taken(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LARGEST", 20_000)
    recorder.record("a.wav", "b.wav")
    recorder.spool.files |= {"a.wav": wav(1), "b.wav": wav(1)}
    recorder.fetch()
    assert state(recorder) == ("failed", Why.TOO_BIG)


def test_our_full_disk_is_not_the_pbxs_fault(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gets the file would take it for a lost connection, and all of the account would wait."""

    def get(name: str, into: BinaryIO) -> Fetched:
        try:
            into.write(wav(1))
        except OSError as error:
            raise Unreachable(str(error)) from error
        return Fetched(name=name, bytes=1)

    recorder.record("a.wav")
    monkeypatch.setattr(recorder.spool, "fetch", get)
    monkeypatch.setattr(fetching, "Bounded", lambda _, room: Bounded(Path("/dev/full"), room))
    recorder.fetch()
    assert state(recorder) == ("waiting", Why.OURS)


def test_a_shelf_that_does_not_take_is_tried_again(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise storage.ShelfError("no space left on device")

    recorder.record("a.wav")
    recorder.spool.files["a.wav"] = wav(1)
    with monkeypatch.context() as patched:
        patched.setattr(storage.Shelf, "put", full)
        recorder.fetch()
    assert state(recorder) == ("waiting", Why.OURS)
    recorder.fetch()
    assert state(recorder) == ("ready", None)


def test_an_attempt_that_was_taken_over_changes_nothing_and_leaves_nothing(recorder: Recorder, kept: Path) -> None:
    """A worker froze with the recording in its hands; another made it meanwhile."""
    recorder.record("a.wav")
    recorder.spool.files["a.wav"] = wav(1)
    with recorder.firm.app.app_context():
        recorder.bring_forward()
        frozen = recordings.claim()
        assert frozen is not None
        recorder.fetch()
        assert state(recorder)[0] == RecordingState.READY
        storage.shelf().put(frozen.key, io.BytesIO(b"late"))
        assert not recordings.finish(frozen, bytes=1, seconds=1)
        assert recorder.row().bytes != 1
        _bring_leavings_forward()
        fetching.tidy()
    assert [each.name for each in (kept / str(recorder.firm.id)).iterdir()] == [
        str(recorder.row().key).partition("/")[2]
    ]


def test_what_a_killed_worker_left_on_the_disk_is_deleted(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "gettempdir", lambda: str(tmp_path))
    for name in ("old", "new"):
        (tmp_path / f"{fetching.PREFIX}{name}").mkdir()
    os.utime(tmp_path / f"{fetching.PREFIX}old", (0, 0))
    with recorder.firm.app.app_context():
        fetching.tidy()
    assert [each.name for each in tmp_path.iterdir()] == [f"{fetching.PREFIX}new"]


def test_an_attempt_goes_on_for_as_long_as_its_worker_lives(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the PBX is; a worker that is dead says nothing, and another is at it within seconds."""
    taken: list[bool] = []

    def slow(name: str, into: BinaryIO) -> Fetched:
        recorder.bring_forward()  # the lease is over
        fetching.hold_on()
        taken.append(recordings.claim() is not None)
        into.write(wav(1))
        return Fetched(name=name, bytes=1)

    recorder.record("a.wav")
    monkeypatch.setattr(recorder.spool, "fetch", slow)
    recorder.fetch()
    assert taken == [False]
    assert state(recorder) == ("ready", None)
    recorder.record("b.wav")
    with recorder.firm.app.app_context():
        recorder.bring_forward()
        dead = recordings.claim()
        assert dead is not None
        fetching.hold_on()
        assert recordings.LEASE.total_seconds() <= 20
        recorder.bring_forward()
        taken_over = recordings.claim()
    assert taken_over is not None
    assert taken_over.call == dead.call


def test_an_attempt_that_hangs_is_let_go_of(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LONGEST", -1.0)
    recorder.record("a.wav")

    def hung(name: str, into: BinaryIO) -> Fetched:
        recorder.bring_forward()
        fetching.hold_on()
        assert recordings.claim() is not None
        raise NotYet("no such file")

    monkeypatch.setattr(recorder.spool, "fetch", hung)
    recorder.fetch()
    assert state(recorder) == ("fetching", None)


def test_a_pbx_that_drips_does_not_keep_a_worker(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "GETTING", -1.0)
    recorder.record("a.wav", "b.wav")
    recorder.fetch()
    assert state(recorder) == ("waiting", Why.UNREACHABLE)


def test_two_workers_do_not_fetch_for_one_account_at_once(recorder: Recorder, stranger: Recorder) -> None:
    recorder.record("a.wav")
    recorder.record("b.wav")
    stranger.record("a.wav")
    with recorder.firm.app.app_context():
        recorder.bring_forward()
        stranger.bring_forward()
        first, second, third = recordings.claim(), recordings.claim(), recordings.claim()
    assert first is not None
    assert second is not None
    assert {first.account_id, second.account_id} == {recorder.firm.id, stranger.firm.id}
    assert third is None


@pytest.mark.parametrize("plan", ["on", "off"])
def test_one_is_taken_at_a_time_however_the_database_looks_for_it(
    recorder: Recorder, stranger: Recorder, plan: str
) -> None:
    for each in (recorder, stranger):
        for name in "abcdefgh":
            each.record(f"{name}.wav")
        each.bring_forward()
    with recorder.firm.app.app_context():
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            db.session.execute(db.text(f"set local enable_{way} = {plan}"))
        assert recordings.claim() is not None
        taken = db.select(func.count()).where(RecordingRow.state == RecordingState.FETCHING.value)
        assert db.session.scalar(taken) == 1


def test_one_that_nobody_lives_to_tell_of_ends(recorder: Recorder) -> None:
    recorder.record("a.wav")
    recorder.spool.files["a.wav"] = wav(1)
    wear_out(recorder, fetching.GIVES_UP)
    recorder.fetch()
    assert state(recorder) == ("failed", Why.BROKEN)
    assert recorder.spool.asked == []


def _bring_leavings_forward() -> None:
    db.session.execute(db.text("update recording_leavings set due_at = now()"))
    db.session.commit()


def test_an_account_has_so_much_room_and_no_more(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "bytes_kept", lambda account_id: 100 * 1024**3)
    recorder.spool.files["a.wav"] = wav(1)
    recorder.record("a.wav")
    recorder.fetch()
    assert (recorder.row().state, recorder.row().why) == ("failed", "over_quota")
    assert recorder.spool.asked == []


def test_a_disk_that_is_nearly_full_waits(recorder: Recorder) -> None:
    recorder.spool.files["a.wav"] = wav(1)
    recorder.record("a.wav")
    config = recorder.firm.app.config
    config["KEEP_FREE"] = 2**60
    recorder.fetch()
    assert (recorder.row().state, recorder.row().why, recorder.spool.asked) == ("waiting", "ours", [])
    config["KEEP_FREE"] = 0
    recorder.fetch()
    assert recorder.row().state == "ready"


def test_kept_recordings_are_nobody_elses(recorder: Recorder, kept: Path) -> None:
    recorder.spool.files["a.wav"] = wav(1)
    recorder.record("a.wav")
    kept.chmod(0o755)  # as an earlier version left it
    recorder.firm.app.extensions["shelf"].__dict__.pop("_store", None)
    recorder.fetch()
    assert kept.stat().st_mode & 0o077 == 0
