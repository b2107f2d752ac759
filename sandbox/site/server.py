"""The website's server: one page in two languages, at `http://site.localhost:PORT`."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import requests
from flask import Flask, render_template, request
from werkzeug.serving import WSGIRequestHandler, make_server

HOST = "site.localhost"
POLL = 0.02  # seconds
PATIENCE = 30.0


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class Site:
    """Serves while it is entered. `key` is what the account's settings say of this site."""

    def __init__(self, station: str, key: str, departments: tuple[str, ...] = ()) -> None:
        app = Flask(__name__)
        app.add_url_rule("/", "page", self._page)
        self._station, self._key, self._departments = station, key, departments
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL,), name="site", daemon=True)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def asks(self, **form: str) -> None:
        """A visitor sends the form, as his browser would. Raises requests' errors."""
        address = f"{self._station}/callback/{self._key}"
        requests.post(address, data=form, headers={"Origin": self.url}, timeout=PATIENCE).raise_for_status()

    def _page(self) -> str:
        language = "en" if request.args.get("lang") == "en" else "ru"
        departments = "|".join(self._departments)
        return render_template(
            "page.html", station=self._station, key=self._key, language=language, departments=departments
        )
