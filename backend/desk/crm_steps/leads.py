"""Steps that make leads and contacts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog

from backend.amocrm import answers, models, requests
from backend.amocrm.errors import Rejected, Unexplained
from backend.amocrm.requests import Entity
from backend.calls.intents import AddContact, CreateLead, HandOverLead, MoveLead
from backend.calls.rules import client
from backend.desk.crm_steps import other_calls, place, substitutes
from backend.desk.journal.job import Job
from backend.desk.phonebook import lookup, polling
from backend.store.phonebook import phonebook

log = structlog.get_logger(__name__)


def open_lead(job: Job) -> None:
    """A new lead, unless one turns up: made by another call meanwhile, found live, or ours from before a crash."""
    wanted: CreateLead = job.intent
    if job.row.unclear and _found_own_lead(job, wanted):
        return
    if remaining := place.still_wanted(job, wanted):
        _make_lead(job, remaining)


def _make_lead(job: Job, wanted: CreateLead) -> None:
    contact: Any = wanted.contact or models.contact(
        name=wanted.contact_name, phone=wanted.phone, responsible=wanted.responsible
    )
    model = models.lead(
        name=wanted.name,
        contact=contact,
        company=wanted.company,
        responsible=wanted.responsible,
        pipeline=wanted.pipeline_id,
        status=wanted.status_id,
        fields=models.custom_fields(wanted.fields),
    )
    try:
        made = job.write(requests.add_complex([model]), answers.made_leads)
    except (Rejected, Unexplained) as refusal:
        job.turn_into(_mended(job, wanted, refusal))
        return
    if made.merged:
        # amoCRM's duplicate control has put it into a lead that was there: nothing of that is ours
        place.at(job, lead=made.lead_id, contact=made.contact_id)
        place.show_as_they_are(job, made.lead_id, made.contact_id)
        return
    _keep_lead(job, wanted, made.lead_id, made.contact_id or wanted.contact)
    job.done(lead=made.lead_id, contact=made.contact_id or wanted.contact, made=True)
    if wanted.company and made.contact_id:
        place.link_card(job, Entity.CONTACTS, made.contact_id, Entity.COMPANIES, wanted.company)


def _mended(job: Job, wanted: CreateLead, refusal: Rejected | Unexplained) -> CreateLead:
    """The same lead without what amoCRM no longer knows: a deleted employee, stage or contact; without the custom
    field that cannot be filled so. Raises the refusal."""
    if isinstance(refusal, Rejected):
        fields = substitutes.without_fields(job, wanted.fields, refusal)
        if fields is not None:
            return replace(wanted, fields=fields)
        if wanted.responsible and refusal.concerns_employee:
            return replace(wanted, responsible=substitutes.stand_in(job, wanted.responsible))
        if wanted.pipeline_id and (refusal.concerns("pipeline_id") or refusal.concerns("status_id")):
            polling.reread_users(job.desk.account_id)
            is_stage = wanted.status_id is not None and not refusal.concerns("pipeline_id")
            return replace(wanted, pipeline_id=wanted.pipeline_id if is_stage else None, status_id=None)
    if wanted.contact and answers.contact(job.desk.send(requests.contact(wanted.contact))) is None:
        phonebook.forget(job.desk.account_id, Entity.CONTACTS.value, wanted.contact)
        return replace(wanted, contact=None)
    raise refusal


def _keep_lead(job: Job, wanted: CreateLead, lead: int, contact: int | None) -> None:
    """Our own write goes into the phonebook at once: the next call of this client finds it there."""
    if contact and wanted.contact is None and wanted.phone:
        place.mirror_contact(job, contact, wanted.contact_name, wanted.phone, wanted.responsible)
    parties = [(Entity.CONTACTS.value, contact), (Entity.COMPANIES.value, wanted.company)]
    mirrored = phonebook.MirroredLead(
        id=lead,
        name=wanted.name,
        price=0,
        responsible=wanted.responsible,
        pipeline_id=wanted.pipeline_id or 0,
        status_id=wanted.status_id or 0,
        is_open=True,
        parties=tuple((entity, each) for entity, each in parties if each),
    )
    phonebook.put_leads(job.desk.account_id, [mirrored])
    job.call.lead, job.call.contact, job.call.company = lead, contact, wanted.company
    job.call.opened_lead = True
    job.call.made_contact = bool(contact) and wanted.contact is None
    place.link_popups(job, lead, wanted.name)
    if contact and not (wanted.contact or wanted.company):
        place.name_popups(job, client.CardKind.CONTACTS, contact, wanted.contact_name)


def _found_own_lead(job: Job, wanted: CreateLead) -> bool:
    """After an unclear end: the newest leads, one of this client with our name made since, that no other call has."""
    for lead in answers.leads(job.desk.send(requests.newest_leads(limit=50))):
        ours = lead.name == wanted.name and lead.created_at >= job.since
        if ours and not other_calls.have_lead(job, lead.id) and _is_clients(job, wanted, lead):
            contact = next(iter(lead.contact_ids), None)
            _keep_lead(job, wanted, lead.id, contact)
            job.done(lead=lead.id, contact=contact, made=True, found_after_unclear_end=True)
            return True
    job.row.unclear = False
    return False


def _is_clients(job: Job, wanted: CreateLead, lead: answers.Lead) -> bool:
    """A name may be anybody's: the contact tells. Of a hidden number there is nothing more to compare."""
    if wanted.phone is None:
        return True
    if wanted.contact:
        return wanted.contact in lead.contact_ids
    contact = answers.contact(job.desk.send(requests.contact(lead.contact_ids[0]))) if lead.contact_ids else None
    return contact is not None and wanted.phone in lookup.keys_of(contact.phones, job.desk.rules.country)


def add_contact(job: Job) -> None:
    """A contact without a lead, unless one turns up: made by another call meanwhile, or ours from before a crash."""
    wanted: AddContact = job.intent
    if job.row.unclear and _found_own_contact(job, wanted):
        return
    other_calls.wait_for_unclear(job, wanted.phone)
    lookup.ask_live(job.desk, wanted.phone)
    known = client.choose(lookup.knowledge(job.desk.account_id, wanted.phone))
    if known.party:
        place.at_known(job, known)
        return
    model = models.contact(name=wanted.name, phone=wanted.phone, responsible=wanted.responsible)
    try:
        made = job.write(requests.add_contacts([model]), answers.made("contacts"))
    except Rejected as refusal:
        if not (wanted.responsible and refusal.concerns_employee):
            raise
        job.turn_into(replace(wanted, responsible=substitutes.stand_in(job, wanted.responsible)))
        return
    place.mirror_contact(job, made.id, wanted.name, wanted.phone, wanted.responsible)
    place.name_popups(job, client.CardKind.CONTACTS, made.id, wanted.name)
    place.at(job, contact=made.id)
    job.call.made_contact = True


def _found_own_contact(job: Job, wanted: AddContact) -> bool:
    """After an unclear end: among the newest contacts, for the search may lag behind them."""
    for contact in answers.contacts(job.desk.send(requests.changed(Entity.CONTACTS))):
        party = lookup.contact_party(contact, job.desk.rules.country)
        if wanted.phone in party.phones and not contact.is_deleted:
            phonebook.put_parties(job.desk.account_id, [party])
            place.name_popups(job, client.CardKind.CONTACTS, contact.id, contact.name)
            place.at(job, contact=contact.id)
            job.call.made_contact = True
            return True
    job.row.unclear = False
    return False


def find_place(job: Job) -> None:
    """A contact for a call that has no place, of which somebody has something to tell."""
    found = place.place_of(job)
    if found is None:
        add_contact(job)
    else:
        job.done(place=list(found))


def hand_over_lead(job: Job) -> None:
    """Only the lead that this call opened changes hands; repeating it changes nothing. It stays whose it is where the
    other has left."""
    wanted: HandOverLead = job.intent
    if lead := other_calls.still_to_do(job, CreateLead.kind):  # it was refused for now, and is made in the other's name
        lead.body = {**lead.body, "responsible": wanted.employee}
    if job.call.lead and job.call.opened_lead:
        try:
            job.desk.send(requests.hand_over(job.call.lead, wanted.employee))
        except Rejected as refusal:
            if not refusal.concerns_employee:
                raise
            polling.reread_users(job.desk.account_id)
            job.done(lead=None)
            return
    job.done(lead=job.call.lead if job.call.opened_lead else None)


def move_lead(job: Job) -> None:
    """Only the lead that this call opened: it is linked to the card that was chosen, and to the former no more."""
    wanted: MoveLead = job.intent
    call, chosen = job.call, Entity(wanted.entity)
    former = (Entity.CONTACTS, call.contact) if call.contact else (Entity.COMPANIES, call.company)
    if not (call.lead and call.opened_lead) or former == (chosen, wanted.id):
        job.done(lead=None)
        return
    lead, main = call.lead, True if chosen is Entity.CONTACTS else None
    try:
        job.desk.send(requests.link(Entity.LEADS, lead, chosen, wanted.id, is_main=main))
        if former[1]:
            job.desk.send(requests.unlink(Entity.LEADS, lead, former[0], former[1]))
    except Rejected as refusal:  # one of them is gone: the lead stays where it is
        log.warning("lead not moved", account=job.desk.account_id, call=call.call, why=str(refusal))
        job.done(lead=None)
        return
    call.contact, call.company = (wanted.id, None) if chosen is Entity.CONTACTS else (None, wanted.id)
    job.done(lead=lead)
    place.show_as_they_are(job, lead, call.contact)
