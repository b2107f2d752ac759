"""`/metrics`: who may read it, that its sums are right whichever process counted, and that it names nobody."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, cast

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete
from sqlalchemy.pool import QueuePool

from backend.calls.intents import CRM
from backend.config import Settings
from backend.processes import pbx, worker
from backend.store import db, leases
from backend.store.base import counters
from backend.store.base.counters import CounterRow
from backend.store.leases import Lease
from backend.web import metrics as page
from sandbox.crm.faults import Kind
from tests.firm import Firm

TOKEN = "scrape-0123456789abcdef"
STRANGER = "+79267778899"

Sample = tuple[str, tuple[tuple[str, str], ...]]


@pytest.fixture(autouse=True)
def _open_page(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is counted yet: accounts of other tests' databases have the same ids."""
    monkeypatch.setattr(counters, "_added", Counter())
    app.config["METRICS_TOKEN"] = TOKEN
    yield
    app.config["METRICS_TOKEN"] = ""


def scrape(app: Flask) -> dict[Sample, float]:
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    return {
        (sample.name.removeprefix("phone_station_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(firm: Firm, told: dict[Sample, float], name: str, **labels: str) -> float | None:
    return told.get((name, tuple(sorted({"account": str(firm.id), **labels}.items()))))


@pytest.mark.parametrize("header", ["", TOKEN, f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", "Bearer ", "Bearer токен"])
def test_who_has_not_the_token_reads_nothing(app: Flask, header: str) -> None:
    answer = app.test_client().get("/metrics", headers={"Authorization": header.encode().decode("latin-1")})
    assert (answer.status_code, "phone_station" in answer.text) == (401, False)


def test_without_a_token_there_is_no_such_page(app: Flask) -> None:
    app.config["METRICS_TOKEN"] = ""
    assert app.test_client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_calls_facts_work_and_requests_of_each_account(firm: Firm, other: Firm) -> None:
    firm.talk(STRANGER, "101")
    firm.miss("+79150001122")
    told = scrape(firm.app)
    assert of(firm, told, "calls_total", direction="inbound", result="answered") == 1
    assert of(firm, told, "calls_total", direction="inbound", result="missed") == 1
    assert of(firm, told, "facts_total", kind="ended") == 2
    waiting = of(firm, told, "intents", state="todo")
    assert waiting is not None
    assert waiting >= 4
    assert of(firm, told, "backlog_seconds") is not None
    assert of(other, told, "calls_total", direction="inbound", result="answered") is None
    firm.work_through()
    told = scrape(firm.app)
    assert of(firm, told, "intents", state="todo") is None
    assert (of(firm, told, "crm_requests_total", status="200") or 0) >= 3


def test_what_amocrm_refuses_is_seen(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400)
    firm.talk(STRANGER, "101")
    firm.work_through()
    told = scrape(firm.app)
    assert of(firm, told, "intents", state="refused") == 1
    assert of(firm, told, "crm_requests_total", status="400") > 1


def test_processes_add_up_and_nothing_is_written_twice(firm: Firm) -> None:
    with firm.app.app_context():
        for _ in range(3):
            counters.add(firm.id, counters.FACTS, "odd", 2)
            counters.flush()  # as another process would
            counters.flush()
        counters.add(1, counters.FACTS, "of nobody")
        counters.flush()
    assert of(firm, scrape(firm.app), "facts_total", kind="odd") == 6


def test_a_request_that_writes_the_counts_down_needs_no_second_connection(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process with one, it would wait for itself, every few seconds."""
    held: list[int] = []
    with firm.app.app_context():
        pool = cast(QueuePool, db.engine.pool)
    before = pool.checkedout()
    monkeypatch.setattr(page, "EVERY", -1.0)
    monkeypatch.setattr(counters, "flush", lambda: held.append(pool.checkedout()))
    assert firm.app.test_client().get("/readyz").status_code == 200
    assert held == [before]


def test_a_count_outlives_a_database_that_is_away(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    with firm.app.app_context():
        counters.add(firm.id, counters.FACTS, "kept")
        with monkeypatch.context() as broken:
            broken.setattr(counters, "_ADD", db.text("select 1 / 0"))
            with pytest.raises(Exception, match="division by zero"):
                counters.flush()
    assert of(firm, scrape(firm.app), "facts_total", kind="kept") == 1


Serve = Callable[[Flask, Settings], Coroutine[Any, Any, None]]


@pytest.mark.parametrize("serve", [pbx._serve, worker._serve], ids=["pbx", "worker"])
def test_what_was_counted_last_is_written_at_the_end(
    firm: Firm, settings: Settings, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def last(*_: object) -> None:
        counters.add(firm.id, counters.FACTS, "last")

    def no_lines(_: str) -> list[Lease]:
        signal.raise_signal(signal.SIGTERM)
        return []

    async def last_drain(_engine: object, channel: str, *_: object) -> None:
        if channel == CRM:  # one of the channels that the worker drains
            last()
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(leases, "hold", no_lines)
    monkeypatch.setattr(leases, "release", last)
    monkeypatch.setattr(worker, "CHORES", ())
    monkeypatch.setattr(worker, "run_drains", last_drain)
    asyncio.run(serve(firm.app, settings))
    with firm.app.app_context():
        written = delete(CounterRow).filter_by(account_id=firm.id, label="last").returning(CounterRow.value)
        assert db.session.scalars(written).all() == [1]
        db.session.commit()


def test_popups_are_a_histogram(firm: Firm) -> None:
    with firm.app.app_context():
        db.session.execute(delete(CounterRow).where(CounterRow.name == counters.POPUPS))
        db.session.commit()
    for label, amount in (("0.05", 3), ("0.25", 1), ("sum", 0.4)):
        counters.add(firm.id, counters.POPUPS, label, amount)
    told = scrape(firm.app)
    buckets = [told["popup_seconds_bucket", (("le", le),)] for le in ("0.05", "0.1", "0.25", "+Inf")]
    assert buckets == [3, 3, 4, 4]
    assert (told["popup_seconds_sum", ()], told["popup_seconds_count", ()]) == (0.4, 4)


def test_many_accounts_are_few_lines(firm: Firm, other: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.talk(STRANGER, "101")
    whole = scrape(firm.app)
    monkeypatch.setattr(page, "MOST_ACCOUNTS", 0)
    summed = scrape(firm.app)
    accounts = {value for _, labels in summed for name, value in labels if name == "account"}
    assert accounts <= {"other"}
    name = "facts_total"
    all_facts = sum(value for (told, _), value in whole.items() if told == name)
    assert sum(value for (told, _), value in summed.items() if told == name) == all_facts


def test_nobody_is_named(firm: Firm) -> None:
    firm.talk(STRANGER, "101")
    firm.work_through()
    answer = firm.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    private = ("926777", "Анна", "Вера", firm.account.url.partition("://")[2], firm.account.subdomain)
    assert not [each for each in itertools.chain(private) if each in answer]
