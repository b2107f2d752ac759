"""Two firms on one CRM: whatever one does, the other must not notice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from flask import Flask

from backend.amocrm import limiter
from backend.config import Settings
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from tests.conftest import running
from tests.firm import Firm


@pytest.fixture
def crm() -> Iterator[Crm]:
    with Crm(limits=Limits(on=False)) as crm:
        yield crm


@pytest.fixture
def app(database: Settings, crm: Crm) -> Iterator[Flask]:
    with running(database.model_copy(update={"sandbox_host_suffix": crm.domain})) as app:
        yield app


@pytest.fixture
def firm(app: Flask, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    monkeypatch.setattr(limiter, "spend", partial(limiter.spend, rate=10_000.0))  # the pace has tests of its own
    firm = Firm.open(app, crm, "acme")
    other = Firm.open(app, crm, "beta")
    other.account.add_lead("Чужая", contact=other.account.add_contact("Чужой", ["+79161234567"]))
    before = other.snapshot()
    yield firm
    assert other.snapshot() == before
