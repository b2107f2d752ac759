"""The `web` process, or the database under it, goes away and comes back: nothing is missed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from backend.config import Settings
from backend.processes.host.postgres import EmbeddedPostgres
from backend.processes.web import GRACEFUL_SECONDS
from backend.store import migrate
from sandbox.crm.server import Crm
from tests.conftest import running
from tests.firm import Firm
from tests.stream.conftest import screen, show, ticket
from tests.stream.test_presence import until_watching, watching
from tests.stream.web import Web


@pytest.fixture(scope="module")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One of our own; what it has committed it keeps."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("own"), settings={"fsync": "off"}) as server:
        yield server


@pytest.fixture(scope="module")
def ours(settings: Settings, crm: Crm, database_server: EmbeddedPostgres) -> Settings:
    known = {"amocrm_client_id": crm.client_id, "amocrm_client_secret": crm.client_secret}
    ours = settings.model_copy(update={**known, "sandbox_host_suffix": crm.domain, "database_url": database_server.url})
    with running(ours) as app:
        migrate.upgrade(app)
    return ours


def test_web_is_restarted_in_the_middle_of_a_stream(web: Web, firm: Firm, other: Firm) -> None:
    for each in (firm, other):
        show(each, "1.1")
    holder, browser = ticket(web, firm), screen(web, firm).greeted()
    browser.popups_until("1.1", "ringing")
    more = [screen(web, other).greeted() for _ in range(5)]
    took = web.stop()
    assert browser.has_ended()
    assert all(each.has_ended() for each in more)
    assert took < GRACEFUL_SECONDS
    assert "graceful timeout" not in web.log.read_text()
    show(firm, "1.1", "closed")
    show(firm, "1.2")
    web.start()
    back = web.read(holder, after=browser.last_id)
    assert back.popups_until("1.2", "ringing")[-2:] == [("1.1", "closed"), ("1.2", "ringing")]
    show(firm, "1.3")
    back.popups_until("1.3", "ringing")


def test_nobody_watches_a_process_that_was_stopped(web: Web, firm: Firm, app: Flask) -> None:
    screen(web, firm).greeted()
    until_watching(firm, "Анна")
    web.stop()
    assert watching(firm) == set()
    web.start()


def test_the_database_is_restarted_under_an_open_stream(
    web: Web, firm: Firm, other: Firm, app: Flask, database_server: EmbeddedPostgres
) -> None:
    browser, stranger = screen(web, firm).greeted(), screen(web, other).greeted()
    show(firm, "1.1")
    browser.popups_until("1.1", "ringing")
    for number in (2, 3):
        database_server.stop()
        database_server.start()
        show(firm, f"1.{number}")
        assert browser.popups_until(f"1.{number}", "ringing") == [(f"1.{number}", "ringing")]
    show(other, "1.9")
    assert stranger.popups_until("1.9", "ringing") == [("1.9", "ringing")]
    firm.miss("89161234567")
    assert browser.next("missed")["calls"]
