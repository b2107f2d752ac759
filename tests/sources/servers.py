"""Servers that keep recordings, on loopback: a web server over a folder, and whatever a hostile one may do."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

USER, SECRET = "station", "s3cret:Пароль"
BASIC = f"Basic {base64.b64encode(f'{USER}:{SECRET}'.encode()).decode()}"


@dataclass
class Web:
    """`asked` are the requests: path and Host; `authorization` must be told where it is set."""

    port: int = 0
    authorization: str | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    """By which names TLS was asked for."""

    def url(self, path: str = "/monitor", scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


class _Files(SimpleHTTPRequestHandler):
    """A web server as PBXs have: files below a folder, behind a password."""

    def __init__(self, web: Web, *more: object, directory: str) -> None:
        self.web = web
        super().__init__(*more, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.web.asked.append((self.path, self.headers["Host"]))
        if self.web.authorization not in (None, self.headers["Authorization"]):
            self.send_error(401)
        else:
            super().do_GET()

    def list_directory(self, path: object) -> None:
        self.send_error(403)

    def log_message(self, *args: object) -> None:
        """Silent."""


@contextmanager
def web_over(folder: Path, tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """`folder` is what lies below the server's root."""
    web = Web()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, web, directory=str(folder))) as server:
        server.daemon_threads = True
        web.port = server.server_address[1]
        if tls:
            tls.sni_callback = lambda _socket, name, _context: web.names.append(name)
            server.socket = tls.wrap_socket(server.socket, server_side=True)
            server.handle_error = lambda *_: None  # type: ignore[method-assign]
        with _serving(server):
            yield web


@contextmanager
def web_that(answers: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Web]:
    """Each request is answered so."""
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append((self.path, self.headers["Host"]))
            answers(self)

        def log_message(self, *args: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        web.port = server.server_address[1]
        with _serving(server):
            yield web


@contextmanager
def speaker(says: Callable[[socket.socket], None]) -> Iterator[Web]:
    """One connection, in bare bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                says(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield Web(port=listening.getsockname()[1])
        thread.join()


@contextmanager
def _serving(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
