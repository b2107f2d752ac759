"""Two accounts with cards of the same ids: neither sees anything of the other's."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from backend.calls.rules.sight import everything
from backend.desk import call_list
from backend.store import db
from backend.store.phonebook import phonebook
from backend.store.phonebook.phonebook import MirroredLead, MirroredParty
from tests.asking import ask
from tests.firm import Firm

SEES_ALL = everything()
ALL = [SEES_ALL]

OURS, THEIRS = "+79161234567", "+79267778899"
CARDS = (("contacts", 7), ("companies", 7), ("leads", 9))


@pytest.fixture
def alike(firm: Firm, other: Firm) -> None:
    with firm.app.app_context():
        for account, phone, name in ((firm.id, OURS, "Наш"), (other.id, THEIRS, "Чей-то")):
            parties = [
                MirroredParty(
                    entity=entity,
                    id=7,
                    name=f"{name} клиент",
                    responsible=None,
                    companies=(),
                    phones=frozenset({phone}),
                )
                for entity in ("contacts", "companies")
            ]
            lead = MirroredLead(
                id=9, name=f"{name} заказ", price=0, responsible=None, pipeline_id=1, status_id=1, is_open=True,
                parties=(("contacts", 7),),
            )  # fmt: skip
            phonebook.put_parties(account, parties)
            phonebook.put_leads(account, [lead])
        db.session.commit()


@pytest.mark.usefixtures("alike")
def test_cards_of_the_same_id_are_not_the_same(firm: Firm, other: Firm) -> None:
    ours = [firm.talk(OURS, "101"), firm.miss(THEIRS), firm.miss(OURS)]
    theirs = [other.miss(THEIRS), other.miss(OURS)]
    with firm.app.app_context():
        for entity, card in CARDS:
            shown = call_list.of_card(firm.id, entity, card, SEES_ALL)
            assert [each["number"] for each in shown["phones"]] == [OURS]
            assert [each["call"] for each in shown["calls"]] == [ours[2], ours[0]]
            assert [each["call"] for each in shown["missed"]] == [ours[2]]
            assert {each["lead"]["name"] for each in shown["calls"] if "lead" in each} == {"Наш заказ"}
        assert [each["call"] for each in call_list.open_missed(other.id, ALL)[0]] == theirs[::-1]
        assert [each.get("name") for each in call_list.open_missed(other.id, ALL)[0]] == [
            None,
            "Чей-то клиент",
        ]


@pytest.mark.usefixtures("alike")
@pytest.mark.parametrize(
    "path",
    ["missed", "card?entity=contacts&id=7", "card?entity=leads&id=9", "contacts?query=к", "popups", "overview?days=1"],
)
def test_no_address_tells_one_account_of_the_other(firm: Firm, other: Firm, path: str) -> None:
    """Both have cards of the same ids, and calls that are not closed; an account that is named counts for nothing."""
    firm.miss(OURS)
    other.miss(THEIRS)
    both = {"account": firm.id, "account_id": firm.id, "user_id": firm.people["Вера"]}
    address = f"/api/{path}{'&' if '?' in path else '?'}{urlencode(both)}"
    ours, theirs = (ask(each, "Вера", "GET", address) for each in (firm, other))
    assert (ours.status_code, theirs.status_code) == (200, 200)
    assert not [told for told in ("Наш", OURS, *map(str, firm.people.values())) if told in theirs.text]
    assert not [told for told in ("Чей-то", THEIRS, *map(str, other.people.values())) if told in ours.text]


@pytest.mark.usefixtures("alike")
@pytest.mark.parametrize(("query", "found"), [("клиент", "Наш клиент"), (OURS, "Наш клиент"), (THEIRS, None)])
def test_a_contact_of_the_same_id_is_not_found_by_the_others_name_or_number(
    firm: Firm, query: str, found: str | None
) -> None:
    with firm.app.app_context():
        assert [each["name"] for each in call_list.find_contacts(firm.id, query, SEES_ALL)] == (
            [found] if found else []
        )
