"""Inbound, missed: registered at the moment the call ends, wherever it ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.pbx.numbers import MOBILE
from tests.journeys.company import TALK, Company, Person

pytestmark = pytest.mark.asterisk

EVERYBODY = ("Анна", "Борис", "Вера", "Глеб")


def in_the_queue(company: Company, *people: Person) -> None:
    calls = [each.calls(company.did.general) for each in people]
    company.rings(3 * len(calls))
    for call in calls:
        call.hangs_up()


def in_the_menu(company: Company, *people: Person) -> None:
    calls = [each.calls(company.did.ivr) for each in people]
    for call in calls:
        call.talks_to_nobody(0).hangs_up()


def at_a_phone(company: Company, *people: Person) -> None:
    calls = [each.calls(company.did.direct) for each in people]
    company.rings(len(calls))
    for call in calls:
        call.hangs_up()


def after_hours(company: Company, *people: Person) -> None:
    for call in [each.calls(company.did.after_hours) for each in people]:
        call.is_over()


def at_the_mailbox(company: Company, *people: Person) -> None:
    calls = [each.calls(company.did.voicemail) for each in people]
    for call in calls:
        call.talks_to_nobody(0)
    for call in calls:
        call.hangs_up()


RANG = {
    in_the_queue: ("Анна", "Борис", "Вера"),
    in_the_menu: (),
    at_a_phone: ("Анна",),
    after_hours: (),
    at_the_mailbox: ("Борис",),
}


@pytest.mark.parametrize(("misses", "rang"), RANG.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_a_stranger_is_one_unsorted_record_and_a_client_is_noted_on_his_lead(
    company: Company, misses: Callable[..., None], rang: tuple[str, ...]
) -> None:
    """Both call at the same time; the stranger then misses a second call, which adds to his record."""
    stranger, ivan = company.stranger(), company.client()
    misses(company, stranger, ivan)
    record = (
        f"contact «{stranger.name}» {stranger.number}, Анна, hidden",
        f"lead «{stranger.lead}» of «{stranger.name}», Анна, Продажи/Неразобранное",
        f"unsorted sip «{stranger.lead}»: waits",
        f"call_in {stranger.number} on lead «{stranger.lead}», part of the record",
    )
    note = f"call_in {ivan.number} on lead «{ivan.lead}», Борис: no answer"
    told = [f"{who}: missed, {ivan.name} → «{ivan.lead}»" for who in EVERYBODY]
    closed = [f"{who}: closed" for who in rang]
    company.holds(*record, note)
    company.shows(*told, *closed, f"Глеб: missed, {stranger.name}")
    in_the_menu(company, stranger)
    company.in_the_end(
        crm=(*record, note, f"call_in {stranger.number} on lead «{stranger.lead}», Глеб: no answer"),
        popups=(
            *told, *closed,
            f"Глеб: missed, {stranger.name}",
            f"Глеб: missed, {stranger.name} → «{stranger.lead}»",
        ),
    )  # fmt: skip


def test_a_contact_without_a_lead_is_linked_to_the_record_and_not_made_again(company: Company) -> None:
    """On the service's number: the record goes to its pipeline."""
    olga = company.client("without a lead")
    call = olga.calls(company.did.group_local)
    company.rings(2)
    call.hangs_up()
    company.in_the_end(
        crm=(
            f"lead «{olga.lead}» of «{olga.name}», Анна, Сервис/Неразобранное",
            f"unsorted sip «{olga.lead}»: waits",
            f"call_in {olga.number} on lead «{olga.lead}», part of the record",
        ),
        popups=("Анна: closed", "Борис: closed", f"Глеб: missed, {olga.name}"),
    )


def test_a_hidden_number_is_a_record_without_a_phone(company: Company) -> None:
    call = company.office.client("anonymous").calls(company.did.direct)
    company.rings(1)
    company.phone("101").rejects()
    call.is_over()
    company.in_the_end(
        crm=(
            "contact «Клиент номер скрыт» no number, Анна, hidden",
            "lead «Звонок номер скрыт» of «Клиент номер скрыт», Анна, Продажи/Неразобранное",
            "unsorted sip «Звонок номер скрыт»: waits",
            "call_in  on lead «Звонок номер скрыт», part of the record",
        ),
        popups=("Анна: closed", "Глеб: missed, Клиент номер скрыт"),
    )


def test_a_forward_that_the_mobile_does_not_take_is_missed(company: Company) -> None:
    ivan = company.client()
    company.phone("103").forwards_to(MOBILE)
    call = ivan.calls(company.did.mobile)
    company.office.client(MOBILE).rings()
    call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Борис: no answer",),
        popups=tuple(f"{who}: missed, {ivan.name} → «{ivan.lead}»" for who in EVERYBODY),
    )


def called_back(company: Company, stranger: Person) -> str:
    call = company.phone("102").dials(stranger.dialled)
    stranger.answers()
    call.talks(TALK).hangs_up()
    return f"call_out {stranger.number} on lead «{stranger.lead}», Борис: talked"


def calls_again(company: Company, stranger: Person) -> str:
    call = stranger.calls(company.did.sales)
    company.rings(2)
    company.phone("102").answers().talks(TALK)
    call.hangs_up()
    return f"call_in {stranger.number} on lead «{stranger.lead}», Борис: talked"


@pytest.mark.parametrize(("talk", "rang"), [(called_back, ()), (calls_again, ("Вера",))], ids=["out", "in"])
def test_a_talk_accepts_the_waiting_record_for_who_talked(
    company: Company, talk: Callable[..., str], rang: tuple[str, ...]
) -> None:
    stranger = company.stranger()
    in_the_menu(company, stranger)
    company.shows(f"Глеб: missed, {stranger.name}")
    note = talk(company, stranger)
    company.in_the_end(
        crm=(
            f"contact «{stranger.name}» {stranger.number}, Борис",
            f"lead «{stranger.lead}» of «{stranger.name}», Борис, Продажи/Первичный контакт",
            f"unsorted sip «{stranger.lead}»: accept",
            f"call_in {stranger.number} on lead «{stranger.lead}», part of the record",
            note,
        ),
        popups=(
            "Глеб: closed",
            f"Борис: ended, {stranger.name} → «{stranger.lead}»",
            *(f"{who}: closed" for who in rang),
        ),
    )
