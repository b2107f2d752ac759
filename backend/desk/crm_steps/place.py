"""A call's place in the CRM: found, or given by the step that made it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backend.amocrm import requests
from backend.amocrm.errors import TryLater
from backend.calls.intents import AddUnsorted, CreateLead, SharePlace, UseUnsorted
from backend.calls.numbers import phones
from backend.calls.rules.client import CardKind, Client, Waiting, choose
from backend.desk.crm_steps import other_calls
from backend.desk.journal.job import Job
from backend.desk.phonebook import lookup
from backend.store import popups
from backend.store.journal import journal
from backend.store.phonebook import cards, phonebook


def place_of(job: Job) -> tuple[requests.Entity, int] | None:
    """The lead it belongs to, or the contact, or the company."""
    call, kinds = job.call, requests.Entity
    for entity, entity_id in (
        (kinds.LEADS, call.lead), (kinds.CONTACTS, call.contact), (kinds.COMPANIES, call.company),
    ):  # fmt: skip
        if entity_id:
            return entity, entity_id
    return None


def turned_up(job: Job, wanted: CreateLead | AddUnsorted) -> bool:
    """Whether there is a place already: looked for in the phonebook, then live."""
    if wanted.phone is None:
        return False
    if _settled(job):
        return True
    if not phones.is_outside(wanted.phone):  # a short number is only ever equal, which a fuzzy search cannot tell
        return False
    other_calls.wait_for_unclear(job, wanted.phone)
    lookup.ask_live(job.desk, wanted.phone)
    return _settled(job)


def _settled(job: Job) -> bool:
    """The client's open lead, else his waiting record; else the intent learns who he is."""
    wanted: CreateLead | AddUnsorted = job.intent
    knowledge = lookup.knowledge(job.desk.account_id, wanted.phone)
    known = choose(knowledge)
    if known.lead:
        at_known(job, known)
        return True
    if knowledge.waiting:
        job.turn_into(_use(job, knowledge.waiting, wanted))
        return True
    if known.party:
        name_popups(job, known.party.entity, known.party.id, known.party.name, was_there=True)
    job.turn_into(replace(wanted, **_card(known)))  # the number may have moved since the intent was written
    return False


def _use(job: Job, waiting: Waiting, wanted: CreateLead | AddUnsorted) -> UseUnsorted:
    return UseUnsorted(
        uid=waiting.uid,
        lead=waiting.lead,
        contact=waiting.contact,
        accept=job.call.answered is not None,
        employee=wanted.responsible if isinstance(wanted, CreateLead) else None,
        otherwise=wanted,
    )


def _card(known: Client) -> dict[str, Any]:
    """Whose new lead or record it is to be."""
    party = known.party
    return {
        "contact": party.id if party and party.entity is CardKind.CONTACTS else None,
        "company": party.id if party and party.entity is CardKind.COMPANIES else None,
    }


def at_known(job: Job, known: Client) -> None:
    """The call belongs to what was found."""
    party, lead = known.party, known.lead
    if party:
        name_popups(job, party.entity, party.id, party.name, was_there=True)
    if lead:
        link_popups(job, lead.id, lead.name, lead.price, lead.stage)
    at(job, lead=lead.id if lead else None, **_card(known))


def at(job: Job, *, lead: int | None = None, contact: int | None = None, company: int | None = None) -> None:
    """The call belongs here, and this step is over."""
    job.call.lead, job.call.contact, job.call.company = lead, contact, company
    job.done(lead=lead, contact=contact, company=company)


def share_place(job: Job) -> None:
    """As soon as the other call has its place. Raises TryLater until then."""
    wanted: SharePlace = job.intent
    if not other_calls.is_placed(job, wanted.call):
        raise TryLater(f"call {wanted.call} has no place yet")
    other = journal.call(job.desk.account_id, wanted.call)
    lead = other.lead if other else None
    if lead:
        link_popups(job, lead, cards.names_of_leads(job.desk.account_id, {lead}).get(lead, ("", None))[0])
    at(job, lead=lead, contact=other.contact if other else None, company=other.company if other else None)


def mirror_contact(job: Job, contact: int, name: str, phone: str, responsible: int | None) -> None:
    party = phonebook.MirroredParty(
        entity=CardKind.CONTACTS.value, id=contact, name=name, responsible=responsible, companies=(),
        phones=frozenset({phone}),
    )  # fmt: skip
    phonebook.put_parties(job.desk.account_id, [party])


def link_popups(job: Job, lead: int, name: str, price: int = 0, stage: str = "") -> None:
    """The popup gains the link the moment the lead exists."""
    link = {"id": lead, "name": name, "price": price, "stage": stage}
    popups.change(job.desk.account_id, job.call.call, {"lead": link})


def name_popups(job: Job, entity: CardKind, party: int, name: str, *, was_there: bool = False) -> None:
    """The popup says who the client is, once that is known; whom we have just made is still new to the reader."""
    card: dict[str, Any] = {"party": {"entity": entity.value, "id": party}, "name": name}
    popups.change(job.desk.account_id, job.call.call, card | ({"is_new": False} if was_there else {}))
