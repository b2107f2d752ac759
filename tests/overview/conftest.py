"""Two firms of one sandbox CRM."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from backend.config import Settings
from sandbox.crm.server import Crm
from tests.conftest import running
from tests.firm import Firm


@pytest.fixture
def crm() -> Iterator[Crm]:
    with Crm() as crm:
        yield crm


@pytest.fixture
def connected_app(database: Settings, crm: Crm) -> Iterator[Flask]:
    with running(database.model_copy(update={"sandbox_host_suffix": crm.domain})) as app:
        yield app


@pytest.fixture
def firm(connected_app: Flask, crm: Crm) -> Firm:
    return Firm.open(connected_app, crm, "acme")


@pytest.fixture
def other(connected_app: Flask, crm: Crm) -> Firm:
    return Firm.open(connected_app, crm, "beta")
