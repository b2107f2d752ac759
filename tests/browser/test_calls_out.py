"""A click on a phone number: the employee's phone rings, then the client's; the call is registered once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Person, Screen
from tests.journeys.company import TALK, Company, Town
from tests.journeys.company import Person as Client

pytestmark = pytest.mark.asterisk
Works = Callable[..., Person]
STATION = "Телефонная станция"


def on_card_of(works: Works, town: Town, client: Client) -> Screen:
    """Анна's screen, on the client's open lead."""
    lead = next(each for each in town.account.leads if each["name"] == client.lead)
    return works("Анна").listens(f"/leads/detail/{lead['id']}")


def test_a_click_rings_both_phones_and_registers_once(works: Works, company: Company, town: Town) -> None:
    ivan = company.client()
    anna = on_card_of(works, town, ivan)
    anna.clicks_phone(ivan.dialled, STATION)
    anna.popup(ivan.spoken, "calling")
    company.phone("101").answers()
    anna.popup(ivan.name, "dialling")
    ivan.answers().talks(TALK)
    talking = anna.popup(ivan.name, "talking")
    expect(talking).to_contain_text(ivan.lead)
    talking.locator("[data-act=hangup]").click()
    anna.popup(ivan.name, "ended")
    anna.sees(".ps-panel .ps-calls", "Анна")
    company.in_the_end(
        crm=(f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )
    assert anna.violations == []


def test_a_double_click_makes_one_call(works: Works, company: Company, town: Town) -> None:
    ivan = company.client()
    anna = on_card_of(works, town, ivan)
    number = anna.sees(".ps-panel-numbers button", ivan.spoken)
    number.dblclick()
    anna.popup(ivan.spoken, "calling")
    company.phone("101").answers()
    ivan.answers().talks(TALK)
    anna.popup(ivan.name, "talking")
    ivan.hangs_up()
    anna.popup(ivan.name, "ended")
    company.in_the_end(
        crm=(f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


@pytest.mark.parametrize(("name", "said"), [("Глеб", "не зарегистрирован"), ("Галина", "АТС")])
def test_what_stands_in_the_way_is_said_in_words(
    works: Works, company: Company, town: Town, name: str, said: str
) -> None:
    """Глеб's phone is not registered; Галина's account has no PBX."""
    ivan, account = company.client(), town.other if name == "Галина" else town.account
    who = works(name, account)
    who.expects("409", "503")
    screen = who.listens("/contacts")
    screen.clicks_phone(ivan.dialled, STATION)
    expect(screen.popup(ivan.dialled, "failed")).to_contain_text(said)


def test_a_client_who_is_busy_and_one_who_does_not_exist(works: Works, company: Company, town: Town) -> None:
    ivan = company.client()
    anna = on_card_of(works, town, ivan)
    ivan.line.is_busy()
    anna.clicks_phone(ivan.dialled, STATION)
    company.phone("101").answers()
    expect(anna.popup(ivan.name, "failed")).to_contain_text("анят")
