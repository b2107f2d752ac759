"""Where a call is sent, as one table: what the CRM knows, what is set → whose phone rings, under which name.

Anna sits at 101, Boris at 102 and 202, Vera has no extension.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backend.calls.rules.client import CardKind, Knowledge, OpenLead, Party
from backend.calls.rules.routing import DialplanTarget, Route, Routing, route
from backend.calls.rules.rules import Employee, Rules

TABLE = """
| the CRM knows                                       | set         | rings | name         | why                      |
|-----------------------------------------------------|-------------|-------|--------------|--------------------------|
| nobody                                              |             |       |              | nobody has this number   |
| contact of Boris                                    |             | 102   | Иван Петров  | client's Boris is at 102 |
| contact of Boris, lead of Anna                      |             | 101   | Иван Петров  | lead's Anna is at 101    |
| contact of Boris, lead of Vera                      |             |       | Иван Петров  | Vera has no extension    |
| contact of Boris, lead of Anna, later lead of Boris |             | 102   | Иван Петров  | lead's Boris             |
| contact of Boris, lead of nobody                    |             |       | Иван Петров  | lead's is not known      |
| contact of Vera                                     |             |       | Иван Петров  | has no extension         |
| contact of one who left                             |             |       | Иван Петров  | client's is no employee  |
| contact of nobody                                   |             |       | Иван Петров  | client's is not known    |
| contact of Boris; later of Anna                     |             | 102   | Иван Петров  | the oldest               |
| contact of Boris; later of Anna, lead of Anna       |             | 101   | Второй       | has an open lead         |
| company of Anna                                     |             | 101   | ООО Ромашка  | client's Anna            |
| company of Anna; contact of Boris                   |             | 102   | Иван Петров  | contacts/11              |
| company of Anna, lead of Anna; contact of Boris     |             | 101   | ООО Ромашка  | companies/31             |
| contact of Boris                                    | names alone |       | Иван Петров  | by the settings          |
| contact of Boris                                    | latin       | 102   | Ivan Petrov  |                          |
| company of Anna                                     | latin       | 101   | OOO Romashka |                          |
"""
PEOPLE = {"Anna": 1, "Boris": 2, "Vera": 3, "one who left": 99, "nobody": None}
RULES = Rules(
    employees=(
        Employee(user_id=1, name="Anna", extensions=("101",)),
        Employee(user_id=2, name="Boris", extensions=("102", "202")),
        Employee(user_id=3, name="Vera"),
    )
)
SETTINGS: dict[str, dict[str, Any]] = {"": {}, "names alone": {"rings_responsible": False}, "latin": {"is_latin": True}}
CARDS = {
    "contact": Party(entity=CardKind.CONTACTS, id=11, name="Иван Петров", responsible=None),
    "later": Party(entity=CardKind.CONTACTS, id=12, name="Второй", responsible=None),
    "company": Party(entity=CardKind.COMPANIES, id=31, name="ООО «Ромашка»", responsible=None),
}
LEADS = {"lead": 71, "later lead": 72}


def known(words: str) -> Knowledge:
    return Knowledge(parties=tuple(party(each) for each in words.split("; ") if each != "nobody"))


def party(words: str) -> Party:
    card, *leads = (each.split(" of ", 1) for each in words.split(", "))
    opened = tuple(OpenLead(id=LEADS[kind], name="", responsible=PEOPLE[whose]) for kind, whose in leads)
    return replace(CARDS[card[0]], responsible=PEOPLE[card[1]], open_leads=opened)


@pytest.mark.parametrize("row", TABLE.strip().splitlines()[2:], ids=lambda row: " ".join(row.strip("|").split()))
def test_where_a_call_is_sent(row: str) -> None:
    knows, chosen, rings, name, why = (cell.strip() for cell in row.strip("|").split("|"))
    found = route(known(knows), RULES, Routing(**SETTINGS[chosen]))
    assert (found.extension or "", found.name) == (rings, name)
    assert all(word in found.why for word in why.split())


def test_the_dialplan_is_told_in_one_line() -> None:
    assert Route(extension="101", name="Иван", why="").told == "101|Иван"
    assert Route(why="").told == "|"
    assert Routing().told == "10|PJSIP/||||"
    there = Routing(
        channel="Local/{extension}@from-internal/n", ring_seconds=15, then=DialplanTarget(context="q", extension="500")
    )
    assert there.told == "15|Local/|@from-internal/n|q|500|"
    assert replace(there, rings_responsible=False).told == "0|Local/|@from-internal/n|q|500|"
    assert Routing(shown_prefix="9").unprefixed("989161234567") == "89161234567"
