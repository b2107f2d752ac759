"""A visitor presses the button of a site, and a real phone rings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from sandbox.site.server import HOST
from sandbox.site.server import Site as Pages
from tests.browser.chromium import Person
from tests.journeys.company import TALK, Company
from tests.journeys.site import site

pytestmark = pytest.mark.asterisk


def test_the_button_of_a_site_rings_the_real_phone(
    works: Callable[..., Person], company: Company, chromium: Browser
) -> None:
    anna, olga = works("Анна").listens(), company.stranger()
    with site(company, site={"hosts": [HOST], "target": "101"}) as shop, Pages(company.station.url, shop.key) as pages:
        page = chromium.new_context().new_page()
        page.goto(pages.url)
        page.get_by_role("button", name="Заказать звонок").click()
        page.get_by_label("Телефон").fill(olga.dialled)
        page.get_by_label("Имя").fill("Ольга")
        page.get_by_label("Вопрос").fill("про двери")
        page.get_by_role("button", name="Жду звонка").click()
        ringing = company.phone("101").rings()
        assert (ringing.other, ringing.tell("CALLERID(name)")) == (olga.number[1:], "Ольга про двери")
        ringing.answers()
        anna.popup("Ольга", "dialling")
        olga.answers()
        ringing.talks(TALK)
        anna.popup("Ольга", "talking")
        expect(page.get_by_role("status")).to_have_text("Идёт разговор")
        olga.hangs_up()
        anna.popup("Ольга", "ended")
        expect(page.get_by_role("status")).to_have_text("Разговор состоялся")
        page.context.close()
    assert anna.violations == []
