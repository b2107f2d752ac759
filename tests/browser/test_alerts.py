"""An administrator sees that the line to the PBX is lost, on whatever page, until it is back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.browser.conftest import People
from tests.journeys.company import Company
from tests.journeys.test_breakdowns import linked_again
from tests.journeys.test_rights import is_old, is_over, is_steady

pytestmark = [pytest.mark.asterisk, pytest.mark.drill]


@contextmanager
def without_pbx(company: Company) -> Iterator[None]:
    """Its power is cut, for over two minutes; afterwards it has been there again for as long."""
    with linked_again(company):
        company.office.kill_pbx()
        company.station.until(lambda: is_old(company), "the outage is noticed")
        yield
        company.office.start_pbx()
    is_steady(company)
    company.station.until(lambda: is_over(company), "the outage is over")


def test_the_line_is_lost_and_back(works: People, company: Company) -> None:
    """Closed in one browser it still stands in another; who cannot mend it is not told."""
    hers, at_home, his = works("Анна").listens(), works("Анна").listens(), works("Борис").listens()
    with without_pbx(company):
        hers.sees(".ps-alert", "АТС")
        hers.page.locator(".side a", has_text="Контакты").click()
        hers.sees("h1", "Контакты")
        hers.sees(".ps-alert", "АТС").get_by_role("button").click()
        hers.sees_no(".ps-alert")
        at_home.sees(".ps-alert", "АТС")
        his.sees_no(".ps-alert")
    at_home.sees_no(".ps-alert")
