"""Calls as the card panel and the missed list read them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from backend.calls.facts import CallEnded, CallStarted, ExtensionRang, RecordingNamed, Result
from backend.calls.rules.sight import everything
from backend.desk import call_list
from backend.store import db
from backend.store.journal import journal
from tests.asking import ask, messages
from tests.firm import Firm

SEES_ALL = everything()
ALL = [SEES_ALL]

IVAN, STRANGER, ANOTHER = "+79161234567", "+79267778899", "+79261112233"


def missed(firm: Firm, who: str = "Анна") -> list[dict[str, Any]]:
    answer = ask(firm, who, "GET", "/api/missed")
    assert answer.status_code == 200, answer.text
    return list(answer.json["calls"])  # type: ignore[index]


def card(firm: Firm, entity: str, card: int) -> dict[str, Any]:
    answer = ask(firm, "Анна", "GET", f"/api/card?entity={entity}&id={card}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json)  # type: ignore[arg-type]


@pytest.fixture
def ivan(firm: Firm) -> dict[str, int]:
    """A contact with an open lead; ids of both."""
    contact = firm.account.add_contact("Иван Сидоров", ["8 916 123-45-67", ANOTHER])
    lead = firm.account.add_lead("Поставка", contact)
    firm.sync()
    return {"contacts": contact["id"], "leads": lead["id"]}


def test_a_call_tells_who_when_how_long_and_with_whom(firm: Firm, ivan: dict[str, int]) -> None:
    call = firm.call(IVAN)
    firm.tell(*firm.answer(call, "101", "102", "777"), firm.end(call, ["101", "102", "777"], 30))
    firm.tell(RecordingNamed(**call, recording="a.wav"))
    (shown,) = card(firm, "contacts", ivan["contacts"])["calls"]
    link = shown.pop("recording")
    assert shown == {
        "call": call["call"], "direction": "inbound", "result": "answered", "at": call["at"], "answered": call["at"],
        "ended": call["at"], "duration": 90, "number": IVAN, "phone": "+7 916 123-45-67", "name": "Иван Сидоров",
        "employees": [
            {"user_id": firm.people["Анна"], "name": "Анна", "extension": "101", "seconds": 30},
            {"user_id": firm.people["Борис"], "name": "Борис", "extension": "102", "seconds": 30},
            {"extension": "777", "seconds": 30},
        ],
        "lead": {"id": ivan["leads"], "name": "Поставка"}, "recording_state": "waiting", "is_open_missed": False,
    }  # fmt: skip
    with firm.app.app_context():
        row = journal.call(firm.id, call["call"])
        assert row is not None
        assert link.endswith(f"/recordings/{firm.id}/{row.recording_token}.mp3")


def test_a_call_that_lasts_has_no_result_and_tells_who_talks(firm: Firm, ivan: dict[str, int]) -> None:
    firm.tell(*firm.answer(firm.call(IVAN), "102"))
    (shown,) = card(firm, "leads", ivan["leads"])["calls"]
    assert not {"result", "ended", "duration", "recording"} & set(shown)
    assert [(each["name"], each["seconds"]) for each in shown["employees"]] == [("Борис", 0)]


def test_one_who_talked_twice_is_named_once(firm: Firm, ivan: dict[str, int]) -> None:
    firm.talk(IVAN, "101", "102", "101", seconds=30)
    (shown,) = card(firm, "leads", ivan["leads"])["calls"]
    assert [(each["name"], each["seconds"]) for each in shown["employees"]] == [("Анна", 60), ("Борис", 30)]


def test_a_failed_attempt_names_who_called_and_why(firm: Firm, ivan: dict[str, int]) -> None:
    firm.fail(IVAN, by="102")
    (shown,) = card(firm, "leads", ivan["leads"])["calls"]
    assert (shown["result"], shown["reason"], shown["duration"]) == ("failed", "busy", 0)
    assert [each["name"] for each in shown["employees"]] == ["Борис"]


def test_a_card_has_the_calls_of_all_its_numbers_newest_first(firm: Firm, ivan: dict[str, int]) -> None:
    calls = [firm.miss(IVAN), firm.miss(ANOTHER), firm.miss(STRANGER)]
    for entity in ("contacts", "leads"):
        shown = card(firm, entity, ivan[entity])
        assert shown["is_known"] is True
        assert shown["phones"] == [
            {"number": IVAN, "spoken": "+7 916 123-45-67"}, {"number": ANOTHER, "spoken": "+7 926 111-22-33"},
        ]  # fmt: skip
        assert [each["call"] for each in shown["calls"]] == [calls[1], calls[0]]
        assert [each["call"] for each in shown["missed"]] == [calls[1], calls[0]]


def test_a_company_has_its_own_numbers(firm: Firm) -> None:
    company = firm.account.add_company("ООО Ромашка", [STRANGER])
    firm.sync()
    call = firm.miss(STRANGER)
    shown = card(firm, "companies", company["id"])
    assert [(each["call"], each["name"]) for each in shown["calls"]] == [(call, "ООО Ромашка")]


def test_a_card_the_phonebook_does_not_know_is_empty_and_says_so(firm: Firm) -> None:
    empty = {"is_known": False, "phones": [], "calls": [], "missed": []}
    assert card(firm, "contacts", 1) == card(firm, "leads", 2**53) == empty


def test_a_card_of_another_account_is_not_known(firm: Firm, other: Firm) -> None:
    other.sync()
    foreign = other.account.contacts[0]
    firm.miss("+79161234567")
    assert card(firm, "contacts", foreign["id"])["calls"] == []


@pytest.mark.parametrize("asked", ["", "entity=leads", "entity=leads&id=x", "entity=leads&id=0", "entity=users&id=1"])
def test_a_card_must_be_named(firm: Firm, asked: str) -> None:
    assert messages(ask(firm, "Анна", "GET", f"/api/card?{asked}"))


def test_the_newest_are_shown_and_no_more_than_fit(
    firm: Firm, ivan: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_list, "MISSED", 5)
    monkeypatch.setattr(call_list, "OF_CARD", 3)
    calls = [firm.miss(IVAN) for _ in range(6)]
    assert [each["call"] for each in missed(firm)] == calls[:0:-1]
    assert [each["call"] for each in card(firm, "leads", ivan["leads"])["calls"]] == calls[:2:-1]


def test_a_missed_call_is_open_for_everybody_until_anybody_talks_to_the_client(firm: Firm) -> None:
    firm.talk(STRANGER, "101")
    calls = [firm.miss(STRANGER), firm.miss(STRANGER), firm.miss(IVAN)]
    for who in firm.people:
        assert [each["call"] for each in missed(firm, who)] == calls[::-1]
    assert all(each["is_open_missed"] and each["employees"] == [] for each in missed(firm))
    firm.fail(STRANGER)
    assert len(missed(firm)) == 3
    firm.talk("8 (926) 777-88-99", "102", outbound=True)
    assert [each["call"] for each in missed(firm)] == calls[2:]


def test_a_hidden_number_cannot_be_called_back(firm: Firm) -> None:
    firm.miss(None)
    assert missed(firm) == []


def test_a_missed_call_told_after_the_talk_that_followed_it_is_not_open(firm: Firm) -> None:
    earlier = firm.call(STRANGER)
    earlier["at"] -= 60
    firm.talk(STRANGER, "101")
    ended = CallEnded(
        **earlier, result=Result.MISSED, reason=None, extension=None, talks=(), started=earlier["at"], answered=None,
        recording=None,
    )  # fmt: skip
    firm.tell(CallStarted(**earlier), ended)
    assert missed(firm) == []


def test_names_are_as_the_phonebook_has_them_now(firm: Firm, ivan: dict[str, int]) -> None:
    firm.miss(IVAN)
    firm.miss(STRANGER)
    firm.account.change("contacts", ivan["contacts"], name="Иван Иванович <b>")
    firm.sync()
    assert [each.get("name") for each in missed(firm)] == [None, "Иван Иванович <b>"]


def test_accounts_do_not_see_each_others_calls(firm: Firm, other: Firm) -> None:
    firm.miss(STRANGER)
    with firm.app.app_context():
        assert (
            len(call_list.open_missed(firm.id, ALL)[0]),
            call_list.open_missed(other.id, ALL)[0],
        ) == (1, [])


def test_who_rang_is_remembered_once_each_in_order(firm: Firm) -> None:
    call = firm.call(STRANGER)
    rang = [ExtensionRang(**call, extension=each, turn=turn) for turn in (1, 2) for each in ("102", "101")]
    firm.tell(CallStarted(**call), *rang)
    with firm.app.app_context():
        row = journal.call(firm.id, call["call"])
        assert row is not None
        assert row.rang == ["102", "101"]


def test_more_calls_are_not_more_queries(firm: Firm, ivan: dict[str, int]) -> None:
    for number in range(12):
        firm.miss(f"+791612345{number:02}")
    asked: list[str] = []
    with firm.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        assert len(call_list.open_missed(firm.id, ALL)[0]) == 12
    assert len(asked) < 8
