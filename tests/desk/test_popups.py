"""The popups of a call, employee by employee, as the rows say that all browsers show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backend.calls.facts import CallStarted, ExtensionRang, ExtensionStopped
from backend.store import db, popups
from backend.store.phonebook import phonebook
from tests.firm import Firm

IVAN = "+79161234567"


def shown(firm: Firm, call: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """By employee, state and details."""
    names = {user: name for name, user in firm.people.items()}
    with firm.app.app_context():
        return {names[each.user_id]: (each.state, dict(each.details)) for each in popups.of_call(firm.id, call)}


def party(entity: str, id: int, name: str, **more: Any) -> phonebook.MirroredParty:
    values = {"responsible": None, "companies": (), "phones": frozenset(), **more}
    return phonebook.MirroredParty(entity=entity, id=id, name=name, **values)


def states(firm: Firm, call: str) -> dict[str, str]:
    return {name: state for name, (state, _) in shown(firm, call).items()}


def test_of_all_who_ring_only_who_answers_keeps_the_popup(firm: Firm) -> None:
    """The PBX may tell late, or never, that the others stopped."""
    call = firm.call(IVAN)
    firm.tell(CallStarted(**call), *(ExtensionRang(**call, extension=each) for each in ("101", "102")))
    assert states(firm, call["call"]) == {"Анна": "ringing", "Борис": "ringing"}
    firm.tell(firm.answer(call, "101")[1])
    assert states(firm, call["call"]) == {"Анна": "talking", "Борис": "closed"}
    firm.tell(ExtensionStopped(**call, extension="102"), firm.end(call, ["101"]))
    assert states(firm, call["call"]) == {"Анна": "ended", "Борис": "closed"}


def test_a_talk_has_its_beginning_its_duration_and_its_result(firm: Firm) -> None:
    call = firm.call(IVAN)
    later = {**call, "at": call["at"] + 7}
    firm.tell(CallStarted(**call), ExtensionRang(**call, extension="101"), firm.answer(later, "101")[1])
    state, details = shown(firm, call["call"])["Анна"]
    assert (state, details["at"], details["answered_at"]) == ("talking", call["at"], later["at"])
    assert {"duration", "result"}.isdisjoint(details)
    firm.tell(replace(firm.end(later, ["101"]), at=later["at"] + 42.4))
    state, details = shown(firm, call["call"])["Анна"]
    assert (state, details["duration"], details["result"]) == ("ended", 42, "answered")


def test_each_of_a_passed_call_has_his_own_talk(firm: Firm) -> None:
    call = firm.call(IVAN)
    started, answered, passed = firm.answer(call, "101", "102")
    firm.tell(started, answered, replace(passed, at=call["at"] + 30))
    by_name = shown(firm, call["call"])
    assert (by_name["Анна"][0], by_name["Анна"][1]["duration"]) == ("ended", 30)
    assert (by_name["Борис"][0], by_name["Борис"][1]["passed_by"]) == ("talking", {"name": "Анна"})
    firm.tell(replace(firm.end(call, ["101", "102"]), at=call["at"] + 100))
    durations = {name: details["duration"] for name, (_, details) in shown(firm, call["call"]).items()}
    assert durations == {"Анна": 30, "Борис": 70}


def test_a_call_that_comes_back_goes_on(firm: Firm) -> None:
    """What was told of the first talk's end does not stand beside the second."""
    call = firm.call(IVAN)
    firm.tell(*firm.answer(call, "101", "102", "101"))
    state, details = shown(firm, call["call"])["Анна"]
    assert state == "talking"
    assert {"duration", "result"}.isdisjoint(details)
    assert details["passed_by"] == {"name": "Борис"}


def test_earlier_calls_are_counted(firm: Firm) -> None:
    first, second = firm.call(IVAN), firm.call("8 916 123-45-67")
    stranger = firm.call("+79267778899")
    firm.tell(*firm.answer(first, "101"), *firm.answer(stranger, "102"))
    firm.tell(CallStarted(**second), ExtensionRang(**second, extension="101"))
    assert shown(firm, first["call"])["Анна"][1]["calls"] == {"total": 0, "last": None}
    assert shown(firm, second["call"])["Анна"][1]["calls"] == {"total": 1, "last": first["at"]}


def test_a_contacts_company_and_responsible_are_named(firm: Firm) -> None:
    """Another account's company of the same number is not his."""
    stranger = Firm.open(firm.app, firm.crm, "gamma")
    with firm.app.app_context():
        for account_id, company in ((stranger.id, "Чужая"), (firm.id, "ООО Ромашка")):
            phonebook.put_parties(account_id, [party("companies", 31, company)])
        ivan = party(
            "contacts", 11, "Иван", responsible=firm.people["Борис"], companies=(31,), phones=frozenset({IVAN})
        )
        phonebook.put_parties(firm.id, [ivan])
        db.session.commit()
    call = firm.call(IVAN)
    firm.tell(CallStarted(**call), ExtensionRang(**call, extension="101"))
    details = shown(firm, call["call"])["Анна"][1]
    assert (details["name"], details["company"]) == ("Иван", "ООО Ромашка")
    assert details["responsible"] == {"id": firm.people["Борис"], "name": "Борис"}
    assert (details["is_new"], details["number"]) == (False, IVAN)


def test_a_client_found_in_the_crm_is_not_new_and_one_we_make_is(firm: Firm) -> None:
    firm.account.add_contact("Иван", [IVAN])
    found, made = firm.call(IVAN), firm.call("+79267778899")
    firm.tell(*firm.answer(found, "101"), *firm.answer(made, "102"))
    assert shown(firm, found["call"])["Анна"][1]["is_new"] is True
    firm.work()
    assert shown(firm, found["call"])["Анна"][1]["is_new"] is False
    assert shown(firm, made["call"])["Борис"][1]["is_new"] is True


def test_the_popup_of_a_missed_call_goes_when_anybody_has_talked_to_the_client(firm: Firm) -> None:
    missed, of_another = firm.miss(IVAN), firm.miss("+79267778899")
    assert shown(firm, missed)["Вера"][1]["result"] == "missed"
    firm.talk("8 916 123-45-67", "102", outbound=True)
    assert states(firm, missed) == {"Вера": "closed"}
    assert states(firm, of_another) == {"Вера": "missed"}
