"""A backend that says what a test tells it to: a page with the widget's modules, their stream, a record of requests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

HERE = Path(__file__).parent
WIDGET = HERE.parent.parent / "widget"
BEAT = 20.0  # seconds
TYPES = {".js": "text/javascript", ".html": "text/html; charset=utf-8"}

Answer = tuple[int, dict[str, Any]]


@dataclass(kw_only=True)
class Station:
    """`asked` holds (method, path, body) of every request but the stream's; `opened` the `after` of each stream."""

    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    news: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    serial: int = 0
    era: int = 0
    is_away: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        me = {
            "user_id": 7,
            "name": "Игорь",
            "extensions": ["101"],
            "phone": "free",
            "link": "up",
            "account": "connected",
        }
        self.news = {"me": me, "colleagues": {"colleagues": []}, "missed": {"calls": []}}

    def show(self, call: str, state: str, **details: Any) -> None:
        with self.changed:
            self.serial += 1
            known = self.rows.get(call, {}).get("details", {})
            self.rows[call] = {
                "call": call, "state": state, "serial": self.serial, "details": {**known, **details},
            }  # fmt: skip
            self.changed.notify_all()

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        with self.changed:
            self.news = {**self.news, kind: data}
            self.changed.notify_all()

    def drop_streams(self, *, away: bool = False) -> None:
        with self.changed:
            self.era, self.is_away = self.era + 1, away
            self.changed.notify_all()

    def come_back(self) -> None:
        self.is_away = False

    def wait_for(self, what: Callable[[], bool], timeout: float = 10) -> None:
        with self.changed:
            assert self.changed.wait_for(what, timeout)

    def bodies(self, method: str, path: str) -> list[dict[str, Any]]:
        return [body for asked, where, body in self.asked if (asked, where) == (method, path)]

    def take(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        with self.changed:
            self.asked.append((method, path, body))
            self.changed.notify_all()
        if self.is_away:
            return 502, {}
        if path == "/api/stream/ticket":
            return 200, {"ticket": "ticket", "expires_in": 86400, "now": time.time()}
        answer = self.answers.get((method, path), (200, {}))
        if path.endswith("/close") and answer[0] == 200:
            self.show(path.split("/")[3], "closed")
        return answer

    def events(self, after: int) -> Iterator[str]:
        """What a stream says, until the streams are dropped."""
        era, told = self.era, dict[str, Any]()
        while era == self.era:
            with self.changed:
                fresh = {kind: data for kind, data in self.news.items() if told.get(kind) is not data}
                rows = sorted(
                    (row for row in self.rows.values() if row["serial"] > after), key=lambda row: row["serial"]
                )
                if not fresh and not rows and not self.changed.wait(BEAT):
                    fresh = {"beat": {}}
            told |= fresh
            yield from (
                _event(kind, {**data, "now": time.time()} if kind == "me" else data) for kind, data in fresh.items()
            )
            for row in rows:
                after = row["serial"]
                yield f"id: {after}\n{_event('popup', row)}"


def _event(kind: str, data: dict[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def serve(station: Station) -> ThreadingHTTPServer:
    """On a free port of the loopback, until shut down."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(station))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


def _handler(station: Station) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """The test's own record is enough."""

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/api/stream":
                self.stream(parse_qs(address.query).get("after", [""])[0])
            elif address.path.startswith("/api/"):
                self.answer(*station.take("GET", self.path.partition("lang=")[0].rstrip("?&"), {}))
            else:
                self.page(address.path, parse_qs(address.query).get("lang", ["ru"])[0])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.answer(*station.take("POST", urlsplit(self.path).path, json.loads(body or b"{}")))

        def answer(self, status: int, data: dict[str, Any]) -> None:
            self.send(status, "application/json", json.dumps(data).encode())

        def page(self, path: str, language: str) -> None:
            if path == "/style.css":
                parts = (WIDGET / "styles" / f"{name}.css" for name in ("base", "panel", "popups"))
                self.send(200, "text/css", "\n".join(part.read_text() for part in parts).encode())
            elif path == "/languages.json":
                self.send(200, "application/json", json.dumps(_languages()).encode())
            elif path == "/words.json":
                self.send(200, "application/json", json.dumps(_words(language)).encode())
            else:
                file = WIDGET / path.lstrip("/") if path.startswith("/src/") else HERE / "page.html"
                self.send(200, TYPES[file.suffix], file.read_bytes())

        def send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def stream(self, after: str) -> None:
            if station.is_away:
                self.answer(502, {})
                return
            self.close_connection = True
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            with station.changed:
                station.opened.append(after)
                station.changed.notify_all()
            try:
                for said in station.events(int(after or 0)):
                    self.wfile.write(said.encode())
            except OSError:
                return  # the tab has gone

    return Handler


def _languages() -> dict[str, Any]:
    return {file.parent.name: json.loads(file.read_text()) for file in (WIDGET / "i18n").glob("*/language.json")}


def _words(language: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for file in sorted((WIDGET / "i18n" / language).glob("*.json")):
        if file.name == "language.json":
            continue
        for section, words in json.loads(file.read_text()).items():
            merged.setdefault(section, {}).update(words)
    return merged
