"""Two firms, one `web` process, and popups that are committed as the desk commits them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from flask import Flask

from backend.config import Settings
from backend.store import db, popups
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from tests.conftest import copied, running
from tests.firm import Firm
from tests.stream.web import Browser, Web

NAMES = (f"firm{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def crm() -> Iterator[Crm]:
    with Crm(limits=Limits(on=False)) as crm:
        yield crm


@pytest.fixture(scope="module")
def ours(settings: Settings, crm: Crm) -> Iterator[Settings]:
    """One database for all tests of a module: each has firms of its own."""
    known = {"amocrm_client_id": crm.client_id, "amocrm_client_secret": crm.client_secret}
    with copied(settings) as database:
        yield database.model_copy(update={**known, "sandbox_host_suffix": crm.domain})


@pytest.fixture(scope="module")
def server(ours: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(ours, tmp_path_factory.mktemp("web") / "log")
    web.start()
    yield web
    web.stop()


@pytest.fixture
def web(server: Web) -> Iterator[Web]:
    """Its browsers are closed after each test."""
    yield server
    while server.browsers:
        server.browsers.pop().close()


@pytest.fixture(scope="module")
def app(ours: Settings, crm: Crm) -> Iterator[Flask]:
    with running(ours) as app:
        crm.integrate(app.extensions["integration"].redirect_uri)
        yield app


@pytest.fixture
def firm(app: Flask, crm: Crm) -> Firm:
    return Firm.open(app, crm, next(NAMES))


@pytest.fixture
def other(app: Flask, crm: Crm) -> Firm:
    return Firm.open(app, crm, next(NAMES))


def ticket(web: Web, firm: Firm, name: str = "Анна") -> str:
    user = next(user for user in firm.account.users if user["name"] == name)
    return web.ticket(firm.account.widget_token(user))


def screen(web: Web, firm: Firm, name: str = "Анна", after: str | None = None) -> Browser:
    return web.read(ticket(web, firm, name), after)


def show(firm: Firm, call: str, state: str = "ringing", name: str = "Анна") -> None:
    with firm.app.app_context():
        popups.show(firm.id, call, [firm.people[name]], state, {"phone": "+7 916 123-45-67"}, None)
        db.session.commit()
