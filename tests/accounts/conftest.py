"""The sandbox CRM with two accounts, and our app served where its hooks go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.serving import WSGIRequestHandler, make_server

from backend import create_app
from backend.amocrm import client
from backend.amocrm.oauth import Tokens
from backend.config import Settings
from backend.installs import connect
from backend.store import db
from backend.web.stream import hub
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm

MakeApp = Callable[..., Flask]
LAST_WORDS = 10.0  # seconds for the streams to end


@pytest.fixture
def crm() -> Iterator[Crm]:
    with Crm() as crm:
        yield crm


@pytest.fixture
def acme(crm: Crm) -> AccountHandle:
    return _office(crm, "acme", "ООО Акме")


@pytest.fixture
def beta(crm: Crm) -> AccountHandle:
    return _office(crm, "beta", "ООО Бета")


def _office(crm: Crm, subdomain: str, name: str) -> AccountHandle:
    account = crm.account(subdomain, name)
    account.add_user("Анна Петрова", admin=True)
    account.add_user("Борис Иванов")
    return account


@pytest.fixture
def keys(database: Settings) -> tuple[str, ...]:
    return database.secret_keys


@pytest.fixture
def ours(crm: Crm, database: Settings) -> Settings:
    """The settings of every process of this test, with an address that nobody listens at until `app` does."""
    known = {"amocrm_client_id": crm.client_id, "amocrm_client_secret": crm.client_secret}
    return database.model_copy(update={**known, "sandbox_host_suffix": crm.domain})


@pytest.fixture
def make_app(ours: Settings) -> Iterator[MakeApp]:
    """Another app on the same database, as another process would have it, with some settings changed."""
    made: list[Flask] = []

    def make(**changed: object) -> Flask:
        made.append(create_app(ours.model_copy(update=changed)))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture
def app(make_app: MakeApp, crm: Crm) -> Iterator[Flask]:
    """Our app, served where the sandbox's hooks go, and its context for the test itself."""
    server = make_server("127.0.0.1", 0, Flask(__name__), threaded=True, request_handler=_Quiet)
    app = server.app = make_app(public_url=f"http://localhost:{server.server_port}")
    crm.integrate(app.extensions["integration"].redirect_uri)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with app.app_context():
        yield app
    _end_streams(app)
    server.shutdown()
    thread.join()
    server.server_close()


def _end_streams(app: Flask) -> None:
    """Before their database goes."""
    app.extensions["hub"].close()
    for each in threading.enumerate():
        if each.name == hub.NAME:
            each.join(LAST_WORDS)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def connected(app: Flask, acme: AccountHandle, beta: AccountHandle) -> tuple[AccountHandle, AccountHandle]:
    """Both accounts, installed."""
    for each in (acme, beta):
        connect(host_of(each), granted(each))
    return acme, beta


def host_of(account: AccountHandle) -> str:
    return account.url.partition("://")[2]


def granted(account: AccountHandle, user: int | None = None) -> Tokens:
    given = account.tokens(user)
    return Tokens(
        access=given["access_token"],
        refresh=given["refresh_token"],
        refreshed_at=float(given["server_time"]),
        expires_at=float(given["server_time"] + given["expires_in"]),
    )


def fresh() -> None:
    """Forgets what this test's session has read, so that it sees what others committed."""
    db.session.rollback()
    db.session.expire_all()


def age_tokens(account_id: int, seconds: float) -> None:
    """As if the account's tokens had been given so long ago."""
    back = {"account": account_id, "ago": seconds}
    db.session.execute(
        text(
            "update account_tokens set refreshed_at = refreshed_at - make_interval(secs => :ago),"
            " expires_at = expires_at - make_interval(secs => :ago) where account_id = :account"
        ),
        back,
    )
    db.session.commit()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost answer is waited for briefly."""
    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.3)
