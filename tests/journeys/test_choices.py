"""The rules' settings, chosen otherwise than they are by default; one extension is nobody's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.company import TALK, Company, Town
from tests.journeys.conftest import ON_22
from tests.journeys.opening import choices

pytestmark = [pytest.mark.asterisk, ON_22, pytest.mark.usefixtures("chosen_otherwise")]


@pytest.fixture(scope="module")
def chosen_otherwise(town: Town) -> Iterator[None]:
    usual = choices(town)
    anna, boris, *_ = (user["id"] for user in town.account.users)
    otherwise = {
        "employees": [{"user_id": anna, "extensions": ["101"]}, {"user_id": boris, "extensions": ["102"]}],
        "missed_to": [anna, boris],
        "open_lead_missed_to": [boris],
        "popup_on_ringing": False,
        "failed_makes_lead": False,
        "lead_owner": "last",
    }
    town.station.choose(town.account, **{**usual, **otherwise})
    yield
    town.station.choose(town.account, **usual)


def test_an_extension_without_a_user_falls_to_the_default_employee(company: Company) -> None:
    stranger = company.stranger()
    call = stranger.calls(company.did.mobile)
    company.phone("103").answers().talks(TALK)
    call.hangs_up()
    company.in_the_end(
        crm=(
            f"contact «{stranger.name}» {stranger.number}, Глеб",
            f"lead «{stranger.lead}» of «{stranger.name}», Глеб, Продажи/Первичный контакт",
            f"call_in {stranger.number} on lead «{stranger.lead}», Глеб: talked",
        ),
        popups=(f"Глеб: ended, {stranger.name} → «{stranger.lead}»",),
    )


def test_a_transferred_clients_lead_goes_to_the_last_who_talked(company: Company) -> None:
    stranger = company.stranger()
    call = stranger.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    company.phone("101").transfers_to("102")
    company.phone("102").answers().talks(TALK)
    call.hangs_up()
    company.in_the_end(
        crm=(
            f"contact «{stranger.name}» {stranger.number}, Анна",
            f"lead «{stranger.lead}» of «{stranger.name}», Борис, Продажи/Первичный контакт",
            f"call_in {stranger.number} on lead «{stranger.lead}», Анна: talked, 101 Анна m:ss → 102 Борис m:ss",
        ),
        popups=(
            f"Анна: ended, {stranger.name} → «{stranger.lead}»",
            f"Борис: ended, {stranger.name} → «{stranger.lead}»",
        ),
    )


def test_a_missed_call_is_shown_to_those_who_are_named_and_not_while_it_rings(company: Company) -> None:
    stranger, ivan = company.stranger(), company.client()
    calls = [each.calls(company.did.direct) for each in (stranger, ivan)]
    for _ in calls:
        company.phone("101").rings()
    company.shows()
    for call in calls:
        call.hangs_up()
    company.in_the_end(
        crm=(
            f"contact «{stranger.name}» {stranger.number}, Анна, hidden",
            f"lead «{stranger.lead}» of «{stranger.name}», Анна, Продажи/Неразобранное",
            f"unsorted sip «{stranger.lead}»: waits",
            f"call_in {stranger.number} on lead «{stranger.lead}», part of the record",
            f"call_in {ivan.number} on lead «{ivan.lead}», Борис: no answer",
        ),
        popups=(
            f"Анна: missed, {stranger.name}",
            f"Борис: missed, {stranger.name}",
            f"Борис: missed, {ivan.name} → «{ivan.lead}»",
        ),
    )


def test_an_attempt_that_failed_is_registered_only_on_clients_already_known(company: Company) -> None:
    stranger, olga = company.stranger(), company.client("without a lead")
    for person in (stranger, olga):
        call = company.phone("101").dials(person.dialled)
        person.rings()
        call.hangs_up()
    company.in_the_end(crm=(f"call_out {olga.number} on contact «{olga.name}», Анна: no answer, не дождались ответа",))
