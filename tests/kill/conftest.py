"""Two firms on one CRM, and workers that are killed while they serve them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from backend.config import Settings
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from sandbox.crm.traffic import Phase, Request
from tests.conftest import running
from tests.firm import Firm
from tests.kill.processes import ROOT, Nursery, Process, environ

# What is seconds in production; the proportions are kept.
QUICK = {
    "backend.STANDS_STILL": 1.0,
    "backend.desk.channels.FIRST_WAIT": 0.1,
    "backend.desk.drain.BREATH": 0.2,
    "backend.desk.journal.job.STALE": 0.15,
    "backend.desk.journal.job.IN_FLIGHT": 1.0,
    "backend.processes.engine.POLL": 0.1,
    "backend.processes.engine.HEARTBEAT": 0.1,
    "backend.processes.worker.DEAD_AFTER": 0.6,
    "backend.processes.engine.PATIENCE": 0.5,
    "backend.store.journal.wake.LONGEST_DRAIN": 10.0,
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
def employ(settings_here: Settings, tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Starts a worker as a platform does: nothing of it is changed."""
    with ExitStack() as undo:

        def start() -> Process:
            log = undo.enter_context((tmp_path / "worker.log").open("a"))
            command = [sys.executable, "-m", "backend", "worker"]
            started = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | environ(settings_here), stdout=log, stderr=log
            )
            undo.enter_context(started)
            process = Process(started.pid, Path(log.name))
            undo.callback(process.kill)
            return process

        yield start


@pytest.fixture
def other(app: Flask, crm: Crm) -> Firm:
    return Firm.open(app, crm, "beta")


def once(crm: Crm, phase: Phase, path: str, act: Callable[[], object]) -> threading.Event:
    """Acts in that moment of the first request whose `METHOD path` ends so; set when it has acted."""
    acted = threading.Event()

    def hook(at: Phase, request: Request) -> None:
        if at is phase and f"{request.method} {request.path}".endswith(path) and not acted.is_set():
            act()
            acted.set()

    crm.on_request.append(hook)
    return acted
