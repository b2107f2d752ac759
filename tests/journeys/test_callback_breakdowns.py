"""What breaks while a client is called back neither ends the request nor doubles it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.journeys.company import TALK, Company
from tests.journeys.conftest import ON_22
from tests.journeys.site import site
from tests.journeys.test_clicks import children_of, end_pbx_process

pytestmark = pytest.mark.asterisk


@ON_22
@pytest.mark.parametrize("process", ["pbx", "worker"])
def test_a_request_outlives_the_process_that_rings_it(company: Company, process: str) -> None:
    """Killed while the phone rings, and while the employee waits for the client: nobody is rung twice."""
    ivan = company.client()
    with site(company, order=["default"], target="101", whole_seconds=60) as shop:
        request = shop.asks(ivan.number)
        phone = company.phone("101").rings()
        kill(company, process)
        phone.answers()
        ivan.answers()
        kill(company, process)
        shop.sees(request, "talking")
        phone.talks(TALK)
        ivan.hangs_up()
        shop.sees(request, "done", "talked")
    company.in_the_end(
        crm=(
            f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",
            f"common on lead «{ivan.lead}»",
        ),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


@ON_22
def test_a_phone_that_stopped_ringing_while_nobody_listened_is_rung_again(company: Company) -> None:
    ivan = company.client()
    with site(company, order=["default"], target="101", whole_seconds=60) as shop:
        request = shop.asks(ivan.number)
        phone = company.phone("101").rings()
        links = company.station.links(company.account)
        end_pbx_process(company)
        phone.hangs_up()
        company.station.until(lambda: company.station.links(company.account) > links, "the line is up again")
        company.phone("101").rings().answers()
        ivan.answers().talks(TALK)
        ivan.hangs_up()
        shop.sees(request, "done", "talked")
        shop.tried(request, 2)
    company.in_the_end(
        crm=(
            f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",
            f"common on lead «{ivan.lead}»",
        ),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


@ON_22
def test_a_request_outlives_the_database(company: Company) -> None:
    """Killed while the phone rings, so that he is answered before it is back; and while the client is dialled."""
    ivan = company.client()
    with site(company, order=["default"], target="101", whole_seconds=60) as shop:
        request = shop.asks(ivan.number)
        phone = company.phone("101").rings()
        with database_killed(company):
            phone.answers()
        ivan.rings()
        shop.sees(request, "answered")
        with database_killed(company):
            ivan.answers()
        shop.sees(request, "talking")
        phone.talks(TALK)
        ivan.hangs_up()
        shop.sees(request, "done", "talked")
    company.in_the_end(
        crm=(
            f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",
            f"common on lead «{ivan.lead}»",
        ),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


@ON_22
def test_a_request_that_waits_outlives_every_process(company: Company) -> None:
    """All are killed between two rounds, and the visitor's page goes on reading its state."""
    ivan = company.client()
    company.phone("101").is_busy()
    with site(company, order=["default"], target="101", whole_seconds=60, again_seconds=2) as shop:
        request = shop.asks(ivan.number)
        shop.tried(request, 1)
        shop.sees(request, "waiting")
        with database_killed(company):
            for process in ("worker", "web", "pbx"):
                kill(company, process)
        company.station.until(company.station.is_ready, "it answers")
        assert shop.tells(request) in ("waiting", "ringing")
        company.phone("101").is_free().answers()
        ivan.answers().talks(TALK)
        ivan.hangs_up()
        shop.sees(request, "done", "talked")
        assert shop.tells(request) == "done"
    company.in_the_end(
        crm=(
            f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",
            f"common on lead «{ivan.lead}»",
        ),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


@contextmanager
def database_killed(company: Company) -> Iterator[None]:
    """`kill -9`; afterwards it is there again."""

    def started() -> list[str]:
        return re.findall(r"postgres_started .*?pid=(\d+)", company.station.log.read_text())

    before = started()
    os.kill(int(before[-1]), signal.SIGKILL)
    yield
    company.station.until(lambda: len(started()) > len(before), "the database is back")
    company.town.reopen_journal()


def kill(company: Company, process: str) -> None:
    """The station's own child; it is started again at once, and gets the line when the lease is over."""
    links = company.station.links(company.account)

    def running() -> list[int]:
        started = re.findall(rf"process_started +pid=(\d+) process={process}\b", company.station.log.read_text())
        return [int(each) for each in children_of(company.station.pid) if each in started]

    company.station.until(lambda: bool(running()), "it runs")
    os.kill(running()[0], signal.SIGKILL)
    if process == "pbx":
        company.station.until(lambda: company.station.links(company.account) > links, "the line is up again")
