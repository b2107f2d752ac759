"""Recordings behind a web server: what is asked, what is taken, and what each trouble is."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from backend.pbx.address import networks
from backend.recordings import reach
from backend.recordings.reach import address_of
from backend.recordings.sources import NotYet, SourceError, SourceNeedsPerson, TooBig, Unreachable
from backend.recordings.web import WebServer, WebSource
from tests.pbx.test_link_tls import Certificate

from .servers import BASIC, SECRET, USER, speaker, web_over, web_that

NAME = "in-74951000001-+79161234567-20261123-101112-1795395461.77.wav"
LOOPBACK = networks("127.0.0.0/8")


def source(url: str, template: str = "{year}/{month}/{day}/{name}", **more: Any) -> WebSource:
    certificate, allowed = more.pop("certificate", None), more.pop("allowed", LOOPBACK)
    server = WebServer(address=address_of(url, certificate), allowed=allowed, **more)
    return WebSource(server=server, template=template, zone=ZoneInfo("Europe/Moscow"))


def fetched(source: WebSource, name: str = NAME) -> bytes:
    into = io.BytesIO()
    told = source.fetch(name, into)
    assert told.bytes == len(into.getvalue())
    assert told.name == name
    return into.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    day = tmp_path / "root/monitor/2026/11/23"
    day.mkdir(parents=True)
    (day / NAME).write_bytes(b"RIFF" + bytes(200_000))
    (tmp_path / "root/monitor/запись #1 50.wav").write_bytes(b"plain")
    (tmp_path / "secret.wav").write_bytes(b"not to be seen")
    return tmp_path / "root"


def test_the_layouts_of_freepbx_and_plain_asterisk(folder: Path) -> None:
    with web_over(folder) as server:
        assert len(fetched(source(server.url()))) == 200_004
        assert fetched(source(server.url(), "{name}"), "запись #1 50.wav") == b"plain"
    assert server.asked[0] == (f"/monitor/2026/11/23/{quote(NAME)}", f"127.0.0.1:{server.port}")


@pytest.mark.parametrize(
    ("expected", "told"),
    [(BASIC, {"username": USER, "secret": SECRET}), ("Bearer t0ken", {"secret": "t0ken"}), (None, {})],
    ids=["Basic", "bearer", "nobody asks"],
)
def test_who_we_are(folder: Path, expected: str | None, told: dict[str, str]) -> None:
    with web_over(folder) as server:
        server.authorization = expected
        assert fetched(source(server.url(), **told)).startswith(b"RIFF")
        source(server.url(), **told).try_out()
        if expected:
            with pytest.raises(SourceNeedsPerson) as refused:
                fetched(source(server.url(), username=USER, secret="wrong"))
            assert refused.value.kind == "wrong_login"
            assert "wrong" not in str(refused.value).replace("wrong_login", "")


@pytest.mark.parametrize("name", ["../secret.wav", "..%2fsecret.wav", "%2e%2e/secret.wav", "/secret.wav", "x\r\nX: y"])
def test_a_hostile_name_is_not_even_asked_for(folder: Path, name: str) -> None:
    with web_over(folder) as server, pytest.raises(NotYet, match="cannot be asked for"):
        fetched(source(server.url()), name)
    assert server.asked == []


def answer(status: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return say


@pytest.mark.parametrize(
    ("says", "error", "kind"),
    [
        (answer(404), NotYet, "absent"),
        (answer(200), NotYet, "absent"),
        (answer(401), SourceNeedsPerson, "wrong_login"),
        (answer(403), SourceNeedsPerson, "wrong_login"),
        (answer(302, Location="http://169.254.169.254/latest/meta-data"), SourceNeedsPerson, "redirected"),
        (answer(200, b"<html>Log in", Content_Type="text/html; charset=utf-8"), SourceNeedsPerson, "page"),
        (answer(400), SourceNeedsPerson, "status"),
        (answer(429), Unreachable, "status"),
        (answer(503), Unreachable, "status"),
        (answer(200, b"RIFF", Content_Length="4000"), Unreachable, "lost"),
    ],
)
def test_each_trouble_is_told_apart(says: Any, error: type[SourceError], kind: str) -> None:
    with web_that(says) as server, pytest.raises(SourceError) as told:
        fetched(source(server.url()))
    assert (type(told.value), told.value.kind) == (error, kind)
    assert len(server.asked) == 1


def test_what_is_too_big_is_let_go_at_once() -> None:
    class Small(io.BytesIO):
        def write(self, chunk: Any) -> int:
            raise TooBig("too big")

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            while True:
                handler.wfile.write(bytes(65536))

    with web_that(endless) as server, pytest.raises(TooBig):
        source(server.url()).fetch(NAME, Small())


def test_who_answers_a_byte_at_a_time_is_cut_off() -> None:
    def drip(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while connection.send(b"x"):
                connection.settimeout(0.01)
                with suppress(TimeoutError):
                    if not connection.recv(1000):
                        return

    with speaker(drip) as server, pytest.raises(Unreachable) as told:
        fetched(source(server.url(), longest=0.3))
    assert told.value.kind == "silent"


@pytest.mark.parametrize("says", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200, b"\0" * 70_000])
def test_what_is_no_web_server_is_told(says: bytes) -> None:
    def speak(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.recv(1000)
            connection.sendall(says)

    with speaker(speak) as server, pytest.raises(Unreachable):
        fetched(source(server.url()))


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable) as told:
        fetched(source(f"http://127.0.0.1:{port}/"))
    assert told.value.kind == "no_connection"


def test_tls_is_verified_by_the_hosts_own_name(folder: Path, tmp_path: Path) -> None:
    own, others = Certificate("localhost"), Certificate("pbx.example.com")
    with web_over(folder, own.server(tmp_path)) as server:
        url = server.url(scheme="https", host="localhost")
        assert fetched(source(url, certificate=own.pem)).startswith(b"RIFF")
        assert server.names == ["localhost"]
        assert server.asked[0][1] == f"localhost:{server.port}"
        for certificate in (None, others.pem):
            with pytest.raises(SourceNeedsPerson) as told:
                fetched(source(url, certificate=certificate))
            assert told.value.kind == "not_trusted"


def test_a_trusted_certificate_of_another_name_is_refused(folder: Path, tmp_path: Path) -> None:
    ours = Certificate("our authority")
    tls = Certificate("pbx.example.com", by=ours).server(tmp_path)
    with web_over(folder, tls) as server, pytest.raises(SourceNeedsPerson) as told:
        fetched(source(server.url(scheme="https", host="localhost"), certificate=ours.pem))
    assert told.value.kind == "other_name"
    assert server.asked == []


def test_plain_where_tls_is_expected(folder: Path) -> None:
    with web_over(folder) as server, pytest.raises(Unreachable) as told:
        fetched(source(server.url(scheme="https")))
    assert told.value.kind == "no_tls"


def infos(*ips: str) -> list[Any]:
    families = [socket.AF_INET6 if ":" in ip else socket.AF_INET for ip in ips]
    return [(family, socket.SOCK_STREAM, 6, "", (ip, 80)) for family, ip in zip(families, ips, strict=True)]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254", "10.0.0.5"],
)
def test_our_own_network_is_not_reached(host: str) -> None:
    with pytest.raises(SourceError) as told:
        fetched(source(f"http://{host}:8088/", allowed=()))
    assert told.value.kind in ("not_allowed", "no_name")


def test_a_name_that_leads_inside_is_refused_whatever_else_it_leads_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: infos("93.184.215.14", "10.0.0.1"))
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("connected"))
    with pytest.raises(SourceNeedsPerson) as told:
        fetched(source("http://pbx.example.com/", allowed=()))
    assert told.value.kind == "not_allowed"


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever owns the name may let it lead elsewhere a moment later."""
    answers = iter([infos("93.184.215.14"), infos("127.0.0.1")])
    reached: list[Any] = []

    def connect(where: Any, timeout: float) -> socket.socket:
        reached.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: next(answers))
    monkeypatch.setattr(reach.socket, "create_connection", connect)
    with pytest.raises(Unreachable):
        fetched(source("http://pbx.example.com/", allowed=()))
    assert reached == [("93.184.215.14", 80)]
    assert len(list(answers)) == 1  # the name was looked up once
