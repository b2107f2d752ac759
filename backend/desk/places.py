"""A call's place in the CRM: found, or given by the step that made it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backend.calls import phones
from backend.calls.client import Client, Entity, Waiting, choose
from backend.calls.intents import AddUnsorted, OpenLead, UseUnsorted
from backend.desk import lookup, others
from backend.desk.job import Job
from backend.store import phonebook, popups


def turned_up(job: Job, wanted: OpenLead | AddUnsorted) -> bool:
    """Whether there is a place already: looked for in the phonebook, then live."""
    if wanted.phone is None or not phones.is_outside(wanted.phone):
        return False
    if _settled(job):
        return True
    others.wait_for_unclear(job, wanted.phone)
    lookup.ask_live(job.desk, wanted.phone)
    return _settled(job)


def _settled(job: Job) -> bool:
    """The client's open lead, else his waiting record; else the intent learns who he is."""
    wanted: OpenLead | AddUnsorted = job.intent
    knowledge = lookup.knowledge(job.desk.account_id, wanted.phone)
    known = choose(knowledge)
    if known.lead:
        at_known(job, known)
        return True
    if knowledge.waiting:
        job.turn_into(_use(job, knowledge.waiting, wanted))
        return True
    if known.party and not (wanted.contact or wanted.company):
        _name_in_popups(job, known.party)
        contact = known.party.entity is Entity.CONTACTS
        job.turn_into(replace(wanted, contact=known.party.id) if contact else replace(wanted, company=known.party.id))
    return False


def _use(job: Job, waiting: Waiting, wanted: OpenLead | AddUnsorted) -> UseUnsorted:
    return UseUnsorted(
        uid=waiting.uid,
        lead=waiting.lead,
        contact=waiting.contact,
        accept=job.call.answered is not None,
        employee=wanted.responsible if isinstance(wanted, OpenLead) else None,
        otherwise=wanted,
    )


def at_known(job: Job, known: Client) -> None:
    """The call belongs to what was found."""
    party, lead = known.party, known.lead
    if party:
        _name_in_popups(job, party)
    contact = party.id if party and party.entity is Entity.CONTACTS else None
    company = party.id if party and party.entity is Entity.COMPANIES else None
    at(job, lead=lead.id if lead else None, contact=contact, company=company, lead_name=lead.name if lead else "")


def at(
    job: Job, *, lead: int | None = None, contact: int | None = None, company: int | None = None, lead_name: str = ""
) -> None:
    """The call belongs here, and this step is over."""
    job.call.lead, job.call.contact, job.call.company = lead, contact, company
    if lead:
        link_popups(job, lead, lead_name)
    job.done(lead=lead, contact=contact, company=company)


def mirror_contact(job: Job, contact: int, name: str, phone: str, responsible: int | None) -> None:
    party = phonebook.Party(
        entity=Entity.CONTACTS.value, id=contact, name=name, responsible=responsible, companies=(),
        phones=frozenset({phone}),
    )  # fmt: skip
    phonebook.put_parties(job.desk.account_id, [party])


def link_popups(job: Job, lead: int, name: str) -> None:
    """The popup gains the link the moment the lead exists."""
    popups.change(job.desk.account_id, job.call.call, {"lead": {"id": lead, "name": name, "price": 0, "stage": ""}})


def name_contact(job: Job, contact: int, name: str) -> None:
    """The popup of a client whom nobody knew tells what he is called now."""
    party = {"entity": Entity.CONTACTS.value, "id": contact}
    popups.change(job.desk.account_id, job.call.call, {"party": party, "name": name})


def _name_in_popups(job: Job, party: Party) -> None:
    known = {"entity": party.entity.value, "id": party.id}
    popups.change(job.desk.account_id, job.call.call, {"party": known, "name": party.name})
