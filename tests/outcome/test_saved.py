"""What a person adds after a call is in the CRM: at the call's place, in his name, once."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.calls.facts import CallEnded, CallStarted, ExtensionRang, Result
from backend.desk.phonebook import lookup
from backend.store import db, popups
from backend.store.journal import refusals
from backend.store.phonebook import phonebook
from sandbox.crm.fields import phones
from tests.firm import Firm
from tests.outcome.saying import DUE, save, say, tasks, texts, written

IVAN, STRANGER, TEMPLATE = "+79161234567", "+79267778899", "Клиент +7 926 777-88-99"


def popup_of(firm: Firm, call: str, name: str) -> popups.Popup:
    with firm.app.app_context():
        (popup,) = [each for each in popups.of_call(firm.id, call) if each.user_id == firm.people[name]]
        return popup


def name_in_phonebook(firm: Firm, phone: str) -> list[str]:
    with firm.app.app_context():
        return [party.name for party in lookup.parties(firm.id, [phone]).get(phone, ())]


def test_result_and_note_become_one_note_on_the_lead_by_who_wrote_it(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101")
    firm.work()
    save(firm, call, result="Заинтересован", note="Просит прайс\nна почту")
    firm.work()
    (lead,), (note,) = firm.account.leads, written(firm)
    assert note["params"]["text"] == "Заинтересован\nПросит прайс\nна почту"
    assert (note["entity_type"], note["entity_id"]) == ("leads", lead["id"])
    assert note["created_by"] == firm.people["Анна"]


def test_a_follow_up_is_the_callers_task_at_the_lead(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101")
    save(firm, call, task={"text": "Отправить прайс", "due": DUE})
    firm.work()
    (lead,), (task,) = firm.account.leads, tasks(firm)
    assert (task["text"], task["complete_till"]) == ("Отправить прайс", DUE)
    assert (task["entity_type"], task["entity_id"]) == ("leads", lead["id"])
    assert task["responsible_user_id"] == task["created_by"] == firm.people["Анна"]


def test_the_popup_says_so_to_who_saved_it_and_to_nobody_else(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101", "102")
    save(firm, call, note="Да")
    assert popup_of(firm, call, "Анна").details["outcome"] is True
    assert "outcome" not in popup_of(firm, call, "Борис").details


def test_the_same_request_again_and_again_adds_nothing(firm: Firm) -> None:
    call, request = firm.talk(STRANGER, "101"), str(uuid.uuid4())
    save(firm, call, request=request, note="Один раз", task={"text": "Одно дело", "due": DUE})
    firm.work()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: save(firm, call, request=request.upper(), note="Один раз"), range(8)))
    firm.work()
    assert (texts(firm), len(tasks(firm))) == (["Один раз"], 1)


def test_one_request_saved_by_many_tabs_at_once_is_one(firm: Firm) -> None:
    call, request = firm.talk(STRANGER, "101"), str(uuid.uuid4())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: save(firm, call, request=request, note="Один раз"), range(8)))
    firm.work()
    assert texts(firm) == ["Один раз"]


def test_two_people_of_one_call_may_say_the_same(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101", "102")
    save(firm, call, "Анна", note="Перезвонить")
    save(firm, call, "Борис", note="Перезвонить")
    firm.work()
    assert [note["created_by"] for note in written(firm)] == [firm.people["Анна"], firm.people["Борис"]]


def test_a_call_of_somebody_else_or_of_another_account_is_not_there(firm: Firm, other: Firm) -> None:
    call = firm.talk(STRANGER, "101")
    refusals = [say(firm, call, "Борис", note="x"), say(other, call, "Анна", note="x"), say(firm, "1.1", note="x")]
    assert [(each.status_code, each.json["error"]) for each in refusals] == [(404, "not_found")] * 3  # type: ignore[index]
    firm.work()
    assert texts(firm) == []


def test_a_name_is_the_contacts_that_the_call_made(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101")
    save(firm, call, name="Пётр Кузнецов")
    firm.work()
    (contact,) = firm.account.contacts
    assert contact["name"] == popup_of(firm, call, "Анна").details["name"] == "Пётр Кузнецов"
    assert phones(contact) == [STRANGER]
    assert name_in_phonebook(firm, STRANGER) == ["Пётр Кузнецов"]
    again = firm.talk(STRANGER, "102")
    assert popup_of(firm, again, "Борис").details["name"] == "Пётр Кузнецов"


def test_a_name_that_somebody_gave_meanwhile_stays(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101")
    firm.work()
    firm.account.change("contacts", firm.account.contacts[0], name="Пётр Сергеевич")
    save(firm, call, name="Петя")
    firm.work()
    assert firm.account.contacts[0]["name"] == "Пётр Сергеевич"


def test_a_contact_that_was_there_before_keeps_its_name(firm: Firm) -> None:
    firm.account.add_contact(TEMPLATE, [STRANGER])
    firm.sync()
    call = firm.talk(STRANGER, "101")
    save(firm, call, name="Петя")
    firm.work()
    assert firm.account.contacts[0]["name"] == TEMPLATE


@pytest.fixture
def ivan(firm: Firm) -> int:
    """A contact with numbers of two kinds and a mail address; his id."""
    numbers = [{"value": "8 (916) 123-45-67", "enum_code": "MOB"}, {"value": "+74951112233", "enum_code": "HOME"}]
    contact = firm.account.add_contact("Иван Сидоров")
    mail = {"field_code": "EMAIL", "values": [{"value": "ivan@example.com", "enum_code": "PRIV"}]}
    values = [{"field_code": "PHONE", "values": numbers}, mail]
    firm.account.change("contacts", contact, custom_fields_values=values)
    firm.sync()
    return int(contact["id"])


def values_of(firm: Firm, contact: int) -> list[list[tuple[str, str]]]:
    (found,) = [each for each in firm.account.contacts if each["id"] == contact]
    fields = found["custom_fields_values"]
    return [[(value["value"], value["enum_code"]) for value in field["values"]] for field in fields]


def test_a_number_is_added_to_the_others(firm: Firm, ivan: int) -> None:
    call = firm.talk(STRANGER, "101")
    save(firm, call, contact=ivan)
    firm.work()
    assert values_of(firm, ivan) == [
        [("8 (916) 123-45-67", "MOB"), ("+74951112233", "HOME"), (STRANGER, "WORK")],
        [("ivan@example.com", "PRIV")],
    ]


def test_the_next_call_from_a_saved_number_is_his_with_the_lead_the_call_opened(firm: Firm, ivan: int) -> None:
    call = firm.talk(STRANGER, "101")
    save(firm, call, contact=ivan)
    firm.work()
    assert popup_of(firm, call, "Анна").details["name"] == "Иван Сидоров"
    again = firm.talk(STRANGER, "102")
    (lead,), details = firm.account.leads, popup_of(firm, again, "Борис").details
    assert (details["name"], details["lead"]["id"]) == ("Иван Сидоров", lead["id"])


def test_a_number_he_has_in_another_spelling_is_left_alone(firm: Firm, ivan: int) -> None:
    before = values_of(firm, ivan)
    call = firm.talk(IVAN, "101")
    save(firm, call, contact=ivan)
    firm.work()
    assert values_of(firm, ivan) == before


def test_a_request_that_was_saved_is_saved_whatever_becomes_of_its_contact(firm: Firm, ivan: int) -> None:
    call, request = firm.talk(STRANGER, "101"), str(uuid.uuid4())
    save(firm, call, request=request, contact=ivan)
    with firm.app.app_context():
        phonebook.forget(firm.id, "contacts", ivan)
        db.session.commit()
    save(firm, call, request=request, contact=ivan)
    assert say(firm, call, contact=ivan).status_code == 422
    save(firm, call, note="После отказа")
    firm.work()
    assert texts(firm) == ["После отказа"]


def test_a_contact_deleted_since_changes_nothing_else(firm: Firm, ivan: int) -> None:
    call = firm.talk(STRANGER, "101")
    save(firm, call, contact=ivan, note="Итог")
    firm.account.delete("contacts", ivan)
    firm.work_through()
    assert texts(firm) == ["Итог"]


def test_an_outcome_waits_for_the_lead(firm: Firm) -> None:
    call = firm.call(STRANGER)
    firm.tell(*firm.answer(call, "101"))
    save(firm, call["call"], note="Ещё говорим")
    firm.work()
    (lead,) = firm.account.leads
    assert [note["entity_id"] for note in written(firm)] == [lead["id"]]
    firm.tell(firm.end(call, ["101"]))
    firm.work()
    assert [note["params"]["duration"] for note in firm.call_notes()] == [60]


@pytest.mark.parametrize("answered", [True, False])
def test_what_is_said_while_it_rings_is_kept_until_the_call_has_its_place(firm: Firm, answered: bool) -> None:
    call = firm.call(STRANGER)
    firm.tell(CallStarted(**call), ExtensionRang(**call, extension="101"))
    save(firm, call["call"], note="Знаю его", name="Пётр")
    firm.work_through()
    assert firm.account.leads == firm.account.unsorted == []
    talk = [*firm.answer(call, "101"), firm.end(call, ["101"])]
    missed = CallEnded(
        **call, result=Result.MISSED, reason=None, extension=None, talks=(), started=call["at"], answered=None,
        recording=None,
    )  # fmt: skip
    firm.tell(*(talk if answered else [missed]))
    firm.work_through()
    place = firm.account.leads[0]["id"] if answered else firm.account.unsorted[0]["lead_id"]
    assert [(note["entity_id"], note["params"]["text"]) for note in written(firm)] == [(place, "Знаю его")]
    assert [each["name"] for each in firm.account.state()["contacts"].values()] == ["Пётр"]


def test_of_a_missed_call_the_note_waits_until_the_record_takes_it_and_the_task_does_not(firm: Firm) -> None:
    call = firm.miss(STRANGER)
    firm.work()
    firm.account.set(notes_on_unsorted=False)
    save(firm, call, "Вера", note="Перезвонила", task={"text": "Ещё раз", "due": DUE}, name="Пётр")
    firm.work()
    (record,) = firm.account.unsorted
    assert (texts(firm), [task["entity_id"] for task in tasks(firm)]) == ([], [record["lead_id"]])
    firm.account.accept(record["uid"], firm.people["Вера"])
    firm.work_through()
    assert [note["entity_id"] for note in written(firm)] == [record["lead_id"]]
    assert firm.account.contacts[0]["name"] == "Пётр"


def test_the_talk_that_accepts_a_record_may_name_the_records_contact(firm: Firm) -> None:
    firm.miss(STRANGER)
    firm.work()
    call = firm.talk(STRANGER, "101")
    save(firm, call, name="Пётр")
    firm.work()
    assert [each["name"] for each in firm.account.contacts] == ["Пётр"]


def test_an_attempt_that_left_nothing_gets_a_contact_for_what_is_said_of_it(firm: Firm) -> None:
    firm.set(failed_makes_lead=False)
    call = firm.fail(STRANGER)
    with firm.app.app_context():
        popups.show(firm.id, call, [firm.people["Анна"]], "failed", {}, None)
        db.session.commit()
    firm.work()
    assert firm.account.contacts == []
    save(firm, call, note="Номер сменили", name="Пётр", task={"text": "Найти новый", "due": DUE})
    firm.work()
    (contact,) = firm.account.contacts
    assert (contact["name"], phones(contact), firm.account.leads) == ("Пётр", [STRANGER], [])
    assert [(note["entity_type"], note["entity_id"]) for note in written(firm)] == [("contacts", contact["id"])]
    assert [task["entity_id"] for task in tasks(firm)] == [contact["id"]]


def test_a_hidden_number_has_a_place_too(firm: Firm) -> None:
    call = firm.talk(None, "101")
    save(firm, call, note="Не представился")
    firm.work()
    (lead,) = firm.account.leads
    assert [note["entity_id"] for note in written(firm)] == [lead["id"]]
    answer = say(firm, call, contact=firm.account.contacts[0]["id"] if firm.account.contacts else 1)
    assert answer.status_code == 422


def test_an_employee_who_left_does_not_lose_what_he_said(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101")
    firm.work()
    save(firm, call, note="Итог", task={"text": "Дело", "due": DUE})
    with firm.crm.parts.world.lock:
        del firm.crm.parts.world.by_subdomain(firm.account.subdomain).users[firm.people["Анна"]]
    firm.work_through()
    assert (texts(firm), len(tasks(firm))) == (["Итог"], 1)


def test_a_lead_that_is_gone_leaves_the_outcome_on_the_contact(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101")
    firm.work()
    (lead,), (contact,) = firm.account.leads, firm.account.contacts
    with firm.crm.parts.world.lock:
        del firm.crm.parts.world.by_subdomain(firm.account.subdomain).leads[lead["id"]]
    save(firm, call, note="Итог", task={"text": "Дело", "due": DUE})
    firm.work_through()
    assert [note["entity_id"] for note in written(firm)] == [contact["id"]]
    assert [task["entity_id"] for task in tasks(firm)] == [contact["id"]]
    with firm.app.app_context():
        assert refusals.waiting(firm.id) == []
