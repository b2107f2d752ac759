"""Outbound: answered at the moment the client answers, failed with its reason; internal calls are ignored."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.company import TALK, Company, Person

pytestmark = pytest.mark.asterisk


def test_a_stranger_who_answers_is_a_lead_of_who_called(company: Company) -> None:
    stranger = company.stranger()
    made = (
        f"contact «{stranger.name}» {stranger.number}, Борис",
        f"lead «{stranger.lead}» of «{stranger.name}», Борис, Продажи/Первичный контакт",
    )
    call = company.phone("102").dials(stranger.dialled)
    stranger.answers()
    call.talks(TALK)
    company.holds(*made, f"call_out {stranger.number} on lead «{stranger.lead}», Борис: talking")
    company.shows(f"Борис: talking, {stranger.name} → «{stranger.lead}»")
    call.hangs_up()
    company.in_the_end(
        crm=(*made, f"call_out {stranger.number} on lead «{stranger.lead}», Борис: talked"),
        popups=(f"Борис: ended, {stranger.name} → «{stranger.lead}»",),
    )


def test_a_client_with_an_open_lead_who_answers_gets_no_new_one(company: Company) -> None:
    ivan = company.client()
    call = company.phone("101").dials(ivan.dialled)
    ivan.answers()
    call.talks(TALK)
    company.shows(f"Анна: talking, {ivan.name} → «{ivan.lead}»")
    ivan.hangs_up()
    company.in_the_end(
        crm=(f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


def test_a_click_is_credited_to_the_employee_whose_phone_it_rang(company: Company) -> None:
    ivan = company.client()
    company.office.pbx_act(
        "Originate", Channel="PJSIP/101", ChannelId=f"station-click-{ivan.number[1:]}", Context="from-internal",
        Exten=ivan.number[1:], Priority="1", CallerID="Click <101>", Timeout="15000", Async="true",
    )  # fmt: skip
    company.phone("101").answers()
    ivan.answers().talks(TALK)
    ivan.hangs_up()
    company.in_the_end(
        crm=(f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


def given_up(company: Company, person: Person) -> None:
    call = company.phone("101").dials(person.dialled)
    person.rings()
    call.hangs_up()


FAILED = {
    "busy": "busy, занято",
    "no_answer": "no answer, не отвечает",
    "no_such": "wrong number, номер не существует",
    "refused": "no answer, вызов отклонён",
    "declined": "no answer, вызов отклонён",
    "unreachable": "no answer, вызов отклонён",
}


def registered(person: Person, outcome: str) -> tuple[str, ...]:
    return (
        f"contact «{person.name}» {person.number}, Анна",
        f"lead «{person.lead}» of «{person.name}», Анна, Продажи/Первичный контакт",
        f"call_out {person.number} on lead «{person.lead}», Анна: {outcome}",
    )


def test_an_attempt_that_failed_is_registered_with_its_reason(company: Company) -> None:
    """A number's manner is the trunk's answer; 101 dials them all at once. Nobody sees a popup."""
    people = [company.stranger(f"+{getattr(company.office.number, manner)}") for manner in FAILED]
    for call in [company.phone("101").dials(person.dialled) for person in people]:
        call.is_over()
    lines = [line for each, outcome in zip(people, FAILED.values(), strict=True) for line in registered(each, outcome)]
    gave_up = company.stranger()
    given_up(company, gave_up)
    company.in_the_end(crm=(*lines, *registered(gave_up, "no answer, не дождались ответа")))


def is_busy(company: Company, person: Person) -> None:
    person.line.is_busy()
    company.phone("101").dials(person.dialled).is_over()


@pytest.mark.parametrize(
    ("fails", "outcome"), [(is_busy, "busy, занято"), (given_up, "no answer, не дождались ответа")]
)
def test_an_attempt_to_a_client_with_an_open_lead_is_registered_there(
    company: Company, fails: Callable[..., None], outcome: str
) -> None:
    ivan = company.client()
    fails(company, ivan)
    company.in_the_end(crm=(f"call_out {ivan.number} on lead «{ivan.lead}», Анна: {outcome}",))


def test_colleagues_who_talk_to_each_other_are_nobodys_business(company: Company) -> None:
    call = company.phone("101").dials("102")
    company.phone("102").answers()
    call.talks(TALK).hangs_up()
    ivan = company.client()  # what comes after it shows that it was heard, and passed over
    given_up(company, ivan)
    company.in_the_end(crm=(f"call_out {ivan.number} on lead «{ivan.lead}», Анна: no answer, не дождались ответа",))
