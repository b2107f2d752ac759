"""`GET /api/overview`: what administrators see of the account, and others of themselves."""

from __future__ import annotations

from typing import Any

import pytest

from backend.amocrm.onetime import Visitor
from backend.store import accounts, db
from backend.web import api
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


def test_what_reads_much_runs_one_at_a_time_and_the_rest_beside_it(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a few of them would take every connection to the database that the process has."""
    monkeypatch.setattr(api, "PATIENCE", 0.01)
    asked = ("/api/overview?days=90", "/api/contacts?query=a", "/api/missed", "/api/popups")
    with firm.app.test_request_context(), api.slowly():
        answers = [ask(firm, "Вера", "GET", each) for each in asked]
    assert [each.status_code for each in answers] == [503, 503, 200, 200]
    assert [ask(firm, "Вера", "GET", each).status_code for each in asked] == [200] * 4


def test_a_process_without_a_free_connection_to_the_database_says_so(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    with firm.app.app_context():
        monkeypatch.setattr(db.engine.pool, "_timeout", 0.01)
        held = [db.engine.connect() for _ in range(db.engine.pool.size())]  # type: ignore[attr-defined]
        answer = ask(firm, "Вера", "GET", "/api/missed")
        for each in held:
            each.close()
    assert (answer.status_code, answer.json["error"]) == (503, "busy")  # type: ignore[index]
    assert ask(firm, "Вера", "GET", "/api/missed").status_code == 200


def test_no_connection_to_the_database_waits_for_amocrm(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[str] = []

    class Slow:
        def send(self, request: object) -> None:
            held.append(db.engine.pool.status())

        def close(self) -> None: ...

    monkeypatch.setattr(api, "client_for", lambda account_id: Slow())
    monkeypatch.setattr(api.account_answers, "user", lambda told: None)
    with firm.app.app_context():
        idle = db.engine.pool.status()
        accounts.find(firm.id)
        assert not api.may_administer(Visitor(account_id=firm.id, user_id=1, is_admin=None, host="h"))
    assert held == [idle]


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
