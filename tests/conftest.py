"""A real PostgreSQL for the whole run, and a fresh copy of our tables for each test that asks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from sqlalchemy import make_url

from backend import create_app
from backend.config import Settings
from backend.processes.host.postgres import EmbeddedPostgres
from backend.store import db, migrate
from tests.processes import postgres_15

SPEED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
BOOTED = frozenset({"town", "office", "chromium"})  # fixtures that cost seconds and serve many tests
# A run tries the same each time, and a slow machine is no failure.
PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
hypothesis.register_profile("ours", deadline=None, derandomize=True, database=None, suppress_health_check=PATIENT)
hypothesis.load_profile("ours")
NAMES = (f"copy{number}" for number in itertools.count())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", choices=("15", "18"), default="18", help="the major version all tests run on")
    parser.addoption("--shots", action="store_true", help="take the screenshots of docs/images/widget anew")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In a parallel run (`-n 2 --dist loadgroup`) one worker gets all that shares a booted thing, or a file."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    assert isinstance(item, pytest.Function)
    shared = BOOTED.intersection(item.fixturenames)
    if not shared:
        return str(item.path.relative_to(item.config.rootpath))
    chosen = item.callspec.params if hasattr(item, "callspec") else {}
    folder = item.path.parent.relative_to(item.config.rootpath)
    return " ".join([str(folder), *(str(chosen[name]) for name in sorted(shared & chosen.keys()))])


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[EmbeddedPostgres]:
    bin_dir = postgres_15.bin_dir() if pytestconfig.getoption("--postgres") == "15" else None
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), bin_dir, settings=SPEED) as server:
        yield server


@pytest.fixture(scope="session")
def settings(postgres: EmbeddedPostgres) -> Settings:
    """Of a template database with our tables; a test gets its own from `database`."""
    settings = Settings(
        database_url=postgres.url,
        secret_keys=(Fernet.generate_key().decode(),),
        amocrm_client_id="3f1c0f0e-5d0a-4c52-9a10-2b7f0f6f4a11",
        amocrm_client_secret="sandbox-secret-AbC123",
        pbx_networks="127.0.0.0/8",
    )
    _execute(settings, "create database template")
    template = _at(settings, "template")
    with running(template) as app:
        migrate.upgrade(app)
    return template


@pytest.fixture
def database(settings: Settings) -> Iterator[Settings]:
    """A fresh copy of the tables, gone after the test."""
    with copied(settings) as database:
        yield database


@contextmanager
def copied(settings: Settings, template: str = "template") -> Iterator[Settings]:
    """A database of its own; of template `template0` it is empty."""
    name = next(NAMES)
    _execute(settings, f"create database {name} template {template}")
    yield _at(settings, name)
    _execute(settings, f"drop database {name} with (force)")


@pytest.fixture
def app(database: Settings) -> Iterator[Flask]:
    """The backend on its own database."""
    with running(database) as app:
        yield app


@contextmanager
def running(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def _at(settings: Settings, name: str) -> Settings:
    url = make_url(settings.database_url).set(database=name)
    return settings.model_copy(update={"database_url": url.render_as_string(hide_password=False)})


def _execute(settings: Settings, statement: str) -> None:
    maintenance = _at(settings, "postgres").libpq_url
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture(scope="session")
def traces() -> Path:
    return Path(__file__).parent / "traces"
