"""Finding a contact to save a number to."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.asking import ask
from tests.firm import Firm

PEOPLE = {
    "Иван Сидоров": ["8 (916) 123-45-67"],
    "Сидорова Алёна": ["+49 30 1234567"],
    "ООО «Ромашка», Пётр": ["+7 812 555-01-01"],
    "Скидка 100%_\\": [],
    "Ivan O'Brien <b>": ["412345"],
}
FOUND = {
    "сидоров": ["Сидорова Алёна", "Иван Сидоров"],
    "СИДОРОВ иван": ["Иван Сидоров"],
    "алена": ["Сидорова Алёна"],
    "ромашка петр": ["ООО «Ромашка», Пётр"],
    "+7 916 123 45 67": ["Иван Сидоров"],
    "89161234567": ["Иван Сидоров"],
    "8916123": ["Иван Сидоров"],
    "(812) 555": ["ООО «Ромашка», Пётр"],
    "030 1234567": [],
    "+49301234567": ["Сидорова Алёна"],
    "12345": ["Сидорова Алёна", "Ivan O'Brien <b>", "Иван Сидоров"],
    "%": ["Скидка 100%_\\"],
    "_": ["Скидка 100%_\\"],
    "\\": ["Скидка 100%_\\"],
    "100%": ["Скидка 100%_\\"],
    "o'brien <b>": ["Ivan O'Brien <b>"],
    "никого": [],
    "  ": [],
    "\0": [],
    "я" * 5000: [],
}


@pytest.fixture
def full(firm: Firm) -> Firm:
    for name, phones in PEOPLE.items():
        firm.account.add_contact(name, phones)
    firm.account.add_company("Сидоров и партнёры", ["+79161234567"])
    firm.sync()
    return firm


def find(firm: Firm, query: str) -> list[str]:
    answer = ask(firm, "Борис", "GET", f"/api/contacts?query={quote(query)}")
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json["contacts"]]  # type: ignore[index]


def test_by_words_or_number_in_any_spelling(full: Firm) -> None:
    found = {query: find(full, query) for query in FOUND}
    assert {query: set(names) for query, names in found.items()} == {
        query: set(names) for query, names in FOUND.items()
    }
    assert found["сидоров"] == FOUND["сидоров"]


def test_twenty_at_most_and_none_without_a_query(firm: Firm) -> None:
    for number in range(25):
        firm.account.add_contact(f"Иван {number:02}")
    firm.sync()
    assert find(firm, "иван") == [f"Иван {number:02}" for number in range(20)]
    assert ask(firm, "Анна", "GET", "/api/contacts").json == {"contacts": []}


def test_of_ones_own_account_only(firm: Firm, other: Firm) -> None:
    other.sync()
    assert (find(other, "чужой"), find(firm, "чужой"), find(firm, "89161234567")) == (["Чужой"], [], [])


def test_a_made_contact_is_found_at_once(firm: Firm) -> None:
    firm.talk("+79267778899", "101")
    firm.work()
    assert find(firm, "926 777") == ["Клиент +7 926 777-88-99"]
