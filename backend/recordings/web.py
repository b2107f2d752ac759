"""Recordings behind a web server: the PBX's own, a folder of any, or Asterisk's ARI.

Nothing is followed: a redirect is an address that nobody has checked, and would be told the account's secret.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import tzinfo
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import BinaryIO
from urllib.parse import quote

from backend.pbx.address import Networks
from backend.recordings.path import path_of, stem_of
from backend.recordings.reach import LONGEST, PORTS, Address, connected
from backend.recordings.sources import Fetched, NotYet, SourceError, SourceNeedsPerson, Unreachable

CHUNK = 64 * 1024
REFUSED, ABSENT, LATER = {401, 403}, {404, 410}, {408, 425, 429}
PAGES = ("text/html", "application/xhtml+xml", "application/json")
KNOWN_AS = {"x-wav": "wav", "wave": "wav", "vnd.wave": "wav", "mpeg": "mp3", "x-gsm": "gsm", "basic": "ulaw"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServer:
    """`username` with `secret` is Basic, `secret` alone a bearer token."""

    address: Address
    allowed: Networks
    username: str | None = None
    secret: str | None = field(default=None, repr=False)
    longest: float = LONGEST

    @contextmanager
    def asked(self, *path: str) -> Iterator[HTTPResponse]:
        """The answer to a GET of these parts below the address, whatever its status. Raises SourceError.

        All but letters and digits are quoted: a bare `+` is a space to Asterisk's server.
        """
        target = "/".join((self.address.path, *(quote(part, safe="") for part in path))) or "/"
        http = HTTPConnection(self.address.host, self.address.port)
        with connected(self.address, self.allowed, self.longest) as http.sock:
            try:
                http.request("GET", target, headers=self._headers())
                with http.getresponse() as answer:
                    yield answer
            except HTTPException as error:
                words = f"what answers is no web server, or broke off: {type(error).__name__}"
                raise Unreachable(words, kind="lost") from error

    def _headers(self) -> Mapping[str, str]:
        host = f"[{self.address.host}]" if ":" in self.address.host else self.address.host
        port = "" if self.address.port == PORTS[self.address.scheme] else f":{self.address.port}"
        headers = {"Host": host + port, "User-Agent": "Phone-Station", "Accept": "*/*", "Connection": "close"}
        if self.username is not None:
            pair = f"{self.username}:{self.secret or ''}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        elif self.secret is not None:
            headers["Authorization"] = f"Bearer {self.secret.encode().decode('latin-1')}"
        return headers


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSource:
    """Files below the address, by `template` (RecordingsSetting.path)."""

    server: WebServer
    template: str
    zone: tzinfo

    def fetch(self, name: str, into: BinaryIO) -> Fetched:
        path = path_of(name, self.template, self.zone)
        with self.server.asked(*path) as answer:
            return Fetched(name=path[-1], bytes=_read(answer, into))

    def try_out(self) -> None:
        """Whether we are let in; a folder that is not listed is no refusal of what is in it."""
        with self.server.asked("") as answer:
            if answer.status == 401:
                raise _refused(answer)
            if answer.status != 403:
                _judge(answer, absent=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AriSource:
    """ARI's stored recordings (`/recordings/stored/NAME/file`, Asterisk 14 and later): what lies below the folder
    `recording` of Asterisk's spool, asked for without a suffix; the folders are a part of the name."""

    server: WebServer
    template: str
    zone: tzinfo

    def fetch(self, name: str, into: BinaryIO) -> Fetched:
        *folders, file = path_of(name, self.template, self.zone)
        with self.server.asked("recordings", "stored", "/".join((*folders, stem_of(file))), "file") as answer:
            count = _read(answer, into)
            return Fetched(name=f"{stem_of(file)}.{_form(answer) or 'wav'}", bytes=count)

    def try_out(self) -> None:
        with self.server.asked("asterisk", "info") as answer:
            _judge(answer, absent=SourceNeedsPerson("there is no ARI at this address", kind="no_ari"))


def _read(answer: HTTPResponse, into: BinaryIO) -> int:
    """How many bytes there were. Raises SourceError."""
    _judge(answer, absent=NotYet("there is no such file", kind="absent"))
    if answer.headers.get_content_type() in PAGES:
        raise SourceNeedsPerson("the server answers with a page, not with a file", kind="page")
    length, count = answer.length, 0
    while chunk := answer.read(CHUNK):
        into.write(chunk)
        count += len(chunk)
    if length is not None and count < length:
        raise Unreachable(f"the server broke off after {count} of {length} bytes", kind="lost")
    if not count:
        raise NotYet("the file is empty", kind="absent")
    return count


def _judge(answer: HTTPResponse, *, absent: SourceError | None) -> None:
    """Raises SourceError unless there is something; `absent` where there is not."""
    status = answer.status
    if status in REFUSED:
        raise _refused(answer)
    if status in ABSENT and absent is None:
        return
    if status in ABSENT and absent is not None:
        raise absent
    if 300 <= status < 400:
        raise SourceNeedsPerson("the server sends us to another address, which is not followed", kind="redirected")
    if status in LATER or status >= 500:
        raise Unreachable(f"the server answers {status}", kind="status", detail=status)
    if status != 200:
        raise SourceNeedsPerson(f"the server answers {status}", kind="status", detail=status)


def _refused(answer: HTTPResponse) -> SourceNeedsPerson:
    words = f"the server refuses the user or his password ({answer.status})"
    return SourceNeedsPerson(words, kind="wrong_login", detail=answer.status)


def _form(answer: HTTPResponse) -> str:
    """`audio/wav` → `wav`; empty for what is no audio."""
    main, _, form = answer.headers.get_content_type().partition("/")
    return KNOWN_AS.get(form, form) if main == "audio" and form.isalnum() | (form in KNOWN_AS) else ""
