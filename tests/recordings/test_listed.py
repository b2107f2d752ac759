"""What the card says of its calls' recordings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from backend.desk.health.health import health
from backend.recordings.fetching import DOUBTS
from backend.recordings.sources import SourceError, SourceNeedsPerson, Unreachable
from backend.store import db
from backend.store.journal.journal import CallRow
from backend.store.recordings import recordings
from backend.store.recordings.recordings import RecordingRow
from tests.asking import ask
from tests.recordings.conftest import IVAN, Recorder
from tests.recordings.sounds import wav


@pytest.fixture
def card(recorder: Recorder) -> str:
    contact = recorder.firm.account.add_contact("Иван", [IVAN])
    recorder.firm.sync()
    return f"/api/card?entity=contacts&id={contact['id']}"


def told(recorder: Recorder, card: str, language: str = "ru") -> list[Any]:
    """Of each call, newest first: link, state, why."""
    answer = ask(recorder.firm, "Анна", "GET", card, language=language)
    assert answer.json is not None
    names = ("recording", "recording_state", "recording_why")
    return [tuple(call.get(name) for name in names) for call in answer.json["calls"]]


def test_a_recording_waits_plays_and_is_gone(recorder: Recorder, card: str) -> None:
    link = f"http://localhost:8000{recorder.record('a.wav')}"
    assert told(recorder, card) == [(link, "waiting", None)]
    recorder.spool.files["a.wav"] = wav(1)
    recorder.fetch()
    assert told(recorder, card) == [(link, "ready", None)]
    with recorder.firm.app.app_context():
        recordings.forget_older(recorder.firm.id, db.session.scalar(db.func.now()))
        db.session.commit()
    assert told(recorder, card) == [(link, "failed", "срок её хранения истёк")]


def test_why_it_will_not_come_is_told_in_the_user_s_language(recorder: Recorder, card: str) -> None:
    recorder.record("a.wav")
    recorder.spool.files["a.wav"] = b"<html>"
    for _ in range(DOUBTS):
        recorder.fetch()
    assert [each[1:] for each in told(recorder, card)] == [("failed", "файл записи повреждён")]
    assert [each[1:] for each in told(recorder, card, "en")] == [("failed", "the file is damaged")]


def test_where_recordings_are_not_fetched_nothing_is_said_of_them(recorder: Recorder, card: str) -> None:
    recorder.record()
    recorder.record("a.wav")
    recorder.source = None
    recorder.fetch()
    assert [each[1:] for each in told(recorder, card)] == [(None, None), (None, None)]


def test_nobody_is_let_wait_for_what_nobody_answered(recorder: Recorder, card: str) -> None:
    call = recorder.firm.miss(IVAN)
    with recorder.firm.app.app_context():
        db.session.execute(update(CallRow).filter_by(account_id=recorder.firm.id, call=call).values(recording="a.wav"))
        db.session.commit()
    recorder.name(call, "a.wav")
    assert [(bool(link), *more) for link, *more in told(recorder, card)] == [(True, None, None)]
    recorder.spool.files["a.wav"] = wav(1)
    recorder.fetch()
    assert [each[1:] for each in told(recorder, card)] == [("ready", None)]


def test_the_health_tells_what_failed_in_the_last_days(recorder: Recorder, stranger: Recorder) -> None:
    def told() -> list[Any]:
        return [health(each.firm.id)["recordings"] for each in (recorder, stranger)]

    recorder.record("a.wav")
    stranger.record("a.wav")
    recorder.spool.files["a.wav"] = b"<html>"
    for _ in range(DOUBTS):
        recorder.fetch()
    with recorder.firm.app.app_context():
        well = {"trouble": ""}
        assert told() == [{"waiting": 0, "failed": 1, **well}, {"waiting": 1, "failed": 0, **well}]
        db.session.execute(update(RecordingRow).values(due_at=RecordingRow.due_at - timedelta(days=8)))
        assert told() == [{"waiting": 0, "failed": 0, **well}, {"waiting": 1, "failed": 0, **well}]


@pytest.mark.parametrize(
    ("trouble", "word"), [(SourceNeedsPerson("401"), "refused"), (Unreachable("refused"), "unreachable")]
)
def test_the_health_tells_at_once_that_the_pbx_does_not_give_them(
    recorder: Recorder, stranger: Recorder, trouble: SourceError, word: str
) -> None:
    recorder.record("a.wav")
    stranger.record("a.wav")
    recorder.spool.trouble = trouble
    recorder.fetch()
    with recorder.firm.app.app_context():
        assert health(recorder.firm.id)["recordings"] == {"waiting": 1, "failed": 0, "trouble": word}
        assert health(stranger.firm.id)["recordings"]["trouble"] == ""
