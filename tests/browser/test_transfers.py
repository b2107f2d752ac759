"""A talk is passed to a colleague from the popup."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.pbx.lines import Leg
from tests.browser.chromium import Person, Screen
from tests.journeys.company import TALK, Company
from tests.journeys.company import Person as Client

pytestmark = pytest.mark.asterisk
Works = Callable[..., Person]


def talk(company: Company, anna: Screen, client: Client) -> Leg:
    call = client.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    anna.popup(client.name, "talking")
    return call


def choose(anna: Screen, client: Client, colleague: str, kind: str) -> None:
    popup = anna.popup(client.name)
    popup.locator("[data-act=transfer]").click()
    row = popup.locator(".ps-colleague", has_text=colleague)
    row.get_by_role("button", name=colleague).click()
    row.locator(f"[data-act={kind}]").click()


def test_blind(works: Works, company: Company) -> None:
    anna, boris, ivan = works("Анна").listens(), works("Борис").listens(), company.client()
    call = talk(company, anna, ivan)
    choose(anna, ivan, "Борис", "blind")
    boris.popup(ivan.name, "ringing")
    company.phone("102").answers().talks(TALK)
    passed = boris.popup(ivan.name, "talking")
    assert "Анна" in passed.inner_text()
    anna.popup(ivan.name, "ended")
    call.hangs_up()
    boris.popup(ivan.name, "ended")


def test_attended(works: Works, company: Company) -> None:
    anna, boris, ivan = works("Анна").listens(), works("Борис").listens(), company.client()
    call = talk(company, anna, ivan)
    choose(anna, ivan, "Борис", "attended")
    company.phone("102").answers()
    anna.sees(".ps-transfer-state", "Борис")
    anna.popup(ivan.name).locator("[data-act=complete]").click()
    boris.popup(ivan.name, "talking")
    anna.popup(ivan.name, "ended")
    call.hangs_up()
    boris.popup(ivan.name, "ended")


def test_a_question_is_withdrawn_and_the_client_comes_back(works: Works, company: Company) -> None:
    anna, ivan = works("Анна").listens(), company.client()
    call = talk(company, anna, ivan)
    choose(anna, ivan, "Борис", "attended")
    company.phone("102").answers()
    anna.sees("[data-act=complete]")
    anna.popup(ivan.name).locator("[data-act=cancel]").click()
    company.phone("102").is_over()
    anna.sees_no("[data-act=complete]")
    call.talks(TALK)
    anna.popup(ivan.name, "talking")
    call.hangs_up()
    anna.popup(ivan.name, "ended")
