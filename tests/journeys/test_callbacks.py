"""A request from a site on real Asterisks: employees first, then the client, again until somebody talks."""

from __future__ import annotations

import pytest

from backend.pbx.dialplan import DIALPLAN
from tests.journeys.company import TALK, Company, Person
from tests.journeys.conftest import ON_22
from tests.journeys.site import site

pytestmark = pytest.mark.asterisk

QUEUE_THAT_ANSWERS = """
[from-internal]
exten => 501,1,Answer()
 same => n,Queue(reception,tT,,,60)
 same => n,Hangup()
"""


def request_of(person: Person) -> str:
    """What a lead is called that a request makes."""
    return f"Заявка {person.spoken}"


def new(person: Person, name: str, employee: str) -> tuple[str, ...]:
    """What the CRM gains when an employee answers a stranger's request."""
    return (
        f"common on lead «{request_of(person)}»",
        f"contact «{name}» {person.number}, {employee}",
        f"lead «{request_of(person)}» of «{name}», {employee}, Продажи/Первичный контакт",
    )


@pytest.mark.parametrize("queue", ["500", "501"], ids=["queue", "queue that answers"])
def test_a_stranger_is_called_back_at_once(company: Company, queue: str) -> None:
    """Music is nobody: the client is called when a person has picked up, and the lead is there before."""
    company.office.installs(QUEUE_THAT_ANSWERS)
    olga = company.stranger()
    with site(company, target=queue) as shop:
        request = shop.asks(olga.number, name="Ольга", comment="про доставку", utm_source="yandex")
        phone = company.phone("102").rings()
        assert (phone.other, phone.tell("CALLERID(name)")) == (olga.number[1:], "Ольга про доставку")
        phone.answers()
        company.shows(f"Борис: dialling, Ольга → «{request_of(olga)}»")
        assert olga.rings().other == "74951000000"
        olga.answers()
        phone.talks(TALK)
        shop.sees(request, "talking")
        olga.hangs_up()
        shop.sees(request, "done", "talked")
    company.in_the_end(
        crm=(*new(olga, "Ольга", "Борис"), f"call_out {olga.number} on lead «{request_of(olga)}», Борис: talked"),
        popups=(f"Борис: ended, Ольга → «{request_of(olga)}»",),
    )


def test_the_responsible_is_rung_first_and_nobody_gives_up_at_once(company: Company) -> None:
    """He is busy, and so are those who are rung after him; on the third round one of them answers."""
    ivan = company.client()
    for extension in ("101", "102"):
        company.phone(extension).is_busy()
    with site(company, site={"target": "101"}, target=None, whole_seconds=60) as shop:
        request = shop.asks(ivan.number)
        shop.tried(request, 6)
        shop.sees(request, "waiting")
        company.phone("101").is_free().answers()
        ivan.answers().talks(TALK)
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
def test_the_responsible_then_the_department_then_the_site(company: Company) -> None:
    """Of two requests of one number one is rung, its whole round; the talk ends both."""
    ivan = company.client()
    with site(company, site={"target": "101", "departments": {"Доставка": "103"}}, whole_seconds=60) as shop:
        first, second = (shop.asks(ivan.number, department="Доставка") for _ in range(2))
        for extension in ("102", "103"):
            company.phone(extension).rings().rejects()
        company.phone("101").rings().answers()
        ivan.answers().talks(TALK)
        ivan.hangs_up()
        shop.sees(first, "done", "talked")
        shop.sees(second, "done", "met")
        assert shop.attempts(second) == 0
    company.in_the_end(
        crm=(
            f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",
            *[f"common on lead «{ivan.lead}»"] * 2,
        ),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


@ON_22
def test_nobody_in_the_whole_time_is_one_record(company: Company) -> None:
    olga, ivan = company.stranger(), company.client()
    for extension in ("101", "102"):
        company.phone(extension).is_busy()
    with site(company, target="101", whole_seconds=5) as shop:
        unknown = shop.asks(olga.number, name="Ольга", page="https://shop.example/")
        known = shop.asks(ivan.number)
        shop.sees(unknown, "failed", "nobody")
        shop.sees(known, "failed", "nobody")
    company.in_the_end(
        crm=(
            f"common on lead «{ivan.lead}»",
            f"common on lead «{request_of(olga)}»",
            f"contact «Ольга» {olga.number}, Анна, hidden",
            f"lead «{request_of(olga)}» of «Ольга», Анна, Продажи/Неразобранное",
            f"unsorted forms «{request_of(olga)}»: waits",
        ),
        popups=(
            *(f"{each}: missed, {ivan.name} → «{ivan.lead}»" for each in ("Анна", "Борис", "Вера", "Глеб")),
            "Глеб: missed, Ольга",
        ),
    )


@ON_22
def test_a_client_who_does_not_answer_is_tried_again(company: Company) -> None:
    """Each try is a note on the one lead; the last time he answers."""
    olga = company.stranger()
    olga.line.is_busy()
    with site(company, target="101", whole_seconds=60) as shop:
        request = shop.asks(olga.number)
        company.phone("101").rings().answers().is_over()
        shop.sees(request, "waiting")
        olga.line.is_free()
        company.phone("101").rings().answers()
        olga.answers().talks(TALK)
        olga.hangs_up()
        shop.sees(request, "done", "talked")
    lead = request_of(olga)
    company.in_the_end(
        crm=(
            *new(olga, olga.name, "Анна"),
            f"call_out {olga.number} on lead «{lead}», Анна: busy, занято",
            f"call_out {olga.number} on lead «{lead}», Анна: talked",
        ),
        popups=(f"Анна: ended, {olga.name} → «{lead}»", f"Анна: failed, {olga.name} → «{lead}»"),
    )


@ON_22
def test_a_client_who_calls_in_meanwhile_ends_it(company: Company) -> None:
    """The phone that rings for the request is let go, and what he had filled in is on the lead of his call."""
    ivan = company.client()
    with site(company, order=["default"], target="101") as shop:
        request = shop.asks(ivan.number, comment="перезвоните")
        ringing = company.phone("101").rings()
        call = ivan.calls(company.did.mobile)
        company.phone("103").rings().answers()
        call.talks(TALK)
        shop.sees(request, "done", "met")
        ringing.is_over()
        call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Вера: talked", f"common on lead «{ivan.lead}»"),
        popups=(f"Вера: ended, {ivan.name} → «{ivan.lead}»",),
    )


@ON_22
def test_a_manager_stops_one_that_rings(company: Company) -> None:
    olga = company.stranger()
    with site(company, target="101") as shop:
        request = shop.asks(olga.number)
        ringing = company.phone("101").rings()
        shop.stops(request)
        ringing.is_over()
        shop.sees(request, "stopped", "stopped")
    company.in_the_end(
        crm=(
            f"common on lead «{request_of(olga)}»",
            f"contact «{olga.name}» {olga.number}, Анна, hidden",
            f"lead «{request_of(olga)}» of «{olga.name}», Анна, Продажи/Неразобранное",
            f"unsorted forms «{request_of(olga)}»: waits",
        ),
    )


@ON_22
def test_the_employee_hears_a_notice_and_the_department_is_his(company: Company) -> None:
    company.office.installs(DIALPLAN)
    olga = company.stranger()
    departments = {"Доставка": "103"}
    with site(company, site={"departments": departments}, target="101", notice="vm-goodbye") as shop:
        request = shop.asks(olga.number, department="Доставка")
        company.phone("103").rings().answers()
        olga.answers().talks(TALK)
        olga.hangs_up()
        shop.sees(request, "done", "talked")
    company.in_the_end(
        crm=(
            *new(olga, olga.name, "Вера"),
            f"call_out {olga.number} on lead «{request_of(olga)}», Вера: talked",
        ),
        popups=(f"Вера: ended, {olga.name} → «{request_of(olga)}»",),
    )
