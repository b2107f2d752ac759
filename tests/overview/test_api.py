"""`GET /api/overview`: what administrators see of the account, and others of themselves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.asking import ask, messages
from tests.firm import Firm

STRANGER = "+79267778899"


def overview(firm: Firm, name: str, days: object = 7) -> Any:
    return ask(firm, name, "GET", f"/api/overview?days={days}&account_id=1").json


def total(told: Any, what: str) -> int:
    return sum(each[what] for each in told["calls"])


def test_an_administrator_sees_the_whole_account_and_no_other(firm: Firm, other: Firm) -> None:
    firm.talk(STRANGER, "101")
    firm.talk(STRANGER, "102", outbound=True)
    firm.miss(STRANGER)
    firm.talk(STRANGER, "999")
    firm.work()
    told = overview(firm, "Вера")
    assert (total(told, "inbound"), total(told, "outbound"), total(told, "missed")) == (3, 1, 1)
    assert [(each["name"], each["inbound"], each["outbound"]) for each in told["employees"]] == [
        ("Анна", 1, 0),
        ("Борис", 0, 1),
    ]
    health = told["health"]
    assert (health["account"], health["link"], health["unmapped_extensions"]) == ("connected", "never", ["999"])
    assert (health["seen_on_pbx"], health["in_crm"], health["waiting"]) == (4, 4, 0)
    others = overview(other, "Вера")
    assert total(others, "inbound") + total(others, "outbound") == 0
    assert others["health"]["seen_on_pbx"] == 0


def test_what_amocrm_has_not_taken_yet_is_a_difference(firm: Firm) -> None:
    firm.talk(STRANGER, "101")
    health = overview(firm, "Вера")["health"]
    assert (health["seen_on_pbx"], health["in_crm"]) == (1, 0)
    assert health["waiting"] == 3
    assert isinstance(health["waiting_since"], int)


def test_an_employee_sees_his_own_calls_alone(firm: Firm) -> None:
    firm.talk(STRANGER, "101")
    firm.talk(STRANGER, "102")
    firm.miss(STRANGER)
    told = overview(firm, "Анна")
    assert [each["name"] for each in told["employees"]] == ["Анна"]
    assert (total(told, "inbound"), total(told, "missed"), told["health"]) == (1, 0, None)


@pytest.mark.parametrize("days", ["", "0", "2", "-1", "x", "7.0", "99999999999999999999"])
def test_only_the_known_periods(firm: Firm, days: str) -> None:
    answer = ask(firm, "Вера", "GET", f"/api/overview?days={days}&lang=en")
    assert messages(answer) == {"days": "one of: 1, 7, 30, 90"}
    assert ask(firm, "Вера", "GET", "/api/overview").status_code == 422
