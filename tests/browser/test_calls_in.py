"""A call comes in: who sees it, what it says, where it leads."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import Person
from tests.browser.hostile import NAMES, NUMBERS, SIGN
from tests.journeys.company import TALK, Company, Town

pytestmark = pytest.mark.asterisk
Works = Callable[..., Person]


def test_a_call_pops_up_at_its_employee_and_at_nobody_else(works: Works, company: Company, town: Town) -> None:
    anna, boris, galina = (who.listens() for who in (works("Анна"), works("Борис"), works("Галина", town.other)))
    ivan = company.client()
    call = ivan.calls(company.did.direct)
    ringing = anna.popup(ivan.name, "ringing")
    for told in (ivan.lead, "Переговоры", "Борис"):
        expect(ringing).to_contain_text(told)
    company.phone("101").answers().talks(TALK)
    talking = anna.popup(ivan.name, "talking")
    expect(talking.get_by_role("timer")).to_have_text(re.compile(r"\d:\d\d"))
    talking.get_by_role("link", name=ivan.lead).click()
    anna.sees("h1", ivan.lead)
    anna.popup(ivan.name, "talking")
    call.hangs_up()
    anna.popup(ivan.name, "ended")
    for other in (boris, galina):
        other.sees_no(".ps-popup")
        assert other.violations == []
    assert anna.violations == []


def test_a_new_client_has_a_link_as_soon_as_there_is_a_lead(works: Works, company: Company) -> None:
    anna, stranger = works("Анна").listens(), company.stranger()
    call = stranger.calls(company.did.direct)
    expect(anna.popup(stranger.spoken, "ringing")).to_contain_text("Новый клиент")
    company.phone("101").answers().talks(TALK)
    anna.popup(stranger.spoken, "talking").get_by_role("link", name=stranger.lead).click()
    anna.sees("h1", stranger.lead)
    call.hangs_up()
    anna.popup(stranger.spoken, "ended")


def test_three_tabs_show_one_popup_and_close_it_together(works: Works, company: Company) -> None:
    anna = works("Анна")
    tabs = [anna.listens(), anna.opens_tab("/contacts"), anna.opens_tab("/unsorted")]
    ivan = company.client()
    call = ivan.calls(company.did.direct)
    for tab in tabs:
        tab.popup(ivan.name, "ringing")
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    for tab in tabs:
        tab.popup(ivan.name, "ended")
    tabs[1].popup(ivan.name).locator("[data-act=close]").click()
    for tab in tabs:
        tab.sees_no(".ps-popup")
    tabs[2].page.reload()
    tabs[2].sees("h1")
    tabs[2].sees_no(".ps-popup")


def test_another_tab_listens_when_the_first_is_closed(works: Works, company: Company) -> None:
    anna = works("Анна")
    first, second = anna.listens(), anna.opens_tab("/contacts")
    first.page.close()
    ivan = company.client()
    ivan.calls(company.did.direct)
    second.popup(ivan.name, "ringing")


def test_nothing_is_missed_or_doubled_when_the_web_process_dies(works: Works, company: Company, town: Town) -> None:
    anna, ivan = works("Анна"), company.client()
    anna.expects("Failed to load resource", "ERR_")
    screen = anna.listens()
    call = ivan.calls(company.did.direct)
    screen.popup(ivan.name, "ringing")
    company.phone("101").answers().talks(TALK)
    screen.popup(ivan.name, "talking")
    _kill_web(town)
    call.hangs_up()
    screen.popup(ivan.name, "ended")


def _kill_web(town: Town) -> None:
    """`kill -9` of the web process and its workers; `all` starts it anew."""
    pid = re.findall(r"process_started +pid=(\d+) process=web\b", town.station.log.read_text())[-1]
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for each in (pid, *workers):
        os.kill(int(each), signal.SIGKILL)


def test_a_missed_call_waits_in_the_list_until_somebody_talks_to_the_client(works: Works, company: Company) -> None:
    anna, ivan = works("Анна").listens(), company.client()
    ivan.calls(company.did.direct)
    anna.popup(ivan.name, "ringing")
    ivan.hangs_up()
    anna.popup(ivan.name, "missed")
    opener = anna.sees(".ps-missed-button")
    opener.click()
    anna.sees(".ps-missed-list", ivan.name)
    call = ivan.calls(company.did.sales)
    company.phone("102").answers().talks(TALK)
    anna.sees_no(".ps-missed-list li", ivan.name)
    call.hangs_up()


@pytest.mark.parametrize("kind", NAMES)
def test_whatever_a_client_is_called_is_text(works: Works, company: Company, town: Town, kind: str) -> None:
    lead = next(each for each in town.account.leads if each["name"] == NAMES[kind])
    anna = works("Анна").listens(f"/leads/detail/{lead['id']}")
    shown = NAMES[kind][:100]
    call = town.office.client(NUMBERS[kind]).calls(company.did.direct)
    popup = anna.popup(shown, "ringing")
    box = popup.bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 1360
    assert box["height"] < 860
    company.phone("101").answers().talks(TALK)
    anna.popup(shown, "talking")
    call.hangs_up()
    anna.popup(shown, "ended")
    anna.sees(".ps-panel .ps-calls")
    assert anna.page.evaluate(f"() => window.{SIGN}") is None
    assert anna.violations == []
