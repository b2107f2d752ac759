"""Inbound, answered: registered at the moment of answer, for whoever answered, by who the client is."""

from __future__ import annotations

import pytest

from sandbox.pbx.numbers import MOBILE
from tests.journeys.company import TALK, Company
from tests.journeys.opening import COURIER

pytestmark = pytest.mark.asterisk


def test_a_stranger_gets_a_lead_and_a_contact_of_who_answered(company: Company) -> None:
    stranger = company.stranger()
    made = (
        f"contact «{stranger.name}» {stranger.number}, Анна",
        f"lead «{stranger.lead}» of «{stranger.name}», Анна, Продажи/Первичный контакт",
    )
    call = stranger.calls(company.did.direct)
    company.phone("101").rings()
    company.shows(f"Анна: ringing, {stranger.spoken}")
    company.phone("101").answers().talks(TALK)
    company.holds(*made, f"call_in {stranger.number} on lead «{stranger.lead}», Анна: talking")
    company.shows(f"Анна: talking, {stranger.name} → «{stranger.lead}»")
    call.hangs_up()
    company.in_the_end(
        crm=(*made, f"call_in {stranger.number} on lead «{stranger.lead}», Анна: talked"),
        popups=(f"Анна: ended, {stranger.name} → «{stranger.lead}»",),
    )


def test_a_contact_without_an_open_lead_gets_a_lead_and_no_second_contact(company: Company) -> None:
    olga = company.client("without a lead")
    call = olga.calls(company.did.direct)
    company.phone("101").rings()
    company.shows(f"Анна: ringing, {olga.name}")
    company.phone("101").answers().talks(TALK)
    company.shows(f"Анна: talking, {olga.name} → «{olga.lead}»")
    call.hangs_up()
    company.in_the_end(
        crm=(
            f"lead «{olga.lead}» of «{olga.name}», Анна, Продажи/Первичный контакт",
            f"call_in {olga.number} on lead «{olga.lead}», Анна: talked",
        ),
        popups=(f"Анна: ended, {olga.name} → «{olga.lead}»",),
    )


def test_a_contact_with_an_open_lead_gets_no_new_one(company: Company) -> None:
    ivan = company.client()
    call = ivan.calls(company.did.direct)
    company.phone("101").rings()
    company.shows(f"Анна: ringing, {ivan.name} → «{ivan.lead}»")
    company.phone("101").answers().talks(TALK)
    company.shows(f"Анна: talking, {ivan.name} → «{ivan.lead}»")
    company.holds(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talking")
    call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


def test_a_company_gets_a_lead_and_a_contact_of_its_own(company: Company) -> None:
    firm = company.client("a company")
    call = firm.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    company.in_the_end(
        crm=(
            f"contact «Клиент {firm.spoken}» at «{firm.name}» {firm.number}, Анна",
            f"lead «{firm.lead}» of «Клиент {firm.spoken}» at «{firm.name}», Анна, Продажи/Первичный контакт",
            f"call_in {firm.number} on lead «{firm.lead}», Анна: talked",
        ),
        popups=(f"Анна: ended, {firm.name} → «{firm.lead}»",),
    )


def test_a_hidden_number_is_a_client_without_a_phone(company: Company) -> None:
    call = company.office.client("anonymous").calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    company.in_the_end(
        crm=(
            "contact «Клиент номер скрыт» no number, Анна",
            "lead «Звонок номер скрыт» of «Клиент номер скрыт», Анна, Продажи/Первичный контакт",
            "call_in  on lead «Звонок номер скрыт», Анна: talked",
        ),
        popups=("Анна: ended, Клиент номер скрыт → «Звонок номер скрыт»",),
    )


def test_a_number_of_the_no_lead_list_is_registered_and_never_a_lead(company: Company) -> None:
    courier = company.stranger(COURIER)
    call = courier.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    made = f"contact «{courier.name}» {courier.number}, Анна"
    talked = f"call_in {courier.number} on contact «{courier.name}», Анна: talked"
    company.holds(made, talked)
    courier.calls(company.did.ivr).talks_to_nobody(0).hangs_up()
    company.in_the_end(
        crm=(made, talked, f"call_in {courier.number} on contact «{courier.name}», Анна: no answer"),
        popups=(f"Анна: ended, {courier.name}", f"Глеб: missed, {courier.name}"),
    )


def test_the_number_that_was_dialled_chooses_the_pipeline(company: Company) -> None:
    """A ring group of Local channels; the number is the service's."""
    stranger = company.stranger()
    call = stranger.calls(company.did.group_local)
    company.rings(2)
    company.phone("102").answers().talks(TALK)
    call.hangs_up()
    company.in_the_end(
        crm=(
            f"contact «{stranger.name}» {stranger.number}, Борис",
            f"lead «{stranger.lead}» of «{stranger.name}», Борис, Сервис/Первичный контакт",
            f"call_in {stranger.number} on lead «{stranger.lead}», Борис: talked",
        ),
        popups=("Анна: closed", f"Борис: ended, {stranger.name} → «{stranger.lead}»"),
    )


@pytest.mark.parametrize("place", ["general", "group"])
def test_of_all_who_rang_only_the_one_who_answered_keeps_the_popup(company: Company, place: str) -> None:
    """The general queue has Local members, the ring group has phones."""
    ivan = company.client()
    call = ivan.calls(getattr(company.did, place))
    for extension in ("101", "102", "103"):
        company.phone(extension).rings()
    company.shows(*(f"{who}: ringing, {ivan.name} → «{ivan.lead}»" for who in ("Анна", "Борис", "Вера")))
    company.phone("103").answers().talks(TALK)
    company.shows("Анна: closed", "Борис: closed", f"Вера: talking, {ivan.name} → «{ivan.lead}»")
    call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Вера: talked",),
        popups=("Анна: closed", "Борис: closed", f"Вера: ended, {ivan.name} → «{ivan.lead}»"),
    )


@pytest.mark.parametrize("at", [None, "101"], ids=["in the group", "at that phone"])
def test_a_call_picked_up_is_the_pickers(company: Company, at: str | None) -> None:
    ivan = company.client()
    call = ivan.calls(company.did.direct)
    company.phone("101").rings()
    company.phone("102").picks_up(at).talks(TALK)
    company.shows("Анна: closed", f"Борис: talking, {ivan.name} → «{ivan.lead}»")
    call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Борис: talked",),
        popups=("Анна: closed", f"Борис: ended, {ivan.name} → «{ivan.lead}»"),
    )


def test_two_calls_on_one_phone_are_two_calls(company: Company) -> None:
    first, second = company.stranger(), company.client()
    waiting = first.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    talk = second.calls(company.did.direct)
    company.phone("101").rings().answers().talks(TALK)
    company.shows(
        f"Анна: talking, {first.name} → «{first.lead}»",
        f"Анна: talking, {second.name} → «{second.lead}»",
    )
    waiting.hangs_up()
    talk.hangs_up()
    company.in_the_end(
        crm=(
            f"contact «{first.name}» {first.number}, Анна",
            f"lead «{first.lead}» of «{first.name}», Анна, Продажи/Первичный контакт",
            f"call_in {first.number} on lead «{first.lead}», Анна: talked",
            f"call_in {second.number} on lead «{second.lead}», Анна: talked",
        ),
        popups=(
            f"Анна: ended, {first.name} → «{first.lead}»",
            f"Анна: ended, {second.name} → «{second.lead}»",
        ),
    )


def test_two_calls_of_one_stranger_at_the_same_time_are_one_contact_and_one_lead(company: Company) -> None:
    stranger = company.stranger()
    calls = [stranger.calls(did) for did in (company.did.direct, company.did.mobile)]
    for extension in ("101", "103"):  # Anna is the first to talk
        company.phone(extension).answers().talks(TALK)
    for call in calls:
        call.hangs_up()
    company.in_the_end(
        crm=(
            f"contact «{stranger.name}» {stranger.number}, Анна",
            f"lead «{stranger.lead}» of «{stranger.name}», Анна, Продажи/Первичный контакт",
            f"call_in {stranger.number} on lead «{stranger.lead}», Анна: talked",
            f"call_in {stranger.number} on lead «{stranger.lead}», Вера: talked",
        ),
        popups=(
            f"Анна: ended, {stranger.name} → «{stranger.lead}»",
            f"Вера: ended, {stranger.name} → «{stranger.lead}»",
        ),
    )


def test_a_listed_mobile_counts_as_the_extension_that_forwards_to_it(company: Company) -> None:
    ivan = company.client()
    company.phone("103").forwards_to(MOBILE)
    call = ivan.calls(company.did.mobile)
    mobile = company.office.client(MOBILE)
    mobile.rings()
    company.shows(f"Вера: ringing, {ivan.name} → «{ivan.lead}»")
    mobile.answers().talks(TALK)
    company.shows(f"Вера: talking, {ivan.name} → «{ivan.lead}»")
    call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Вера: talked",),
        popups=(f"Вера: ended, {ivan.name} → «{ivan.lead}»",),
    )
