"""What a popup tells its reader about the client and the call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backend.calls.intents import PopupState, ShowPopup
from backend.calls.rules.client import Earlier, Knowledge
from backend.calls.rules.policy import decide
from tests.rules.test_rules import BORIS, DID, KNOWN, RULES, VERA, contact, fact

IVAN = Knowledge(
    parties=(replace(contact(11, 71, companies=(31,)), company="ООО Ромашка"),), earlier=Earlier(total=3, last=500.0)
)


def details(told: str, knowledge: Knowledge, state: PopupState, rules: Any = RULES) -> dict[str, Any]:
    (popup,) = [
        each
        for each in decide(fact(told), knowledge, rules).intents
        if isinstance(each, ShowPopup) and each.state is state
    ]
    return popup.details


def test_a_known_client_is_told_with_all_that_is_known() -> None:
    assert details("inbound rings 101", IVAN, PopupState.RINGING) == {
        "direction": "inbound",
        "phone": "+7 916 123-45-67",
        "number": "+79161234567",
        "did": DID,
        "name": "Иван",
        "company": "ООО Ромашка",
        "party": {"entity": "contacts", "id": 11},
        "lead": {"id": 71, "name": "lead 71", "price": 0, "stage": ""},
        "responsible": {"id": BORIS, "name": "Борис"},
        "is_new": False,
        "calls": {"total": 3, "last": 500.0},
    }


def test_of_a_stranger_there_is_little_to_tell() -> None:
    stranger = Knowledge(earlier=Earlier(total=0, last=None))
    told = details("inbound rings 101", stranger, PopupState.RINGING)
    assert told.keys() == {"direction", "phone", "number", "did", "is_new", "calls"}
    assert (told["is_new"], told["calls"]) == (True, {"total": 0, "last": None})


def test_a_hidden_number_is_neither_new_nor_known() -> None:
    told = details("inbound rings 101, hidden", Knowledge(), PopupState.RINGING)
    assert told == {"direction": "inbound", "phone": "номер скрыт", "did": DID}


def test_a_responsible_who_left_has_no_name() -> None:
    others = replace(RULES, employees=RULES.employees[::2])
    assert details("inbound rings 101", IVAN, PopupState.RINGING, others)["responsible"] == {"id": BORIS}


def test_a_talk_begins_with_the_answer_and_ends_with_its_result() -> None:
    talking = details("inbound answered by 101", IVAN, PopupState.TALKING)
    assert (talking["answered_at"], talking.get("passed_by")) == (1000.0, None)
    ended = details("inbound ended, 101 talked 35 s", IVAN, PopupState.ENDED)
    assert ended == {"result": "answered", "duration": 35}
    assert details("inbound missed", IVAN, PopupState.MISSED)["result"] == "missed"


def test_who_passed_the_call_is_named() -> None:
    received = details("inbound passed 101 to 102", IVAN, PopupState.TALKING)
    assert (received["passed_by"], received["answered_at"]) == ({"name": "Анна"}, 1000.0)
    assert details("inbound passed 101 to 102", IVAN, PopupState.ENDED) == {"result": "answered"}


def test_an_unknown_extension_that_passed_the_call_is_told_by_its_number() -> None:
    others = replace(RULES, employees=RULES.employees[1:], default_employee=VERA)
    assert details("inbound passed 101 to 102", KNOWN["nobody"], PopupState.TALKING, others)["passed_by"] == {
        "name": "101"
    }
