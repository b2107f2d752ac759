"""The same hub under Flask's own threaded server."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from backend.config import Settings
from backend.web.stream import hub
from tests.conftest import running
from tests.firm import Firm
from tests.kill.processes import until
from tests.stream.conftest import show
from tests.stream.test_tickets import holder, seal
from tests.stream.web import Browser


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture
def threaded(ours: Settings) -> Iterator[BaseWSGIServer]:
    with running(ours) as app:
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        _hub(server).close()
        until(lambda: not [each for each in threading.enumerate() if each.name == hub.NAME], "the hub ends")
        server.shutdown()
        thread.join()
        server.server_close()


def _hub(server: BaseWSGIServer) -> hub.Hub:
    found = server.app.extensions["hub"]  # type: ignore[attr-defined]
    assert isinstance(found, hub.Hub)
    return found


@pytest.fixture
def open_here(threaded: BaseWSGIServer, ours: Settings) -> Iterator[list[Browser]]:
    opened: list[Browser] = []
    yield opened
    for each in opened:
        each.close()


def browser(threaded: BaseWSGIServer, ours: Settings, firm: Firm, opened: list[Browser]) -> Browser:
    opened.append(Browser(threaded.server_port, seal(ours, holder(firm))))
    return opened[-1]


def test_popups_arrive(
    threaded: BaseWSGIServer, firm: Firm, other: Firm, ours: Settings, open_here: list[Browser]
) -> None:
    here, there = (browser(threaded, ours, each, open_here).greeted() for each in (firm, other))
    show(firm, "1.1")
    show(other, "1.2")
    assert here.popups_until("1.1", "ringing") == [("1.1", "ringing")]
    assert there.popups_until("1.2", "ringing") == [("1.2", "ringing")]


def test_a_process_serves_so_many_streams_and_no_more(
    threaded: BaseWSGIServer,
    firm: Firm,
    ours: Settings,
    open_here: list[Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "MOST", 1)
    answers = [browser(threaded, ours, firm, open_here).answer for _ in range(2)]
    assert [each.status for each in answers] == [200, 503]
    assert b'"busy"' in answers[1].read()


def test_a_process_that_ends_lets_its_readers_go_at_once(
    threaded: BaseWSGIServer, firm: Firm, ours: Settings, open_here: list[Browser]
) -> None:
    """Also those who come while it ends: a browser opens anew by itself after a stream that ended, not after a 503."""
    first = browser(threaded, ours, firm, open_here).greeted()
    _hub(threaded).close()
    assert first.has_ended()
    late = browser(threaded, ours, firm, open_here)
    assert late.answer.status == 200
    assert late.has_ended()
