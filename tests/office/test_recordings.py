"""What a real PBX does with recordings: it sends them after the call by our line, and hands them out by ARI."""

from __future__ import annotations

import io
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest

from backend.pbx.address import networks
from backend.pbx.dialplan.upload import command, recorded
from backend.recordings.reach import address_of
from backend.recordings.sources import NotYet, SourceNeedsPerson
from backend.recordings.web import AriSource, WebServer
from sandbox.pbx import Office

pytestmark = pytest.mark.asterisk
IVAN = "+79161234567"
DID = "74951000099"
PATIENCE = 60.0  # seconds; only ever spent by a test that fails
HOSTILE = "x'$(touch PWNED)`touch PWNED`|touch PWNED&\\(\"y{1,2}"


class Receiver:
    """Where files are put; the first `busy` times it has no time."""

    def __init__(self) -> None:
        self.put: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.busy = 0
        self.address = ""


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.busy -= 1
            self.send_response(503 if receiver.busy >= 0 else 201)
            self.send_header("Content-Length", "0")
            self.end_headers()
            if receiver.busy < 0:
                receiver.put.put((self.path, body))

        def log_message(self, *args: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.address = f"http://127.0.0.1:{server.server_address[1]}/recordings/1/upload/k-E_y"
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def talk(office: Office, dialplan: str, *lines: str) -> None:
    """A call that goes through these lines of the dialplan, and a second of talk."""
    steps = "".join(f" same => n,{line}\n" for line in lines)
    office.installs(f"{dialplan}\n[from-trunk]\nexten => {DID},1,NoOp()\n{steps} same => n,Goto(from-internal,101,1)\n")
    caller = office.client(IVAN).calls(DID)
    office.phone("101").answers().talks(0.5)
    caller.hangs_up()
    office.quiet()


def test_a_recording_is_sent_after_its_call(office: Office) -> None:
    with receiving() as receiver:
        receiver.busy = 1  # curl tries again
        talk(office, recorded(receiver.address), "Gosub(phone-station-record,s,1(mine/in-${CALLERID(num)}-7.wav))")
        path, body = receiver.put.get(timeout=PATIENCE)
    assert unquote(path) == f"/recordings/1/upload/k-E_y/in-{IVAN}-7.wav"
    assert body == (office.recordings / f"mine/in-{IVAN}-7.wav").read_bytes()
    assert body.startswith(b"RIFF")
    assert len(body) > 3000


def test_a_recording_without_a_name_gets_one(office: Office) -> None:
    with receiving() as receiver:
        talk(office, recorded(receiver.address), "Gosub(phone-station-record,s,1)")
        path, _ = receiver.put.get(timeout=PATIENCE)
    (kept,) = office.recordings.rglob(path.rpartition("/")[2])
    assert len(kept.relative_to(office.recordings).parts) == 4  # year, month and day


def test_freepbxs_own_setting_takes_the_same_line(office: Office) -> None:
    """FreePBX gives it to MixMonitor by a variable, MIXMON_POST."""
    with receiving() as receiver:
        talk(office, f"[globals]\nMIXMON_POST={command(receiver.address)}\n", "MixMonitor(post-9.wav,b,${MIXMON_POST})")
        path, _ = receiver.put.get(timeout=PATIENCE)
    assert path.endswith("/post-9.wav")


def test_nothing_that_a_caller_shows_reaches_the_shell(office: Office) -> None:
    """Neither by our own context, nor where the file is named by somebody else's dialplan: then it is not sent."""
    hostile = f"Set(SHOWN={HOSTILE})".replace("\\", "\\\\")
    above = "Set(SHOWN=${SHOWN}/../../..)"
    with receiving() as receiver:
        talk(office, recorded(receiver.address), hostile, above, "Gosub(phone-station-record,s,1(in-${SHOWN}-8.wav))")
        path, _ = receiver.put.get(timeout=PATIENCE)
        line = command(receiver.address)
        talk(office, "", hostile, f"MixMonitor(z${{SHOWN}}.wav,b,{line})", f"MixMonitor(after.wav,b,{line})")
        assert receiver.put.get(timeout=PATIENCE)[0].endswith("/after.wav")
        assert receiver.put.empty()
    assert [*office.recordings.rglob(path.rpartition("/")[2])]  # it was written below its folder
    assert not [*office.home.rglob("PWNED"), *Path.cwd().glob("PWNED"), *Path("/").glob("PWNED")]


def test_ari_hands_recordings_out(office: Office) -> None:
    ari = office.opens_ari()
    talk(office, "", "MixMonitor(2026/11/23/in-+7916-20261123-7.1.wav,b)", "MixMonitor(flat-8.gsm,b)")

    def source(secret: str, template: str) -> AriSource:
        address = address_of(ari.url)
        server = WebServer(address=address, allowed=networks("127.0.0.0/8"), username=ari.username, secret=secret)
        return AriSource(server=server, template=template, zone=ZoneInfo("UTC"))

    for name, template in (("in-+7916-20261123-7.1.wav", "{year}/{month}/{day}/{name}"), ("flat-8.gsm", "{stem}")):
        into = io.BytesIO()
        source(ari.secret, template).try_out()
        fetched = source(ari.secret, template).fetch(name, into)
        (kept,) = office.recordings.rglob(name)
        assert (into.getvalue(), fetched.name) == (kept.read_bytes(), name)
    with pytest.raises(NotYet):
        source(ari.secret, "{name}").fetch("nowhere.wav", io.BytesIO())
    for refused in (lambda: source("wrong", "{name}").try_out(), lambda: source("x", "{name}").fetch("a.wav", into)):
        with pytest.raises(SourceNeedsPerson) as told:
            refused()
        assert told.value.kind == "wrong_login"
