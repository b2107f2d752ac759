"""What a call leaves in the CRM, row by row of the rules, on the sandbox CRM and a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from backend.calls.facts import Reason
from backend.calls.rules.rules import LeadOwner
from backend.store import call_list, db, popups
from backend.store.phonebook import change_inbox, webhooks
from backend.store.phonebook.phonebook import PartyRow
from sandbox.crm.fields import phone_values
from tests.firm import Firm

IVAN, STRANGER = "89161234567", "+79267778899"


@pytest.fixture
def ivan(firm: Firm) -> int:
    """A contact with an open lead; the lead's id."""
    contact = firm.account.add_contact("Иван Сидоров", ["+7 916 123-45-67"], firm.people["Борис"])
    lead = firm.account.add_lead("Поставка", contact, firm.people["Борис"], "Переговоры")
    firm.sync()
    return int(lead["id"])


def test_a_stranger_who_was_answered_gets_a_lead_a_contact_and_one_note(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101", seconds=42)
    firm.work()
    (lead,) = firm.account.leads
    (contact,) = firm.account.contacts
    (note,) = firm.call_notes()
    assert lead["responsible_user_id"] == contact["responsible_user_id"] == firm.people["Анна"]
    assert contact["custom_fields_values"][0]["values"][0]["value"] == STRANGER
    assert contact["name"] == "Клиент +7 926 777-88-99"
    assert (note["entity_id"], note["note_type"]) == (lead["id"], "call_in")
    assert note["params"]["duration"] == 42
    assert note["params"]["uniq"] == call
    assert note["params"]["link"].endswith(".mp3")
    assert note["created_by"] == note["responsible_user_id"] == firm.people["Анна"]


def test_the_same_stranger_again_gets_no_second_lead(firm: Firm) -> None:
    for _ in range(2):
        firm.talk(STRANGER, "101")
        firm.work()
    assert (len(firm.account.leads), len(firm.account.contacts), len(firm.call_notes())) == (1, 1, 2)


def test_two_calls_of_one_stranger_at_once_make_one_lead_and_one_contact(firm: Firm) -> None:
    firm.talk(STRANGER, "101")
    firm.talk("89267778899", "102")
    firm.work()
    assert (len(firm.account.leads), len(firm.account.contacts), len(firm.call_notes())) == (1, 1, 2)


def test_a_client_with_an_open_lead_gets_a_note_on_it_and_nothing_else(firm: Firm, ivan: int) -> None:
    firm.talk(IVAN, "101")
    firm.work()
    assert [lead["id"] for lead in firm.account.leads] == [ivan]
    assert [note["entity_id"] for note in firm.call_notes()] == [ivan]


def test_a_closed_lead_is_not_used(firm: Firm) -> None:
    contact = firm.account.add_contact("Иван", [IVAN])
    won = firm.account.add_lead("Прошлая", contact, stage=142)
    firm.sync()
    firm.talk(IVAN, "101")
    firm.work()
    (lead,) = [each for each in firm.account.leads if each["id"] != won["id"]]
    assert [note["entity_id"] for note in firm.call_notes()] == [lead["id"]]
    assert len(firm.account.contacts) == 1


def test_a_client_the_phonebook_does_not_know_yet_is_found_live(firm: Firm) -> None:
    contact = firm.account.add_contact("Иван", [IVAN])
    lead = firm.account.add_lead("Заведена вручную", contact)
    firm.talk(IVAN, "101")
    firm.work()
    assert [note["entity_id"] for note in firm.call_notes()] == [lead["id"]]
    assert len(firm.account.contacts) == len(firm.account.leads) == 1


def test_a_fuzzy_hit_of_amocrms_search_is_not_the_client(firm: Firm) -> None:
    firm.account.add_contact("Договор 9267778899", ["+79150000000"])
    firm.talk(STRANGER, "101")
    firm.work()
    assert len(firm.account.contacts) == 2


def test_a_missed_stranger_is_one_unsorted_record_and_the_call_is_part_of_it(firm: Firm) -> None:
    call = firm.miss(STRANGER)
    firm.work()
    (record,) = firm.account.unsorted
    assert record["category"] == "sip"
    (made,) = [each for each in firm.account.requests() if each.path.endswith("/unsorted/sip")]
    assert made.body[0]["metadata"]["is_call_event_needed"] is True
    assert record["metadata"]["phone"] == STRANGER
    assert firm.account.leads == firm.account.contacts == []
    with firm.app.app_context():
        assert [popup.user_id for popup in popups.of_call(firm.id, call)] == [firm.people["Вера"]]


def test_a_second_missed_call_adds_to_the_waiting_record(firm: Firm) -> None:
    firm.miss(STRANGER)
    firm.work()
    firm.miss(STRANGER)
    firm.work()
    (record,) = firm.account.unsorted
    lead = record["lead_id"]
    assert [note["entity_id"] for note in firm.call_notes() if note["params"].get("call_status")] == [lead]


def test_two_missed_calls_at_once_make_one_record(firm: Firm) -> None:
    firm.miss(STRANGER)
    firm.miss(STRANGER)
    firm.work()
    assert len(firm.account.unsorted) == 1


def test_a_note_that_the_waiting_record_refuses_is_written_after_its_acceptance(firm: Firm) -> None:
    firm.miss(STRANGER)
    firm.work()
    firm.account.set(notes_on_unsorted=False)
    second = firm.miss(STRANGER)
    firm.work()
    assert not [note for note in firm.call_notes() if note["params"].get("uniq") == second]
    (record,) = firm.account.unsorted
    firm.account.accept(record["uid"], firm.people["Анна"])
    firm.work_through()
    assert len([note for note in firm.call_notes() if note["params"].get("uniq") == second]) == 1


def test_a_talk_accepts_the_waiting_record_for_who_talked(firm: Firm) -> None:
    firm.miss(STRANGER)
    firm.work()
    (record,) = firm.account.unsorted
    firm.talk(STRANGER, "102", outbound=True)
    firm.work()
    (lead,) = firm.account.leads
    assert firm.account.unsorted == []
    assert lead["id"] == record["lead_id"]
    assert lead["responsible_user_id"] == firm.people["Борис"]
    assert len(firm.account.contacts) == 1
    assert lead["id"] in [note["entity_id"] for note in firm.call_notes() if note["note_type"] == "call_out"]


def test_a_record_somebody_accepted_by_hand_is_used_as_the_lead_it_became(firm: Firm) -> None:
    firm.miss(STRANGER)
    firm.work()
    (record,) = firm.account.unsorted
    firm.account.accept(record["uid"], firm.people["Анна"])
    firm.talk(STRANGER, "102")
    firm.work()
    (lead,) = firm.account.leads
    assert [note["entity_id"] for note in firm.call_notes() if note["params"].get("call_status") == 4] == [lead["id"]]


def test_a_record_somebody_declined_is_not_used(firm: Firm) -> None:
    firm.miss(STRANGER)
    firm.work()
    (record,) = firm.account.unsorted
    firm.account.decline(record["uid"], firm.people["Анна"])
    firm.talk(STRANGER, "102")
    firm.work()
    (lead,) = firm.account.leads
    assert lead["id"] != record["lead_id"]


def test_a_missed_client_with_an_open_lead_is_noted_there_and_everybody_sees_it(firm: Firm, ivan: int) -> None:
    call = firm.miss(IVAN)
    firm.work()
    assert firm.account.unsorted == []
    assert [note["entity_id"] for note in firm.call_notes()] == [ivan]
    with firm.app.app_context():
        shown = popups.of_call(firm.id, call)
        assert {popup.user_id for popup in shown} == set(firm.people.values())
        assert {popup.details["lead"]["id"] for popup in shown} == {ivan}


def test_a_missed_known_client_without_a_lead_is_linked_not_made_again(firm: Firm) -> None:
    contact = firm.account.add_contact("Иван", [IVAN])
    firm.sync()
    firm.miss(IVAN)
    firm.work()
    (record,) = firm.account.unsorted
    assert record["contact_id"] == contact["id"]
    assert len(firm.account.state()["contacts"]) == 1


def test_an_outbound_call_is_the_callers(firm: Firm) -> None:
    firm.talk(STRANGER, "102", outbound=True)
    firm.work()
    (lead,) = firm.account.leads
    (note,) = firm.call_notes()
    assert lead["responsible_user_id"] == firm.people["Борис"]
    assert note["note_type"] == "call_out"


@pytest.mark.parametrize(
    ("reason", "status"), [(Reason.BUSY, 7), (Reason.NO_ANSWER, 6), (Reason.NO_SUCH_NUMBER, 5), (Reason.GIVEN_UP, 6)]
)
def test_a_failed_attempt_is_registered_with_its_reason(firm: Firm, ivan: int, reason: Reason, status: int) -> None:
    firm.fail(IVAN, reason)
    firm.work()
    (note,) = firm.call_notes()
    assert (note["entity_id"], note["params"]["call_status"]) == (ivan, status)
    assert note["params"]["call_result"]


def test_a_failed_attempt_to_a_stranger_leaves_nothing_where_the_account_wants_so(firm: Firm) -> None:
    firm.set(failed_makes_lead=False)
    firm.fail(STRANGER)
    firm.work()
    assert firm.account.leads == firm.account.contacts == firm.call_notes() == []


def test_a_transfer_is_one_note_that_names_the_chain(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101", "102", seconds=30)
    firm.work()
    (note,) = firm.call_notes()
    assert note["params"]["call_result"] == "101 Анна 0:30 → 102 Борис 0:30"
    assert note["params"]["duration"] == 60
    assert firm.account.leads[0]["responsible_user_id"] == firm.people["Анна"]
    with firm.app.app_context():
        states = {popup.user_id: popup.state for popup in popups.of_call(firm.id, call)}
    assert states == {firm.people["Анна"]: "ended", firm.people["Борис"]: "ended"}


def test_a_transferred_lead_goes_to_the_last_where_the_account_wants_so(firm: Firm, ivan: int) -> None:
    firm.set(lead_owner=LeadOwner.LAST)
    firm.talk(STRANGER, "101", "102")
    firm.talk(IVAN, "101", "102")
    firm.work()
    owners = {lead["id"]: lead["responsible_user_id"] for lead in firm.account.leads}
    assert owners.pop(ivan) == firm.people["Борис"]
    assert list(owners.values()) == [firm.people["Борис"]]


def test_a_hidden_number_is_registered_and_never_searched_for(firm: Firm) -> None:
    firm.talk(None, "101")
    firm.miss(None)
    firm.work()
    assert (len(firm.account.leads), len(firm.account.unsorted)) == (1, 1)
    assert not [request for request in firm.account.requests() if "query=" in request.query]


def test_a_courier_is_registered_but_never_a_lead(firm: Firm) -> None:
    firm.set(no_lead_numbers=[STRANGER])
    firm.talk(STRANGER, "101")
    firm.miss(STRANGER)
    firm.work()
    (contact,) = firm.account.contacts
    assert firm.account.leads == firm.account.unsorted == []
    assert [note["entity_id"] for note in firm.call_notes()] == [contact["id"]] * 2


def test_the_popup_gains_the_link_when_the_lead_exists(firm: Firm) -> None:
    call = firm.call(STRANGER)
    firm.tell(*firm.answer(call, "101"))
    with firm.app.app_context():
        (popup,) = popups.of_call(firm.id, call["call"])
        assert (popup.state, popup.details.get("lead")) == ("talking", None)
    firm.work()
    with firm.app.app_context():
        (popup,) = popups.of_call(firm.id, call["call"])
        assert popup.details["lead"]["id"] == firm.account.leads[0]["id"]


def test_a_missed_call_is_open_until_anybody_talks_to_the_client(firm: Firm) -> None:
    firm.miss(STRANGER)
    with firm.app.app_context():
        assert call_list.count_open_missed(firm.id) == 1
    firm.talk("89267778899", "102", outbound=True)
    with firm.app.app_context():
        assert call_list.count_open_missed(firm.id) == 0


def test_a_fact_told_twice_changes_nothing(firm: Firm) -> None:
    call = firm.call(STRANGER)
    facts = [*firm.answer(call, "101"), firm.end(call, ["101"])]
    firm.tell(*facts)
    firm.work()
    firm.tell(*facts)
    firm.work()
    assert (len(firm.account.leads), len(firm.call_notes())) == (1, 1)


def test_an_end_that_tells_of_an_untold_talk_brings_the_answer_with_it(firm: Firm) -> None:
    call = firm.call(STRANGER)
    firm.tell(firm.end(call, ["101"], 10))
    firm.work()
    (note,) = firm.call_notes()
    assert note["params"]["duration"] == 10
    assert len(firm.account.leads) == 1


def test_short_numbers_are_found_when_they_are_equal(firm: Firm) -> None:
    firm.talk("412345", "101")
    firm.talk("412345", "101")
    firm.miss("512345")
    firm.miss("512345")
    firm.work()
    assert (len(firm.account.leads), len(firm.account.contacts), len(firm.account.unsorted)) == (1, 1, 1)


def test_a_number_that_moved_to_another_contact_is_his(firm: Firm) -> None:
    former = firm.account.add_contact("Прежний", [STRANGER])
    firm.sync()
    with firm.app.app_context():
        db.session.execute(update(PartyRow).values(round=1))
        db.session.commit()
    firm.account.change("contacts", former, custom_fields_values=phone_values(["+79990000000"]))
    present = firm.account.add_contact("Нынешний", [STRANGER])
    firm.talk(STRANGER, "101")
    firm.work()
    (lead,) = firm.account.leads
    assert [each["id"] for each in lead["contacts"]] == [present["id"]]


def test_an_old_talk_told_late_does_not_close_a_newer_missed_call(firm: Firm) -> None:
    talk = firm.call(STRANGER)
    talk["at"] -= 3600
    firm.miss(STRANGER)
    firm.tell(*firm.answer(talk, "101"))
    with firm.app.app_context():
        assert call_list.count_open_missed(firm.id) == 1


def test_a_client_whom_a_current_phonebook_does_not_know_costs_three_requests(firm: Firm) -> None:
    """No question before the lead is made: deliveries come, and all they told of has been looked at."""
    firm.sync()
    with firm.app.app_context():
        webhooks.heard(firm.id)
        db.session.commit()
    before = len(firm.account.requests())
    firm.talk("+79267778800", "101")
    firm.work()
    assert [each.path.rpartition("/")[2] for each in firm.account.requests()[before:]] == ["complex", "notes", "notes"]


@pytest.mark.parametrize("why", ["a delivery long ago", "a word not looked at", "a lost delivery"])
def test_where_the_phonebook_may_be_behind_amocrm_is_asked(firm: Firm, why: str) -> None:
    firm.sync()
    contact = firm.account.add_contact("Иван", [STRANGER])
    with firm.app.app_context():
        webhooks.heard(firm.id)
        row = webhooks.of(firm.id)
        if why == "a delivery long ago":
            row.heard_at = row.heard_at - timedelta(minutes=2)
        elif why == "a word not looked at":
            change_inbox.put(firm.id, [change_inbox.ReportedChange(entity="contacts", id=str(contact["id"]))])
        else:
            row.missed_at = row.heard_at + timedelta(seconds=1)
        db.session.commit()
    firm.talk(STRANGER, "101")
    firm.work_through()
    assert len(firm.account.contacts) == 1
