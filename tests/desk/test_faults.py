"""amoCRM in trouble: nothing is lost, nothing is doubled, and one call's trouble is not another's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from backend.amocrm.errors import NeedsPerson
from backend.desk import arrive
from backend.desk.health.health import health
from backend.store import accounts, db
from backend.store.accounts import AccountState
from backend.store.journal import refusals
from backend.store.journal.journal import IntentRow
from backend.store.phonebook import phonebook
from sandbox.crm.faults import Kind
from sandbox.crm.handle import UNTIL_TOLD
from tests.firm import Firm, connect

IVAN, STRANGER = "+79161234567", "+79267778899"

WRITES = ["/leads/complex", "/leads/notes", "/unsorted/sip", "/accept", "/contacts/notes"]
TROUBLES = {
    "cut before it is carried out": {"kind": Kind.CUT, "seconds": 0.01},
    "cut after it was carried out": {"kind": Kind.CUT, "seconds": 0.01, "after_write": True},
    "500": {"kind": Kind.STATUS, "status": 500},
    "502 after it was carried out": {"kind": Kind.STATUS, "status": 502, "after_write": True},
    "an answer that is no JSON": {"kind": Kind.MALFORMED},
    "429": {"kind": Kind.TOO_MANY},
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_whatever_happens_to_a_request_everything_is_there_once(firm: Firm, trouble: str) -> None:
    """A talk, a failed attempt, a missed call that waits and is accepted by the talk after it."""
    for path in WRITES:
        firm.account.spoil(path=path, count=1, **TROUBLES[trouble])
    firm.set(no_lead_numbers=["+79150000000"])
    calls = [firm.talk(STRANGER, "101"), firm.talk("+79150000000", "102")]
    firm.miss(IVAN)
    firm.work_through()
    calls.append(firm.talk(IVAN, "101"))
    firm.work_through()
    assert len(firm.account.leads) == 2
    assert len(firm.account.state()["contacts"]) == 3
    assert firm.account.unsorted == []
    noted = [note["params"].get("uniq") for note in firm.call_notes()]
    assert [noted.count(call) for call in calls] == [1, 1, 1]
    assert not [fault for fault in firm.crm.parts.faults.all() if not fault.hits]


def test_a_lead_made_in_an_unclear_end_is_found_though_the_search_lags(firm: Firm) -> None:
    firm.account.set(search_lag=UNTIL_TOLD)
    firm.account.spoil(Kind.CUT, "/leads/complex", seconds=0.01, after_write=True, count=1)
    firm.talk(STRANGER, "101")
    firm.work_through()
    firm.talk(STRANGER, "101")
    firm.work_through()
    assert (len(firm.account.leads), len(firm.account.contacts), len(firm.call_notes())) == (1, 1, 2)


def test_after_an_outage_what_happens_now_comes_first(firm: Firm) -> None:
    """And what waited keeps its order."""
    waited = [f"+7916123000{n}" for n in range(5)]
    for phone in waited:
        firm.talk(phone, "101")
    with firm.app.app_context():
        backlog = update(IntentRow).where(IntentRow.account_id == firm.id)
        db.session.execute(backlog.values(created_at=func.now() - timedelta(hours=3)))
        db.session.commit()
    firm.talk(STRANGER, "101")
    firm.work()
    made = [lead["name"][-2:] for lead in sorted(firm.account.leads, key=lambda lead: lead["id"])]
    assert made == [each[-2:] for each in (STRANGER, *waited)]


def test_a_failing_call_does_not_hold_up_another(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=500, body="926")
    firm.talk(STRANGER, "101")
    firm.talk(IVAN, "101")
    firm.work()
    (lead,) = firm.account.leads
    assert "916 123" in lead["name"]


def test_an_employee_who_left_does_not_lose_the_call(firm: Firm) -> None:
    call = firm.call(STRANGER)
    firm.tell(*firm.answer(call, "101"))
    firm.account.set_user(firm.people["Анна"], is_active=False)
    with firm.crm.parts.world.lock:
        del firm.crm.parts.world.by_subdomain("acme").users[firm.people["Анна"]]
    firm.work_through()
    assert (len(firm.account.leads), len(firm.call_notes())) == (1, 1)


def test_a_lead_that_is_gone_leaves_the_note_on_the_contact(firm: Firm) -> None:
    contact = firm.account.add_contact("Иван", [IVAN])
    lead = firm.account.add_lead("Поставка", contact)
    firm.sync()
    with firm.crm.parts.world.lock:
        del firm.crm.parts.world.by_subdomain("acme").leads[lead["id"]]
    firm.talk(IVAN, "101")
    firm.work_through()
    (note,) = firm.call_notes()
    assert (note["entity_type"], note["entity_id"]) == ("contacts", contact["id"])


def test_unsorted_switched_off_makes_a_lead_instead(firm: Firm) -> None:
    firm.account.set(unsorted_on=False)
    firm.miss(STRANGER)
    firm.work_through()
    assert (len(firm.account.leads), len(firm.call_notes())) == (1, 1)


def test_what_amocrm_refuses_waits_in_sight_and_the_rest_goes_on(firm: Firm) -> None:
    """And its note is written: at a contact, for there is no lead."""
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400, body="926")
    firm.talk(STRANGER, "101")
    firm.talk(IVAN, "101")
    firm.work_through()
    with firm.app.app_context():
        assert [row.kind for row in refusals.waiting(firm.id)] == ["open-lead"]
    assert len(firm.account.leads) == 1
    assert sorted((note["entity_type"], note["params"]["duration"]) for note in firm.call_notes()) == [
        ("contacts", 60), ("leads", 60),
    ]  # fmt: skip


def test_an_unpaid_account_pauses_and_loses_nothing(firm: Firm) -> None:
    firm.account.set(paid=False)
    firm.talk(STRANGER, "101")
    firm.work()
    firm.due_now()
    with pytest.raises(NeedsPerson):
        firm.work()
    with firm.app.app_context():
        account = accounts.find(firm.id)
        assert account is not None
        assert account.state is AccountState.UNPAID
        waiting = select(IntentRow.kind).where(IntentRow.state == "todo", IntentRow.account_id == firm.id)
        assert {"open-lead", "log-call", "finish-call"} <= set(db.session.scalars(waiting))


def test_what_waited_is_due_as_soon_as_the_account_is_connected_again(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=500, count=1)
    firm.talk(STRANGER, "101")
    firm.work()
    assert firm.account.leads == []
    connect(firm.app, firm.account)
    firm.work()
    assert len(firm.account.leads) == 1


def test_fifty_known_clients_in_one_second_share_requests(firm: Firm) -> None:
    phones = [f"+79161230{n:03}" for n in range(50)]
    leads = [firm.account.add_lead("Поставка", firm.account.add_contact("К", [phone]))["id"] for phone in phones]
    firm.sync()
    before = len(firm.account.requests())
    for phone in phones:
        firm.talk(phone, "101")
    firm.work()
    assert sorted(note["entity_id"] for note in firm.call_notes()) == sorted(leads)
    assert len(firm.account.requests()) - before <= 25


def test_one_bad_note_of_many_refuses_its_own_call_alone(firm: Firm) -> None:
    phones = [f"+79161230{n:03}" for n in range(3)]
    for phone in phones:
        firm.account.add_lead("Поставка", firm.account.add_contact("К", [phone]))
    firm.sync()
    calls = [firm.talk(phone, "101", seconds=30) for phone in phones]
    firm.account.spoil(Kind.STATUS, "/leads/notes", method="POST", status=400, body=calls[1])
    firm.work_through()
    durations = {note["params"]["uniq"]: note["params"]["duration"] for note in firm.call_notes()}
    assert durations == {calls[0]: 30, calls[2]: 30}
    with firm.app.app_context():
        assert [row.call for row in refusals.waiting(firm.id)] == [calls[1]]


def test_one_duration_that_is_refused_does_not_lose_the_others(firm: Firm) -> None:
    calls = [firm.talk(phone, "101", seconds=30) for phone in (IVAN, STRANGER)]
    firm.account.spoil(Kind.STATUS, "/leads/notes", method="PATCH", status=400, body=calls[0])
    firm.work_through()
    durations = {note["params"]["uniq"]: note["params"]["duration"] for note in firm.call_notes()}
    assert durations == {calls[0]: 0, calls[1]: 30}


def test_refused_work_is_carried_out_when_somebody_says_so(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400)
    firm.talk(STRANGER, "101")
    firm.work_through()
    firm.crm.mend()
    with firm.app.app_context():
        assert refusals.try_again(firm.id) == 1
        db.session.commit()
    firm.work_through()
    assert (len(firm.account.leads), len(firm.call_notes())) == (1, 1)


def test_when_amocrm_names_a_time_nobody_asks_it_before(firm: Firm) -> None:
    firm.account.spoil(Kind.TOO_MANY, retry_after=300)
    before = len(firm.account.requests())
    for n in range(5):
        firm.talk(f"+7916123000{n}", "101")
    firm.work()
    firm.work()
    assert len(firm.account.requests()) == before + 1


def test_a_record_is_accepted_by_another_when_the_employee_has_left(firm: Firm) -> None:
    firm.set(default_employee=firm.people["Вера"])
    firm.miss(STRANGER)
    firm.work()
    firm.talk(STRANGER, "101")
    with firm.crm.parts.world.lock:
        del firm.crm.parts.world.by_subdomain("acme").users[firm.people["Анна"]]
    firm.work_through()
    (lead,) = firm.account.leads
    assert lead["responsible_user_id"] == firm.people["Вера"]
    assert len(firm.call_notes()) == 2


def test_a_refused_sync_makes_room_for_the_next(firm: Firm) -> None:
    firm.account.add_contact("Иван", [IVAN])
    firm.account.spoil(Kind.STATUS, "/api/v4/contacts", status=400, count=1)
    firm.sync()
    firm.due_now()
    firm.sync()
    with firm.app.app_context():
        assert phonebook.size(firm.id) == {"parties": 1, "phones": 1}


def test_a_fact_that_a_bug_kept_from_being_decided_is_decided_later(firm: Firm) -> None:
    call = firm.call(STRANGER)
    started, answered = firm.answer(call, "101")
    firm.tell(started)
    with firm.app.app_context():
        arrive.keep(firm.id, answered)
        assert arrive.decide_again(firm.id) == 1
    firm.tell(firm.end(call, ["101"], 30))
    firm.work()
    assert [note["params"]["duration"] for note in firm.call_notes()] == [30]


def test_a_lead_of_the_same_name_that_somebody_else_made_is_not_taken_for_ours(firm: Firm) -> None:
    firm.set(lead_name="Звонок")
    firm.account.spoil(Kind.CUT, "/leads/complex", seconds=0.01, count=1)
    firm.talk(STRANGER, "101")
    firm.work()
    foreign = firm.account.add_lead("Звонок", firm.account.add_contact("Другой", [IVAN]))
    firm.work_through()
    assert len(firm.account.leads) == 2
    assert foreign["id"] not in [note["entity_id"] for note in firm.call_notes()]


def test_without_a_time_to_come_back_the_account_rests_ever_longer(firm: Firm) -> None:
    """1, 2, 4 … seconds, not request after request until it is banned; one good answer ends that."""
    firm.account.spoil(Kind.STATUS, "/api/v4/", status=429)
    for n in range(5):
        firm.talk(f"+7916123000{n}", "101")
    rests = []
    before = len(firm.account.requests())
    for _ in range(4):
        firm.work()
        with firm.app.app_context(), accounts.budget(firm.id) as budget:
            rests.append(round(budget.tat - budget.now))
        firm.due_now()
    assert rests == [1, 2, 4, 8]
    assert len(firm.account.requests()) - before == 4
    firm.crm.mend()
    firm.work_through()
    assert len(firm.call_notes()) == 5
    with firm.app.app_context(), accounts.budget(firm.id) as budget:
        assert budget.rests == 0


@pytest.mark.parametrize("trouble", [{"status": 500}, {"status": 503}, {"kind": Kind.PAGE, "status": 405}])
def test_where_nothing_gets_through_two_tries_are_enough(firm: Firm, trouble: dict[str, Any]) -> None:
    firm.account.spoil(**{"kind": Kind.STATUS, **trouble}, path="/api/v4/")
    for n in range(9):
        firm.talk(f"+7916123000{n}", "101")
    before = len(firm.account.requests())
    firm.work()
    assert len(firm.account.requests()) - before == 2
    firm.crm.mend()
    firm.work_through()
    assert len(firm.call_notes()) == 9


PAGES = (302, 307, 400, 404, 405, 408, 409, 413, 418, 421, 423, 425)


@pytest.mark.parametrize("status", PAGES)
def test_a_page_in_amocrms_place_refuses_nothing(firm: Firm, status: int) -> None:
    """Maintenance, a balancer, a guard against floods: for a while, on everything."""
    fault = firm.account.spoil(Kind.PAGE, "/api/v4/", status=status)
    calls = [firm.talk(STRANGER, "101"), firm.talk(IVAN, "102")]
    missed = firm.miss("+79035556677")
    for _ in range(3):
        firm.work()
        firm.due_now()
    with firm.app.app_context():
        assert refusals.waiting(firm.id) == []
    firm.crm.mend([fault.id])
    firm.work_through()
    noted = sorted(note["params"]["uniq"] for note in firm.call_notes())
    assert noted == [*sorted(calls), f"call-{missed}"]  # of the record amoCRM writes it itself
    assert (len(firm.account.leads), len(firm.account.unsorted)) == (2, 1)


def test_two_refused_tokens_in_a_row_are_not_the_end_of_the_account(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/api/v4/", status=401, count=4)
    firm.talk(STRANGER, "101")
    firm.work_through()
    with firm.app.app_context():
        account = accounts.find(firm.id)
        assert account is not None
        assert account.state is AccountState.CONNECTED
    assert len(firm.call_notes()) == 1


def test_a_forbidden_account_rests_instead_of_losing_call_by_call(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/api/v4/", status=403)
    for n in range(5):
        firm.talk(f"+7916123000{n}", "101")
    before = len(firm.account.requests())
    with pytest.raises(NeedsPerson):
        firm.work()
    firm.work()
    assert len(firm.account.requests()) - before <= 2
    firm.crm.mend()
    firm.work_through()
    assert len(firm.call_notes()) == 5


def test_one_field_that_cannot_be_filled_is_left_out_alone(firm: Firm) -> None:
    with firm.app.app_context():
        fields = [["UTM_SOURCE", "ya"], ["4242424", "x"], ["UTM_TERM", "crm"]]
        call = firm.call(STRANGER)
    firm.tell(*firm.answer(call, "101"))
    with firm.app.app_context():
        row = db.session.scalars(select(IntentRow).where(IntentRow.kind == "open-lead")).one()
        row.body = {**row.body, "fields": fields}
        db.session.commit()
    firm.work_through()
    assert len(firm.account.leads) == 1
    sent = [each.body for each in firm.account.requests() if each.path.endswith("/complex")][-1]
    assert [each["field_code"] for each in sent[0]["custom_fields_values"]] == ["UTM_SOURCE", "UTM_TERM"]
    with firm.app.app_context():
        (left,) = health(firm.id)["left_out"]
        assert (left["kind"], left["name"]) == ("field", "4242424")
