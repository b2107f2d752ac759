"""A PBX puts a recording: who may, what is taken, and that it plays whichever came first, the call or the file."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, text, update
from werkzeug.test import TestResponse

from backend.recordings import fetching, push
from backend.store import db
from backend.store.journal import journal
from backend.store.recordings import access, objects
from backend.store.recordings.recordings import RecordingRow
from backend.web.recordings import upload
from tests.asking import ask
from tests.firm import Firm
from tests.recordings.sounds import wav

from .test_settings import saved

NAME = "in-74951000001-+79161234567-20261123-101112-1795395461.77.wav"


def key_of(firm: Firm) -> str:
    saved(firm, source="push")
    with firm.app.app_context():
        key = access.upload_key(firm.id)
    assert key is not None
    return key


def put(firm: Firm, key: str, name: str = NAME, body: Any = b"RIFF", **more: Any) -> TestResponse:
    path = f"/recordings/{firm.id}/upload/{key}/{name}"
    return firm.app.test_client().put(path, data=body, **more)


def names(firm: Firm) -> list[str]:
    with firm.app.app_context():
        found = db.session.scalars(
            text("select name from recording_parts where account_id = :account order by name"), {"account": firm.id}
        )
        return list(found)


def call_recorded(firm: Firm) -> Callable[[], TestResponse]:
    """A call that says where its recording is; how its link is asked for."""
    call = firm.call("+79161234567")
    firm.tell(*firm.answer(call, "101"), replace(firm.end(call, ["101"]), recording=NAME))
    with firm.app.app_context():
        row = journal.call(firm.id, call["call"])
        assert row is not None
        link = f"/recordings/{firm.id}/{row.recording_token}.mp3"
    return lambda: firm.app.test_client().get(link)


def fetch(firm: Firm) -> None:
    with firm.app.app_context():
        db.session.execute(update(RecordingRow).values(due_at=func.now()))
        db.session.commit()
        fetching.fetch_due()


@pytest.mark.parametrize("first", ["the call", "the file"])
def test_a_pushed_recording_plays(firm: Firm, other: Firm, first: str) -> None:
    key, sound = key_of(firm), wav(seconds=1)
    if first == "the file":
        assert put(firm, key, body=sound).status_code == 201
    listen = call_recorded(firm)
    theirs = call_recorded(other)  # another account's call has a recording of the same name
    if first == "the call":
        fetch(firm)
        assert listen().status_code == 404
        assert put(firm, key, body=sound).status_code == 201
    fetch(firm)
    played = listen()
    assert (played.status_code, played.mimetype) == (200, "audio/mpeg")
    assert theirs().status_code == 404


def test_a_form_is_taken_too(firm: Firm) -> None:
    path = f"/recordings/{firm.id}/upload/{key_of(firm)}"
    client = firm.app.test_client()
    assert client.post(path, data={"file": (io.BytesIO(b"RIFF"), NAME)}).status_code == 201
    assert client.post(path, data={"name": "b.wav", "file": (io.BytesIO(b"RIFF"), "x")}).status_code == 201
    assert client.post(path, data={"name": "c.wav"}).status_code == 422
    assert names(firm) == ["b.wav", NAME]


def test_the_same_name_again_is_one_file(firm: Firm) -> None:
    key = key_of(firm)
    for body in (b"RIFF", b"RIFF and more"):
        assert put(firm, key, body=body).status_code == 201
    with firm.app.app_context():
        part = objects.part(firm.id, NAME)
        assert part is not None
        assert part.bytes == 13


def test_a_wrong_key_opens_nothing_and_says_nothing(firm: Firm, other: Firm) -> None:
    mine, theirs = key_of(firm), key_of(other)
    unknown = replace(firm, id=1)
    refused = [put(firm, theirs), put(firm, mine[:-1]), put(firm, "x"), put(unknown, mine), put(firm, "%00")]
    assert {(each.status_code, each.text) for each in refused[:4]} == {(404, "unknown\n")}
    assert refused[4].status_code == 404
    ask(firm, "Вера", "POST", "/api/recordings/key")
    assert put(firm, mine).status_code == 404
    assert names(firm) == names(other) == []


def test_a_disabled_account_takes_nothing(firm: Firm) -> None:
    key = key_of(firm)
    with firm.app.app_context():
        db.session.execute(text("update accounts set state = 'disabled' where id = :id"), {"id": firm.id})
        db.session.commit()
    assert put(firm, key).status_code == 404


def test_a_name_that_is_none_is_refused(firm: Firm) -> None:
    key = key_of(firm)
    for name in ("..", "a%2Fb.wav", "a%5Cb.wav", "a.exe", "x" * 300, "a%0A.wav", ".wav.", "%2e%2e"):
        assert put(firm, key, name).status_code in (404, 422)
    assert names(firm) == []


def test_whatever_is_put_has_an_answer(firm: Firm) -> None:
    key = key_of(firm)

    @settings(max_examples=40)
    @given(name=st.text(max_size=40), body=st.binary(max_size=40))
    def holds(name: str, body: bytes) -> None:
        assert put(firm, key, name, body).status_code in (201, 308, 404, 405, 422)

    holds()


def test_too_much_is_refused_before_it_is_read(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of(firm)
    monkeypatch.setattr(upload, "LARGEST", 1000)
    monkeypatch.setattr(push, "LARGEST", 1000)
    assert put(firm, key, body=b"x" * 1001).status_code == 413
    chunked = {"environ_overrides": {"wsgi.input_terminated": True}, "headers": {"Transfer-Encoding": "chunked"}}
    assert put(firm, key, input_stream=io.BytesIO(b"x" * 2000), body=None, **chunked).status_code == 413
    assert names(firm) == []


def test_a_body_that_is_cut_off_is_not_kept(firm: Firm) -> None:
    cut = {"CONTENT_LENGTH": "8", "wsgi.input_terminated": True}  # as gunicorn says of every body
    assert put(firm, key_of(firm), body=b"half", environ_overrides=cut).status_code == 408
    assert names(firm) == []


def test_one_account_leaves_places_for_the_others(firm: Firm, other: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "OF_ACCOUNT", 1)
    mine, theirs = key_of(firm), key_of(other)
    said: list[int] = []

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if not said:
                said.append(put(firm, mine).status_code)
                said.append(put(other, theirs).status_code)
            return super().read(size)

    put(firm, mine, body=None, input_stream=Slow(b"RIFF"), environ_overrides={"CONTENT_LENGTH": "4"})
    assert said == [503, 201]
    assert put(firm, mine).status_code == 201  # its place is free again
