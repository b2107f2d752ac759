"""A client whom a site's form, a chat or another integration has brought already: used, not made a second time."""

from __future__ import annotations

import time
from typing import Any

import pytest

from backend.desk.phonebook import change_inbox, polling
from backend.store import db
from backend.store.journal import journal
from backend.store.phonebook import phonebook
from backend.store.phonebook.change_inbox import ReportedChange
from sandbox.crm import unsorted_records
from sandbox.crm.fields import phone_values
from tests.firm import Firm

OLGA, NAME = "+79267778899", "Ольга с сайта"


def form(firm: Firm, phone: str = OLGA) -> dict[str, Any]:
    """Another integration's form: a record that waits."""
    contact = {"name": NAME, "custom_fields_values": phone_values([phone])}
    metadata = {"form_id": "1", "form_name": "Заявка", "form_page": "https://example.test", "form_sent_at": 1}
    embedded = {"leads": [{"name": "Заявка с сайта"}], "contacts": [contact]}
    item = {"source_uid": "theirs", "source_name": "Сайт", "metadata": metadata, "_embedded": embedded}
    with firm.account._changing():
        return dict(unsorted_records.add(firm.account._act(), "forms", {**item, "created_at": int(time.time())}))


def hear(firm: Firm, record: dict[str, Any]) -> None:
    """amoCRM's webhook tells of it."""
    with firm.app.app_context():
        change_inbox.report(firm.id, [ReportedChange(entity="unsorted", id=record["uid"], is_new=True)])
        db.session.commit()
    firm.work()


def cards(firm: Firm) -> tuple[int, int]:
    """Leads and contacts, those of waiting records too."""
    state = firm.account.state()
    return len(state["leads"]), len(state["contacts"])


def test_a_talk_accepts_the_record_and_uses_its_lead_and_contact_as_they_are(firm: Firm) -> None:
    firm.sync()
    record = form(firm)
    hear(firm, record)
    call = firm.talk(OLGA, "101", seconds=30)
    firm.work_through()
    assert cards(firm) == (1, 1)
    (lead,), (contact,) = firm.account.leads, firm.account.contacts
    assert (lead["name"], lead["responsible_user_id"], contact["name"]) == ("Заявка с сайта", firm.people["Анна"], NAME)
    (note,) = firm.call_notes()
    assert (note["entity_type"], note["entity_id"], note["params"]["duration"]) == ("leads", lead["id"], 30)
    with firm.app.app_context():
        row = journal.call(firm.id, call)
        assert row is not None
        assert (row.opened_lead, row.made_contact, row.contact) == (False, False, contact["id"])


def test_a_missed_call_is_noted_on_it(firm: Firm) -> None:
    firm.account.set(notes_on_unsorted=True)
    firm.sync()
    record = form(firm)
    hear(firm, record)
    firm.miss(OLGA)
    firm.work_through()
    assert (len(firm.account.unsorted), cards(firm)) == (1, (1, 1))
    assert [(each["entity_type"], each["entity_id"]) for each in firm.call_notes()] == [("leads", record["lead_id"])]


def test_without_webhooks_a_poll_finds_it(firm: Firm) -> None:
    firm.sync()
    form(firm)
    with firm.app.app_context():
        journal.add_intent(firm.id, polling.CALL, polling.KIND, polling.FIRST, backfill=True)
        db.session.commit()
    firm.work_through()
    firm.talk(OLGA, "101")
    firm.work_through()
    assert cards(firm) == (1, 1)


def test_where_the_account_says_so_it_is_left_alone(firm: Firm) -> None:
    firm.set(uses_other_records=False)
    firm.sync()
    hear(firm, form(firm))
    firm.talk(OLGA, "101")
    firm.work_through()
    assert (len(firm.account.unsorted), cards(firm)) == (1, (2, 2))


def test_a_record_that_was_accepted_meanwhile_is_the_clients_open_lead(firm: Firm) -> None:
    firm.sync()
    record = form(firm)
    hear(firm, record)
    firm.account.accept(record["uid"], firm.people["Борис"])
    firm.talk(OLGA, "101")
    firm.work_through()
    assert cards(firm) == (1, 1)
    assert [each["entity_id"] for each in firm.call_notes()] == [record["lead_id"]]


def test_a_declined_record_is_forgotten(firm: Firm) -> None:
    firm.sync()
    record = form(firm)
    hear(firm, record)
    firm.account.decline(record["uid"], firm.people["Борис"])
    hear(firm, record)
    with firm.app.app_context():
        assert phonebook.waiting(firm.id, OLGA) is None


@pytest.mark.parametrize(("makes_lead", "leads"), [(True, 1), (False, 0)])
def test_a_customer_without_an_open_lead_follows_the_setting(firm: Firm, makes_lead: bool, leads: int) -> None:
    firm.set(customer_makes_lead=makes_lead)
    contact = firm.account.add_contact(NAME, [OLGA])
    with firm.crm.parts.world.lock:
        firm.crm.parts.world.by_subdomain("acme").contacts[contact["id"]]["customers"] = [7]
    firm.sync()
    firm.talk(OLGA, "101")
    firm.work_through()
    assert (len(firm.account.leads), len(firm.account.contacts)) == (leads, 1)
    (note,) = firm.call_notes()
    assert (note["entity_type"], note["entity_id"] == contact["id"]) == ("leads" if leads else "contacts", not leads)
