"""A step that amoCRM refuses, or whose card is gone, never takes the call with it: its note is written, once, whole."""

from __future__ import annotations

from typing import Any

import pytest

from backend.calls import intents
from backend.calls.facts import CallStarted
from backend.calls.intents import CallStatus, LogCall, SharePlace
from backend.desk import chores
from backend.desk.health.health import health
from backend.store import db
from backend.store.journal import journal, refusals
from sandbox.crm.faults import Kind
from sandbox.crm.handle import UNTIL_TOLD
from tests.firm import Firm

IVAN, STRANGER = "+79161234567", "+79267778899"
WHOLE = {"duration": 30}


def places(firm: Firm) -> list[tuple[str, int, int]]:
    """Where the notes of calls are, with their durations."""
    return [(each["entity_type"], each["entity_id"], each["params"]["duration"]) for each in firm.call_notes()]


def refused(firm: Firm) -> list[str]:
    with firm.app.app_context():
        return [row.kind for row in refusals.waiting(firm.id)]


def hours_later(firm: Firm) -> None:
    """What was set aside is due to be tried again by itself."""
    with firm.app.app_context():
        waits = journal.IntentRow.__table__.update().where(journal.IntentRow.state == "refused")
        db.session.execute(waits.values(due_at=db.func.now()))
        db.session.commit()
        assert firm.id in chores.try_refused_again()
    firm.work_through()


def merge(firm: Firm, gone: dict[str, Any], kept: dict[str, Any]) -> None:
    """And amoCRM takes no notes of what is not there any more."""
    firm.account.merge("contacts", gone, kept)
    firm.account.spoil(Kind.STATUS, "/contacts/notes", status=400, body=str(gone["id"]))


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 422])
@pytest.mark.parametrize("path", ["/accept", "/leads/complex", "/unsorted/sip"])
def test_a_step_that_is_refused_leaves_its_call_a_note(firm: Firm, path: str, status: int) -> None:
    firm.account.set(notes_on_unsorted=True)
    firm.miss(STRANGER)
    if path != "/unsorted/sip":
        firm.work_through()
    firm.account.spoil(Kind.STATUS, path, status=status)
    call = firm.talk(IVAN if path == "/leads/complex" else STRANGER, "101", seconds=30)
    firm.work_through()
    noted = [each["params"]["uniq"] for each in firm.call_notes()]
    assert noted.count(call) == 1
    (note,) = [each for each in firm.call_notes() if each["params"]["uniq"] == call]
    assert note["params"]["duration"] == 30


def test_what_was_refused_is_done_by_itself_hours_later(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400)
    firm.talk(STRANGER, "101", seconds=30)
    firm.work_through()
    assert refused(firm) == ["open-lead"]
    with firm.app.app_context():
        (shown,) = health(firm.id)["refused"]
        assert shown["why"] == "400 Bad Request: Bad Request"
        assert shown["again_at"]
    hours_later(firm)
    assert refused(firm) == ["open-lead"]
    firm.crm.mend()
    hours_later(firm)
    assert refused(firm) == []
    (lead,), (contact,) = firm.account.leads, firm.account.contacts
    assert places(firm) == [("contacts", contact["id"], 30)]
    assert [each["id"] for each in lead["contacts"]] == [contact["id"]]


def test_nobody_but_a_person_tries_for_ever(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400)
    firm.talk(STRANGER, "101")
    firm.work_through()
    with firm.app.app_context():
        db.session.execute(
            journal.IntentRow.__table__.update().values(refusals=refusals.MOST + 1, due_at=db.func.now())
        )
        db.session.commit()
        assert chores.try_refused_again() == []
        assert health(firm.id)["refused"][0]["again_at"] is None
        assert refusals.try_again(firm.id) == 1


def test_a_note_that_was_refused_is_written_whole(firm: Firm) -> None:
    firm.account.add_lead("Поставка", firm.account.add_contact("Иван", [IVAN]))
    firm.sync()
    firm.account.spoil(Kind.STATUS, "/leads/notes", status=400)
    firm.talk(IVAN, "101", seconds=30)
    firm.work_through()
    assert (refused(firm), firm.call_notes()) == (["log-call"], [])
    firm.crm.mend()
    hours_later(firm)
    assert [each["params"]["duration"] for each in firm.call_notes()] == [30]


def test_the_note_of_a_contact_that_was_merged_away_goes_where_the_client_is(firm: Firm) -> None:
    firm.set(no_lead_numbers=[IVAN])
    gone, kept = firm.account.add_contact("Иван", [IVAN]), firm.account.add_contact("Иван Иванов", [])
    firm.sync()
    call = firm.call(IVAN)
    firm.tell(*firm.answer(call, "101"))
    merge(firm, gone, kept)
    firm.work_through()
    firm.tell(firm.end(call, ["101"], 30))
    firm.work_through()
    assert places(firm) == [("contacts", kept["id"], 30)]


@pytest.mark.parametrize("how", ["deleted", "not there"])
def test_the_note_of_a_lead_that_is_gone_goes_to_the_other_open_one(firm: Firm, how: str) -> None:
    contact = firm.account.add_contact("Иван", [IVAN])
    other, lead = firm.account.add_lead("Старая", contact), firm.account.add_lead("Новая", contact)
    firm.sync()
    if how == "deleted":
        firm.account.delete("leads", lead)
    with firm.crm.parts.world.lock:
        firm.crm.parts.world.by_subdomain("acme").leads.pop(lead["id"])
    firm.talk(IVAN, "101", seconds=30)
    firm.work_through()
    assert places(firm) == [("leads", other["id"], 30)]


def test_a_note_whose_answer_was_lost_is_not_written_again_when_its_card_is_merged(firm: Firm) -> None:
    firm.set(no_lead_numbers=[IVAN])
    gone, kept = firm.account.add_contact("Иван", [IVAN]), firm.account.add_contact("Иван Иванов", [])
    firm.sync()
    firm.account.spoil(Kind.CUT, "/contacts/notes", method="POST", seconds=0.01, after_write=True, count=1)
    firm.talk(IVAN, "101", seconds=30)
    firm.work()
    merge(firm, gone, kept)
    firm.work_through()
    assert [each[2] for each in places(firm)] == [30]


def test_duplicate_control_puts_the_call_where_the_client_was(firm: Firm) -> None:
    """Nothing of what was there is ours: neither its names nor whose it is change."""
    firm.account.set(duplicate_control=True, search_lag=UNTIL_TOLD)
    contact = firm.account.add_contact("ООО «Ромашка», Ольга", [STRANGER], firm.people["Вера"])
    lead = firm.account.add_lead("Поставка", contact, firm.people["Вера"])
    firm.set(lead_owner="last")
    call = firm.call(STRANGER)
    firm.tell(*firm.answer(call, "101", "102"), firm.end(call, ["101", "102"], 30))
    firm.work_through()
    (kept,) = firm.account.leads
    assert (kept["id"], kept["name"], kept["responsible_user_id"]) == (lead["id"], "Поставка", firm.people["Вера"])
    assert [each["name"] for each in firm.account.contacts] == ["ООО «Ромашка», Ольга"]
    with firm.app.app_context():
        row = journal.call(firm.id, call["call"])
        assert row is not None
        assert (row.opened_lead, row.made_contact) == (False, False)


def test_a_record_is_known_by_its_call_where_lists_do_not_show_our_word(firm: Firm) -> None:
    firm.account.spoil(Kind.WITHOUT, "/unsorted", method="GET", key="source_uid|uniq")
    firm.account.spoil(Kind.CUT, "/unsorted/sip", method="POST", seconds=0.01, after_write=True, count=1)
    firm.miss(STRANGER)
    firm.work_through()
    assert (len(firm.account.unsorted), firm.account.leads) == (1, [])


@pytest.mark.parametrize("trouble", [{"status": 400}, {"status": 404}, {"kind": Kind.PAGE, "status": 404}])
def test_one_refusal_that_passes_makes_no_lead_of_a_record(firm: Firm, trouble: dict[str, Any]) -> None:
    firm.account.spoil(**{"kind": Kind.STATUS, **trouble}, path="/unsorted/sip", count=1)
    firm.miss(STRANGER)
    firm.work_through()
    assert (len(firm.account.unsorted), firm.account.leads) == (1, [])


@pytest.mark.parametrize("trouble", [{"status": 400}, {"status": 404}, {"kind": Kind.PAGE, "status": 404}])
def test_one_refusal_of_accepting_that_passes_makes_no_second_lead(firm: Firm, trouble: dict[str, Any]) -> None:
    firm.miss(STRANGER)
    firm.work_through()
    firm.account.spoil(**{"kind": Kind.STATUS, **trouble}, path="/accept", count=1)
    firm.talk(STRANGER, "101")
    firm.work_through()
    assert (firm.account.unsorted, len(firm.account.leads)) == ([], 1)


def test_a_known_companys_new_contact_is_linked_to_it(firm: Firm) -> None:
    company = firm.account.add_company("ООО Ромашка", [STRANGER])
    firm.sync()
    firm.talk(STRANGER, "101")
    firm.work_through()
    (made,) = [each for each in firm.account.requests() if each.path.endswith("/complex")]
    assert "_embedded" not in made.body[0]["_embedded"]["contacts"][0]
    links = [each for each in firm.account.requests() if each.path.endswith("/link")]
    assert [(each.path.split("/")[3], each.body[0]["to_entity_id"]) for each in links] == [("contacts", company["id"])]


def test_a_lead_that_is_made_hours_later_is_whose_the_call_became(firm: Firm) -> None:
    firm.set(lead_owner="last")
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400)
    firm.talk(STRANGER, "101", "102", seconds=30)
    firm.work_through()
    firm.crm.mend()
    hours_later(firm)
    assert [lead["responsible_user_id"] for lead in firm.account.leads] == [firm.people["Борис"]]


def test_a_call_that_shares_the_place_of_one_without_has_its_own_note(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400)
    first = firm.talk(STRANGER, "101", seconds=30)
    second = firm.call(STRANGER)
    share, note = SharePlace(call=first), LogCall(
        inbound=True, phone=STRANGER, employee=None, status=CallStatus.TALKED, at=second["at"], duration=9
    )  # fmt: skip
    firm.tell(CallStarted(**second))
    with firm.app.app_context():
        for each in (share, note):
            journal.add_intent(firm.id, second["call"], each.kind, intents.to_json(each))
        db.session.commit()
    firm.work_through()
    assert sorted(each["params"]["duration"] for each in firm.call_notes()) == [9, 30]
    assert len(firm.account.contacts) == 1
