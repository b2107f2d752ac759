"""Two firms on one CRM, and workers that are killed while they serve them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from backend.config import Settings
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from tests.conftest import running
from tests.firm import Firm
from tests.kill.processes import Nursery, Process

# What is seconds in production; the proportions are kept.
QUICK = {
    "backend.desk.carry.FIRST_WAIT": 0.1,
    "backend.desk.job.STALE": 0.15,
    "backend.desk.job.IN_FLIGHT": 1.0,
    "backend.processes.worker.POLL": 0.1,
    "backend.processes.worker.HEARTBEAT": 0.15,
    "backend.processes.worker.DEAD_AFTER": 0.75,
    "backend.processes.worker.ENGINE_PATIENCE": 1.0,
    "backend.store.wake.LONGEST_DRAIN": 10.0,
}

Hire = Callable[..., Process]


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path_factory.mktemp("nursery"))
    yield nursery
    nursery.close()


@pytest.fixture
def crm() -> Iterator[Crm]:
    with Crm(limits=Limits(on=False)) as crm:
        yield crm


@pytest.fixture
def settings_here(database: Settings, crm: Crm) -> Settings:
    return database.model_copy(update={"sandbox_host_suffix": crm.domain})


@pytest.fixture
def app(settings_here: Settings) -> Iterator[Flask]:
    with running(settings_here) as app:
        yield app


@pytest.fixture
def firm(app: Flask, crm: Crm) -> Firm:
    return Firm.open(app, crm, "acme")


@pytest.fixture
def hire(nursery: Nursery, settings_here: Settings) -> Iterator[Hire]:
    """Starts another worker; without the sweep nothing but wake-ups brings it work."""

    def start(*, sweep: bool = True, **constants: Any) -> Process:
        return nursery.bear(settings_here, "work", sweep=sweep, constants={**QUICK, **constants})

    yield start
    nursery.kill_all()


@pytest.fixture
def other(app: Flask, crm: Crm) -> Firm:
    return Firm.open(app, crm, "beta")
