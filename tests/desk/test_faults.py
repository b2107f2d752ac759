"""amoCRM in trouble: nothing is lost, nothing is doubled, and one call's trouble is not another's."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from backend.amocrm.errors import NeedsPerson
from backend.store import accounts, db, journal
from backend.store.accounts import AccountState
from backend.store.journal import IntentRow
from sandbox.crm.faults import Kind
from sandbox.crm.handle import UNTIL_TOLD
from tests.firm import Firm

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
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400, body="926")
    firm.talk(STRANGER, "101")
    firm.talk(IVAN, "101")
    firm.work()
    with firm.app.app_context():
        assert [row.kind for row in journal.refused(firm.id)] == ["open-lead"]
    assert len(firm.account.leads) == 1


def test_an_unpaid_account_pauses_and_loses_nothing(firm: Firm) -> None:
    firm.account.set(paid=False)
    firm.talk(STRANGER, "101")
    with pytest.raises(NeedsPerson):
        firm.work()
    with firm.app.app_context():
        account = accounts.find(firm.id)
        assert account is not None
        assert account.state is AccountState.UNPAID
        waiting = select(IntentRow.kind).where(IntentRow.state == "todo", IntentRow.account_id == firm.id)
        assert {"open-lead", "log-call", "finish-call"} <= set(db.session.scalars(waiting))


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
