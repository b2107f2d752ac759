"""What an employee sees of the client base: as amoCRM's rights say, or less where the account wants so."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from backend.crm_access import client_for, sync_mirrors
from backend.store import db
from backend.store.accounts import AccountUser
from backend.web import api
from sandbox.crm.faults import Kind
from tests.asking import ask
from tests.call_list.conftest import *  # noqa: F403
from tests.firm import Firm

ANNAS, BORISS, STRANGER = "+79161110001", "+79161110002", "+79161110003"
GROUP = 7


def rights(firm: Firm, letter: str, group: int | None = None) -> None:
    """Of Anna and Boris in amoCRM, and the mirror follows."""
    with firm.account._changing():
        for user in firm.account._account.users.values():
            if not user["is_admin"]:
                user |= {"letter": letter, "group_id": group}
    mirror(firm)


def mirror(firm: Firm) -> None:
    with firm.app.app_context():
        client = client_for(firm.id)
        sync_mirrors(firm.id, client)
        client.close()


@pytest.fixture
def clients(firm: Firm) -> dict[str, int]:
    """One of Anna's and one of Boris's, who both called and reached nobody; and a stranger."""
    made = {}
    for who, phone in (("Анна", ANNAS), ("Борис", BORISS)):
        contact = firm.account.add_contact(f"Клиент {who}", [phone], responsible=firm.people[who])
        made[who] = contact["id"]
    firm.sync()
    for phone in (ANNAS, BORISS, STRANGER):
        firm.miss(phone)
    return made


def missed(firm: Firm, who: str) -> set[str]:
    answer = ask(firm, who, "GET", "/api/missed")
    assert answer.json is not None
    return {each["number"] for each in answer.json["calls"]}


def found(firm: Firm, who: str) -> list[str]:
    answer: Any = ask(firm, who, "GET", "/api/contacts?query=клиент").json
    return sorted(each["name"] for each in answer["contacts"])


def card(firm: Firm, who: str, contact: int) -> int:
    return ask(firm, who, "GET", f"/api/card?entity=contacts&id={contact}").status_code


@pytest.mark.parametrize(
    ("letter", "group", "seen"),
    [("A", None, "both"), ("G", GROUP, "both"), ("M", None, "own"), ("D", None, "none")],
)
def test_amocrms_rights_hold_here_too(
    firm: Firm, clients: dict[str, int], letter: str, group: int | None, seen: str
) -> None:
    rights(firm, letter, group)
    whole = {"both": {ANNAS, BORISS}, "own": {ANNAS}, "none": set()}[seen]
    assert missed(firm, "Анна") == {*whole, STRANGER}
    names = {"both": ["Клиент Анна", "Клиент Борис"], "own": ["Клиент Анна"], "none": []}[seen]
    assert found(firm, "Анна") == names
    assert card(firm, "Анна", clients["Анна"]) == (403 if seen == "none" else 200)
    assert card(firm, "Анна", clients["Борис"]) == (200 if seen == "both" else 403)
    assert missed(firm, "Вера") == {ANNAS, BORISS, STRANGER}
    assert len(found(firm, "Вера")) == 2


def test_an_account_may_show_employees_only_their_own(firm: Firm, clients: dict[str, int]) -> None:
    firm.set(employees_see="own")
    assert (missed(firm, "Анна"), found(firm, "Анна")) == ({ANNAS}, ["Клиент Анна"])
    call = firm.talk(BORISS, "101")
    answer = ask(firm, "Анна", "GET", "/api/overview?days=1").json
    assert answer is not None
    assert answer["health"] is None
    assert call


def test_a_supervisors_group_sees_all(firm: Firm, clients: dict[str, int]) -> None:
    rights(firm, "M", GROUP)
    firm.set(employees_see="own", supervisors=[GROUP])
    assert missed(firm, "Анна") == {ANNAS, BORISS, STRANGER}
    assert card(firm, "Анна", clients["Борис"]) == 200
    overview = ask(firm, "Анна", "GET", "/api/overview?days=1").json
    assert overview is not None
    assert overview["health"] is not None


def test_rights_are_asked_again_and_too_old_ones_count_no_more(firm: Firm, clients: dict[str, int]) -> None:
    with firm.account._changing():
        for user in firm.account._account.users.values():
            user["letter"] = "M"
    assert len(found(firm, "Анна")) == 2
    age(firm, timedelta(hours=1))
    assert found(firm, "Анна") == ["Клиент Анна"]
    age(firm, timedelta(days=3))
    firm.crm.spoil(Kind.STATUS, "/api/v4/users/", status=503, count=9)
    assert found(firm, "Анна") == []


def age(firm: Firm, by: timedelta) -> None:
    with firm.app.app_context():
        mine = AccountUser.account_id == firm.id
        db.session.execute(update(AccountUser).where(mine).values(read_at=datetime.now(UTC) - by))
        db.session.commit()


def test_nobody_copies_the_client_base_by_looking(firm: Firm, other: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "LOOKS", 3)
    monkeypatch.setattr(api, "_looks", Counter())
    answers = [ask(firm, "Анна", "GET", "/api/contacts?query=a").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert ask(firm, "Борис", "GET", "/api/contacts?query=a").status_code == 200
    assert ask(other, "Анна", "GET", "/api/contacts?query=a").status_code == 200
