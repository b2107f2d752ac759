"""Steps that change contacts: a better name, an additional number."""

from __future__ import annotations

from dataclasses import replace

from backend.amocrm import answers, models, requests
from backend.amocrm.errors import Rejected
from backend.amocrm.requests import Entity
from backend.calls.intents import AddNumber, NameContact
from backend.calls.rules import client
from backend.desk.crm_steps import place, substitutes
from backend.desk.journal.job import Job
from backend.desk.phonebook import lookup
from backend.store.phonebook import phonebook


def name_contact(job: Job) -> None:
    """Renames only a contact that this call created and that still has the generated name."""
    wanted: NameContact = job.intent
    if not (job.call.contact and job.call.made_contact):
        job.done(named=False)
        return
    contact = answers.contact(job.desk.send(requests.contact(job.call.contact)))
    if contact is None and substitutes.waits_unsorted(job):
        job.put_off(substitutes.UNTIL_ACCEPTED, "the record's contact is not shown before the record is accepted")
    elif contact is None or contact.name not in (wanted.former, wanted.name):
        job.done(named=False)
    else:
        _rename(job, contact, wanted.name)


def _rename(job: Job, contact: answers.Contact, name: str) -> None:
    if contact.name != name:
        job.desk.send(requests.change_contact(contact.id, models.renamed(name)))
    _keep(job, replace(contact, name=name))
    job.done(named=True, contact=contact.id)


def add_number(job: Job) -> None:
    """Reads, merges, writes: a write replaces all numbers (docs/amocrm-contract.md §3.5). A number it has already
    changes nothing."""
    wanted: AddNumber = job.intent
    read = job.desk.send(requests.contact(wanted.contact))
    contact = answers.contact(read)
    if contact is None or contact.is_deleted:
        job.done(added=False)
        return
    if wanted.phone not in lookup.keys_of(contact.phones, job.desk.rules.country):
        job.desk.send(requests.change_contact(contact.id, models.with_phone(read, wanted.phone)))
    _keep(job, replace(contact, phones=(*contact.phones, wanted.phone)))
    job.done(added=True, contact=contact.id, lead=_link_lead(job, contact))


def _link_lead(job: Job, contact: answers.Contact) -> int | None:
    """Links the lead that this call opened to the contact, so the next call finds this contact."""
    lead, account_id = job.call.lead, job.desk.account_id
    if lead is None or not job.call.opened_lead or lead in contact.lead_ids:
        return None
    try:
        job.desk.send(requests.link(Entity.LEADS, lead, Entity.CONTACTS, contact.id))
    except Rejected:  # the lead was deleted; the number is saved all the same
        return None
    linked = answers.lead(job.desk.send(requests.lead(lead)))
    if linked:
        phonebook.put_leads(account_id, [lookup.mirrored(account_id, linked)])
    return lead


def _keep(job: Job, contact: answers.Contact) -> None:
    """Updates the phonebook and this call's popups."""
    phonebook.put_parties(job.desk.account_id, [lookup.contact_party(contact, job.desk.rules.country)])
    place.name_popups(job, client.CardKind.CONTACTS, contact.id, contact.name)
