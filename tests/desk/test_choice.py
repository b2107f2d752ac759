"""Several contacts share a number: the popup says so, an employee says who it is, and the call follows."""

from __future__ import annotations

from typing import Any

import pytest

from backend.store import popups
from tests.asking import ask
from tests.firm import Firm

SHARED = "+79161234567"


@pytest.fixture
def two(firm: Firm) -> tuple[int, int]:
    """The older and the younger contact with the number, by their ids."""
    ids = [int(firm.account.add_contact(name, [SHARED])["id"]) for name in ("Иван", "Мария")]
    firm.sync()
    return ids[0], ids[1]


def details(firm: Firm, call: str) -> dict[str, Any]:
    with firm.app.app_context():
        (popup,) = [each for each in popups.of_call(firm.id, call) if each.user_id == firm.people["Анна"]]
        return dict(popup.details)


def choose(firm: Firm, call: str, card: int, who: str = "Анна", entity: str = "contacts") -> int:
    body = {"entity": entity, "id": card}
    return int(ask(firm, who, "POST", f"/api/popups/{call}/client", body).status_code)


def linked(firm: Firm) -> list[int]:
    (lead,) = firm.account.leads
    return [each["id"] for each in lead["contacts"]]


def test_the_popup_names_the_others(firm: Firm, two: tuple[int, int]) -> None:
    call = firm.talk(SHARED, "101")
    shown = details(firm, call)
    assert (shown["party"]["id"], [each["name"] for each in shown["others"]]) == (two[0], ["Мария"])


def test_before_the_lead_is_made_it_is_made_for_who_was_chosen(firm: Firm, two: tuple[int, int]) -> None:
    call = firm.call(SHARED)
    firm.tell(*firm.answer(call, "101"))
    assert choose(firm, call["call"], two[1]) == 200
    shown = details(firm, call["call"])
    assert (shown["name"], [each["name"] for each in shown["others"]]) == ("Мария", ["Иван"])
    firm.work_through()
    assert linked(firm) == [two[1]]
    assert len(firm.call_notes()) == 1


def test_a_lead_that_was_made_moves_to_who_was_chosen(firm: Firm, two: tuple[int, int]) -> None:
    call = firm.talk(SHARED, "101")
    firm.work_through()
    assert linked(firm) == [two[0]]
    assert choose(firm, call, two[1]) == 200
    firm.work_through()
    assert linked(firm) == [two[1]]
    assert len(firm.call_notes()) == 1


def test_the_next_call_is_of_who_was_chosen(firm: Firm, two: tuple[int, int]) -> None:
    firm.account.add_lead("Поставка", two[0])
    other = firm.account.add_lead("Обслуживание", two[1])
    firm.sync()
    first = firm.talk(SHARED, "101")
    firm.work_through()
    assert choose(firm, first, two[1]) == 200
    firm.talk(SHARED, "101")
    firm.work_through()
    assert [note["entity_id"] for note in firm.call_notes()][-1] == other["id"]


@pytest.mark.parametrize("who", ["Анна", "Борис"])
def test_what_cannot_be_chosen_is_refused(firm: Firm, two: tuple[int, int], who: str) -> None:
    """A card without the number, of another kind, a call without a popup of this user."""
    call = firm.talk(SHARED, "101")
    stranger = firm.account.add_contact("Пётр", ["+79035556677"])["id"]
    wrong = [(int(stranger), "contacts"), (two[1], "companies"), (two[1], "leads")]
    if who == "Борис":
        wrong = [(two[1], "contacts")]
    assert {choose(firm, call, card, who, entity) for card, entity in wrong} <= {404, 422}
    assert details(firm, call)["party"]["id"] == two[0]
