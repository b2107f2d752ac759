"""Two firms on one CRM, whose people use the widget: whatever one does, the other must not notice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import pytest
from flask import Flask

from backend.amocrm import limiter
from backend.config import Settings
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from tests.conftest import copied, running
from tests.firm import Firm

NAMES = (f"firm{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def crm() -> Iterator[Crm]:
    with Crm(limits=Limits(on=False)) as crm:
        yield crm


@pytest.fixture(scope="module")
def app(settings: Settings, crm: Crm) -> Iterator[Flask]:
    """One database for all tests of a module: each has firms of its own."""
    known = {"amocrm_client_id": crm.client_id, "amocrm_client_secret": crm.client_secret}
    with copied(settings) as database:
        ours = database.model_copy(update={**known, "sandbox_host_suffix": crm.domain})
        with running(ours) as app:
            crm.integrate(app.extensions["integration"].redirect_uri)
            yield app


@pytest.fixture
def other(app: Flask, crm: Crm) -> Iterator[Firm]:
    other = Firm.open(app, crm, next(NAMES))
    other.account.add_lead("Чужая", contact=other.account.add_contact("Чужой", ["+79161234567"]))
    before = other.snapshot() | {"tasks": other.account.state()["tasks"]}
    yield other
    assert other.snapshot() | {"tasks": other.account.state()["tasks"]} == before


@pytest.fixture
def firm(app: Flask, crm: Crm, other: Firm, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    monkeypatch.setattr(limiter, "spend", partial(limiter.spend, rate=10_000.0))  # the pace has tests of its own
    yield Firm.open(app, crm, next(NAMES))
    crm.mend()
