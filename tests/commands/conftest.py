"""Two firms whose lines to their PBXs are up, and processes that may hold them. Each test has firms of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from backend.config import Settings
from backend.store import db
from backend.store.accounts import AccountPbx, LineState
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from tests.conftest import copied, running
from tests.firm import Firm

from .exchange import Exchange

NAMES = (f"firm{number}" for number in itertools.count())
Open = Callable[..., Exchange]


@pytest.fixture(scope="module")
def ours(settings: Settings) -> Iterator[Settings]:
    with copied(settings) as database:
        yield database


@pytest.fixture(scope="module")
def crm() -> Iterator[Crm]:
    with Crm(limits=Limits(on=False)) as crm:
        yield crm


@pytest.fixture(scope="module")
def app(ours: Settings, crm: Crm) -> Iterator[Flask]:
    known = {"amocrm_client_id": crm.client_id, "amocrm_client_secret": crm.client_secret}
    with running(ours.model_copy(update={**known, "sandbox_host_suffix": crm.domain})) as app:
        crm.integrate(app.extensions["integration"].redirect_uri)
        yield app


@pytest.fixture
def firm(app: Flask, crm: Crm) -> Firm:
    return _connected(Firm.open(app, crm, next(NAMES)))


@pytest.fixture
def other(app: Flask, crm: Crm) -> Firm:
    return _connected(Firm.open(app, crm, next(NAMES)))


def _connected(firm: Firm) -> Firm:
    with firm.app.app_context():
        until = datetime.now(UTC) + timedelta(hours=1)
        pbx = AccountPbx(account_id=firm.id, host="pbx", username="crm.user", secret="hunter2", link=LineState.UP)
        pbx.lease_owner, pbx.lease_until = "tests", until
        db.session.add(pbx)
        db.session.commit()
    return firm


@pytest.fixture
def opens(app: Flask, ours: Settings) -> Iterator[Open]:
    """Starts a process of this name that holds the lines of these firms."""
    with ExitStack() as opened:

        def open_exchange(name: str, *firms: Firm) -> Exchange:
            return opened.enter_context(Exchange(app, ours, name, *(each.id for each in firms)))

        yield open_exchange
