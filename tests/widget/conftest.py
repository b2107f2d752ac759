"""The widget's stream, popups and phone in a real Chromium, on a backend that a test plays by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import chromium as real
from tests.widget.station import Station, serve

Tab = Callable[[], Page]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with real.running() as browser:
        yield browser


@pytest.fixture
def station() -> Iterator[Station]:
    station = Station()
    yield station
    station.drop_streams()


@pytest.fixture
def address(station: Station) -> Iterator[str]:
    server = serve(station)
    yield f"http://127.0.0.1:{server.server_port}"
    station.drop_streams()
    server.shutdown()
    server.server_close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A person's browser; no page of hers may have an error of its own."""
    errors: list[str] = []
    context = chromium.new_context(viewport={"width": 900, "height": 800})
    context.on("weberror", lambda wrong: errors.append(str(wrong.error)))
    yield context
    context.close()
    assert errors == []


@pytest.fixture
def tab(context: BrowserContext, address: str) -> Tab:
    """Opens one more tab, which is there when it shows what the stream says."""

    def open_tab() -> Page:
        page = context.new_page()
        page.goto(address)
        page.wait_for_function("window.station?.stream.state.connection === 'live'")
        return page

    return open_tab
