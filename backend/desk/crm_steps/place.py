"""A call's place in the CRM: found, or given by the step that made it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import structlog

from backend.amocrm import answers, requests
from backend.amocrm.errors import AmoError
from backend.calls.intents import AddContact, AddUnsorted, CreateLead, FindPlace, SharePlace, UseUnsorted
from backend.calls.numbers import phones
from backend.calls.rules.client import CardKind, Client, Knowledge, Waiting, choose
from backend.desk.crm_steps import other_calls
from backend.desk.journal.job import Job
from backend.desk.phonebook import change_inbox, lookup
from backend.store import popups
from backend.store.journal import journal
from backend.store.phonebook import cards, phonebook, webhooks
from backend.store.phonebook.change_inbox import ReportedChange

log = structlog.get_logger(__name__)


def place_of(job: Job) -> tuple[requests.Entity, int] | None:
    """The lead it belongs to, or the contact, or the company."""
    call, kinds = job.call, requests.Entity
    for entity, entity_id in (
        (kinds.LEADS, call.lead), (kinds.CONTACTS, call.contact), (kinds.COMPANIES, call.company),
    ):  # fmt: skip
        if entity_id:
            return entity, entity_id
    return None


def home_of(job: Job) -> tuple[requests.Entity, int] | None:
    """The call's place; where the step that would have given one was refused, what else is known of the client: their
    lead, card or waiting record. Where there is nothing the intent waits behind another that makes a contact."""
    if (found := place_of(job)) or job.call.client is None:
        return found
    refused = other_calls.refused_places(job, job.row.call)
    if not refused:
        return None
    _take_known(job, lookup.knowledge(job.desk.account_id, job.call.client))
    if place_of(job) is None and not refused & {FindPlace.kind, AddContact.kind}:
        _make_home(job, job.call.client)
    return place_of(job)


def _take_known(job: Job, knowledge: Knowledge) -> None:
    known, waiting = choose(knowledge), knowledge.waiting
    if known.party is None and waiting:
        job.call.lead, job.call.contact = waiting.lead, waiting.contact
    elif known.party:
        job.call.lead, job.call.contact = known.lead.id if known.lead else None, known.contact
        job.call.company = known.company


def _make_home(job: Job, phone: str) -> None:
    """This intent becomes another, which makes a contact, and comes again behind it."""
    row, rules = job.row, job.desk.rules
    journal.add_intent(row.account_id, row.call, row.kind, dict(row.body), backfill=row.backfill)
    name = rules.contact_name.format(phone=phones.spoken(phone))
    job.turn_into(FindPlace(phone=phone, name=name, responsible=getattr(job.intent, "employee", None)))
    raise other_calls.NotYet("a contact is made first: the step before was refused")


def find_again(job: Job) -> None:
    """Where the client is now whose lead or card was deleted, or merged into another."""
    phone = job.call.client
    if phone and phones.is_outside(phone):
        lookup.ask_live(job.desk, phone)
        _take_known(job, lookup.knowledge(job.desk.account_id, phone))


Wanted = TypeVar("Wanted", CreateLead, AddUnsorted)


def still_wanted(job: Job, wanted: Wanted) -> Wanted | None:
    """What is still to be made, with the client's card in it; None where the call has its place by now, which is looked
    for in the phonebook, then live, where the phonebook may be behind."""
    if wanted.phone is None:
        return wanted
    remaining = _unless_placed(job, wanted)
    if remaining is None or not phones.is_outside(wanted.phone):  # amoCRM's fuzzy search cannot find a short number
        return remaining
    other_calls.wait_for_unclear(job, wanted.phone)
    if job.row.attempts == 0 and webhooks.is_current(job.desk.account_id):
        return remaining
    lookup.ask_live(job.desk, wanted.phone)
    return _unless_placed(job, remaining)


def _unless_placed(job: Job, wanted: Wanted) -> Wanted | None:
    """The call goes to the client's open lead, else to their waiting record; else the intent learns their card."""
    knowledge = lookup.knowledge(job.desk.account_id, wanted.phone)
    known = choose(knowledge)
    if known.lead:
        at_known(job, known)
        return None
    if knowledge.waiting and (knowledge.waiting.is_ours or job.desk.rules.uses_other_records):
        job.turn_into(_use(job, knowledge.waiting, wanted))
        return None
    if known.party:
        name_popups(job, known.party.entity, known.party.id, known.party.name, was_there=True)
    remaining = replace(
        wanted, contact=known.contact, company=known.company
    )  # the number may have moved since the intent was written
    job.turn_into(remaining)
    return remaining


def _use(job: Job, waiting: Waiting, wanted: CreateLead | AddUnsorted) -> UseUnsorted:
    return UseUnsorted(
        uid=waiting.uid,
        lead=waiting.lead,
        contact=waiting.contact,
        accept=job.call.answered is not None,
        employee=wanted.responsible if isinstance(wanted, CreateLead) else None,
        otherwise=wanted,
        is_ours=waiting.is_ours,
    )


def at_known(job: Job, known: Client) -> None:
    """The call belongs to what was found."""
    party, lead = known.party, known.lead
    if party:
        name_popups(job, party.entity, party.id, party.name, was_there=True)
    if lead:
        link_popups(job, lead.id, lead.name, lead.price, lead.stage)
    at(job, lead=lead.id if lead else None, contact=known.contact, company=known.company)


def at(job: Job, *, lead: int | None = None, contact: int | None = None, company: int | None = None) -> None:
    """The call belongs here, and this step is over."""
    job.call.lead, job.call.contact, job.call.company = lead, contact, company
    job.done(lead=lead, contact=contact, company=company)


def share_place(job: Job) -> None:
    """As soon as the other call has its place. Raises NotYet until then."""
    wanted: SharePlace = job.intent
    if not other_calls.is_placed(job, wanted.call):
        raise other_calls.NotYet(f"call {wanted.call} has no place yet")
    other = journal.call(job.desk.account_id, wanted.call)
    if other_calls.refused_places(job, wanted.call) and not (other and (other.lead or other.contact or other.company)):
        job.refuse(f"call {wanted.call} has no place, for its own step was refused")
        return
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


def show_as_they_are(job: Job, lead: int, contact: int | None) -> None:
    """A lead and a contact that are not ours, when the call has its place there: they are called as people have called
    them, in the popups and in the phonebook. Where they cannot be read now that is done behind the live work."""
    account_id = job.desk.account_id
    cards = ((CardKind.LEADS, lead), (CardKind.CONTACTS, contact))
    change_inbox.note(account_id, [ReportedChange(entity=kind.value, id=str(card)) for kind, card in cards if card])
    if found := answers.lead(job.desk.send(requests.lead(lead))):
        phonebook.put_leads(account_id, [lookup.mirrored(account_id, found)])
        link_popups(job, found.id, found.name, found.price)
        contact = contact or next(iter(found.contact_ids), None)
        job.call.contact = job.call.contact or contact
    if contact and (person := answers.contact(job.desk.send(requests.contact(contact)))):
        phonebook.put_parties(account_id, [lookup.contact_party(person, job.desk.rules.country)])
        name_popups(job, CardKind.CONTACTS, person.id, person.name, was_there=True)


def link_card(job: Job, entity: requests.Entity, card: int, to: requests.Entity, to_card: int) -> None:
    """As well as it can be done, when the step is over: what was made stands without it."""
    try:
        job.desk.send(requests.link(entity, card, to, to_card))
    except AmoError as error:
        log.warning(
            "not linked", account=job.desk.account_id, card=f"{entity}/{card}", to=f"{to}/{to_card}", why=str(error)
        )


def link_popups(job: Job, lead: int, name: str, price: int = 0, stage: str = "") -> None:
    """The popup gains the link the moment the lead exists."""
    link = {"id": lead, "name": name, "price": price, "stage": stage}
    popups.change(job.desk.account_id, job.call.call, {"lead": link})


def name_popups(job: Job, entity: CardKind, party: int, name: str, *, was_there: bool = False) -> None:
    """The popup says who the client is, once that is known; whom we have just made is still new to the reader."""
    card: dict[str, Any] = {"party": {"entity": entity.value, "id": party}, "name": name}
    popups.change(job.desk.account_id, job.call.call, card | ({"is_new": False} if was_there else {}))
