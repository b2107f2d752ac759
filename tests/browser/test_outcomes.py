"""What came of a call is put into the popup and stands in the CRM."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.chromium import Person, Screen
from tests.journeys.company import TALK, Company, Town
from tests.journeys.company import Person as Client

pytestmark = pytest.mark.asterisk
Works = Callable[..., Person]
NOTE = "Просил счёт <b>на 12</b> штук"


def talked(company: Company, anna: Screen, client: Client) -> None:
    call = client.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    anna.popup(client.name or client.spoken, "ended")


def test_a_result_a_note_and_a_task_come_to_the_lead(works: Works, company: Company, town: Town) -> None:
    anna, ivan = works("Анна").listens(), company.client()
    talked(company, anna, ivan)
    popup = anna.popup(ivan.name)
    popup.get_by_text("Договорились", exact=True).click()
    popup.get_by_label("Заметка").fill(NOTE)
    popup.get_by_text("Завтра утром", exact=True).click()
    popup.locator("[data-act=save]").click()
    anna.sees(".ps-outcome-saved", "сохранён")
    popup.get_by_role("link", name=ivan.lead).click()
    anna.sees("h1", ivan.lead)
    anna.sees(".entry .text", NOTE)
    anna.sees(".to-do", "Анна")
    lead = next(each for each in town.account.leads if each["name"] == ivan.lead)
    tasks = [task for task in town.account.state()["tasks"].values() if task["entity_id"] == lead["id"]]
    assert [task["responsible_user_id"] for task in tasks] == [town.account.users[0]["id"]]


def test_what_was_typed_outlives_the_page(works: Works, company: Company) -> None:
    anna, ivan = works("Анна").listens(), company.client()
    talked(company, anna, ivan)
    anna.popup(ivan.name).get_by_label("Заметка").fill(NOTE)
    anna.page.reload()
    popup = anna.popup(ivan.name, "ended")
    assert popup.get_by_label("Заметка").input_value() == NOTE


def test_one_key_leaves_it_out(works: Works, company: Company) -> None:
    anna, ivan = works("Анна").listens(), company.client()
    talked(company, anna, ivan)
    anna.popup(ivan.name).get_by_label("Заметка").focus()
    anna.page.keyboard.press("Escape")
    anna.sees_no(".ps-popup", ivan.name)
