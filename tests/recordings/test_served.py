"""Recordings as a real `web` process serves them, to many at once."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from backend.config import Settings
from backend.store import db
from backend.store.recordings import access, objects
from backend.store.settings.settings import read as settings_of
from sandbox.crm.server import Crm
from tests.conftest import copied, running
from tests.kill.processes import until
from tests.recordings.conftest import Recorder
from tests.recordings.sounds import wav
from tests.stream.web import HOST, PATIENCE, Web

SECONDS = 70
SLOW = 60  # listeners who take nothing


@pytest.fixture(scope="module")
def ours(settings: Settings, crm: Crm) -> Iterator[Settings]:
    known = {"amocrm_client_id": crm.client_id, "amocrm_client_secret": crm.client_secret}
    with copied(settings) as database:
        yield database.model_copy(update={**known, "sandbox_host_suffix": crm.domain})


@pytest.fixture(scope="module")
def app(ours: Settings, crm: Crm) -> Iterator[Flask]:
    with running(ours) as app:
        crm.integrate(app.extensions["integration"].redirect_uri)
        yield app


@pytest.fixture(scope="module")
def web(ours: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(ours, tmp_path_factory.mktemp("web") / "log")
    web.start()
    yield web
    web.stop()


@pytest.fixture
def song(recorder: Recorder, web: Web) -> str:
    link = recorder.record("a.wav")
    recorder.spool.files["a.wav"] = wav(SECONDS)
    recorder.fetch()
    return link


def get(web: Web, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(HOST, web.port, timeout=PATIENCE)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.headers), body


def waits(web: Web) -> set[str]:
    """What in the kernel the worker's threads wait for."""
    return {(task / "wchan").read_text() for task in Path(f"/proc/{web.worker}/task").iterdir()}


def test_it_is_served_whole_and_in_parts(recorder: Recorder, web: Web, song: str) -> None:
    status, headers, whole = get(web, song)
    size = recorder.row().bytes
    assert (status, headers["Content-Length"], len(whole)) == (200, str(size), size)
    status, headers, part = get(web, song, Range="bytes=1000-270000")
    assert (status, headers["Content-Range"]) == (206, f"bytes 1000-270000/{size}")
    assert part == whole[1000:270001]


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not here: apt-get install ffmpeg")
def test_ffprobe_finds_an_mp3_of_the_call_s_length(recorder: Recorder, web: Web, song: str) -> None:
    asked = [
        "ffprobe",
        "-v",
        "error",
        "-show_format",
        "-show_streams",
        "-of",
        "json",
        f"http://{HOST}:{web.port}{song}",
    ]
    found = json.loads(subprocess.run(asked, check=True, capture_output=True, timeout=PATIENCE).stdout)
    (stream,) = found["streams"]
    assert (stream["codec_name"], stream["channels"], stream["sample_rate"]) == ("mp3", 1, "16000")
    assert (found["format"]["format_name"], int(found["format"]["size"])) == ("mp3", recorder.row().bytes)
    assert float(found["format"]["duration"]) == pytest.approx(SECONDS, abs=0.2)


def test_listeners_who_take_nothing_hold_up_nobody(web: Web, song: str) -> None:
    slow = [socket.create_connection((HOST, web.port)) for _ in range(SLOW)]
    for each in slow:
        each.sendall(f"GET {song} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        assert each.recv(15) == b"HTTP/1.1 200 OK"
    assert get(web, song, Range="bytes=0-9")[0] == 206
    for each in slow:
        each.close()


@pytest.mark.parametrize("how", ["PUT", "POST"])
@pytest.mark.parametrize("then", ["is cut off", "falls silent"])
def test_an_upload_that_comes_to_no_end_keeps_neither_file_nor_place(
    recorder: Recorder, web: Web, how: str, then: str
) -> None:
    """The whole would be a good recording, but for its second half."""
    path = f"/recordings/{recorder.firm.id}/upload/{pushed(recorder)}{'/a.wav' if how == 'PUT' else ''}"
    head = (
        f"{how} {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    form = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' if how == "POST" else ""
    with socket.create_connection((HOST, web.port), PATIENCE) as pbx:
        pbx.sendall(head.encode() + form.encode() + wav(1))
        if then == "is cut off":
            pbx.shutdown(socket.SHUT_WR)
        assert pbx.recv(12) == b"HTTP/1.1 408"
    with recorder.firm.app.app_context():
        assert objects.last_part(recorder.firm.id) is None


def pushed(recorder: Recorder) -> str:
    """The key of an account whose PBX pushes."""
    recorder.firm.set(recordings={"source": "push"})
    with recorder.firm.app.app_context():
        access.write(recorder.firm.id, settings_of(recorder.firm.id).recordings)
        db.session.commit()
        key = access.upload_key(recorder.firm.id)
    assert key is not None
    return key


def test_a_disk_that_hangs_holds_up_nobody(recorder: Recorder, web: Web, song: str, kept: Path) -> None:
    """A pipe without a writer, in the file's place, is a disk that does not answer."""
    key = recorder.row().key
    assert key is not None
    (kept / key).unlink()
    os.mkfifo(kept / key)
    with socket.create_connection((HOST, web.port)) as waiting:
        waiting.sendall(f"GET {song} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        until(lambda: "wait_for_partner" in waits(web), "the disk is waited for", PATIENCE)
        assert web.ask("GET", "/healthz")[0] == 200
        waiting.setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting.recv(1)
        os.close(os.open(kept / key, os.O_WRONLY))
        waiting.setblocking(True)
        waiting.settimeout(PATIENCE)
        assert waiting.recv(12) == b"HTTP/1.1 503"
