"""Looks up a number's client: in the phonebook in milliseconds, or live in amoCRM where the result decides whether to
create an entity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend.amocrm import answers, requests
from backend.calls.facts import ExtensionRang, Fact
from backend.calls.numbers import phones
from backend.calls.rules.callback_plan import is_callback
from backend.calls.rules.client import CardKind, Earlier, Knowledge, OpenLead, Party, Waiting
from backend.desk.journal.job import Desk
from backend.store import accounts, call_list, stream
from backend.store.journal.journal import CallRow
from backend.store.phonebook import phonebook
from backend.store.phonebook.known import Known, known

LIVE_LEADS = 10  # of one contact, newest first: older ones are seldom open


def knowledge(account_id: int, phone: str | None) -> Knowledge:
    """From the phonebook alone."""
    if phone is None:
        return Knowledge()
    row = phonebook.waiting(account_id, phone)
    waiting = Waiting(uid=row.uid, lead=row.lead, contact=row.contact, is_ours=bool(row.call)) if row else None
    return Knowledge(parties=parties(account_id, [phone]).get(phone, ()), waiting=waiting)


def at_fact(call: CallRow, fact: Fact) -> Knowledge:
    """The knowledge for a fact of this call: also the client's earlier calls and, while a phone rings, the users with
    an open stream."""
    known = replace(with_earlier(call.account_id, call.client, call.call), is_placed=is_callback(call.call))
    if isinstance(fact, ExtensionRang):
        known = replace(known, watching=frozenset(stream.watching(call.account_id)))
    return known


def with_earlier(account_id: int, phone: str | None, call: str) -> Knowledge:
    """As `knowledge`, with the earlier calls of this number."""
    known = knowledge(account_id, phone)
    if phone is None:
        return known
    total, last = call_list.earlier(account_id, phone, call)
    return replace(known, earlier=Earlier(total=total, last=last))


def parties(account_id: int, numbers: Sequence[str]) -> dict[str, tuple[Party, ...]]:
    """The clients with each of these numbers and their open leads; from the phonebook alone."""
    found: dict[str, tuple[Party, ...]] = {}
    for each in known(account_id, numbers):
        found[each.phone] = (*found.get(each.phone, ()), _party(each))
    return found


def _party(known: Known) -> Party:
    return Party(
        entity=CardKind(known.entity),
        id=known.id,
        name=known.name,
        responsible=known.responsible,
        companies=known.companies,
        company=known.company,
        is_customer=known.is_customer,
        is_chosen=known.is_chosen,
        open_leads=tuple(
            OpenLead(id=lead.id, name=lead.name, responsible=lead.responsible, price=lead.price, stage=lead.stage)
            for lead in known.leads
        ),
    )


def ask_live(desk: Desk, phone: str) -> None:
    """Asks amoCRM for contacts with this number and their leads, and stores the answers in the phonebook.

    amoCRM's search is fuzzy: a hit counts only if one of its phones has the key.
    """
    account_id, country = desk.account_id, desk.rules.country
    found = answers.contacts(desk.send(requests.contacts_with(phones.search_digits(phone))))
    hits = [each for each in found if not each.is_deleted and phone in keys_of(each.phones, country)]
    phonebook.put_parties(account_id, [contact_party(each, country) for each in hits])
    phonebook.forget_number(account_id, phone, CardKind.CONTACTS.value, others_than=[each.id for each in hits])
    wanted = sorted({lead for each in hits for lead in each.lead_ids}, reverse=True)[:LIVE_LEADS]
    if wanted:
        phonebook.put_leads(account_id, all_mirrored(account_id, _leads(desk, wanted)))


def _leads(desk: Desk, wanted: Sequence[int]) -> list[answers.Lead]:
    """amoCRM may ignore the filter (docs/amocrm-contract.md gotcha 5): what it did not give is asked one by one."""
    given = {each.id: each for each in answers.leads(desk.send(requests.leads(wanted))) if each.id in wanted}
    for lead_id in wanted:
        if lead_id not in given and (lead := answers.lead(desk.send(requests.lead(lead_id)))):
            given[lead_id] = lead
    return list(given.values())


def keys_of(numbers: Sequence[str], country: str) -> frozenset[str]:
    found = (phones.key(each, country) for each in numbers)
    return frozenset(each for each in found if each)


def contact_party(contact: answers.Contact, country: str) -> phonebook.MirroredParty:
    return phonebook.MirroredParty(
        entity=CardKind.CONTACTS.value,
        id=contact.id,
        name=contact.name,
        responsible=contact.responsible,
        companies=contact.company_ids,
        phones=keys_of(contact.phones, country),
        updated_at=contact.updated_at,
        is_customer=contact.is_customer,
    )


def company_party(company: answers.Company, country: str) -> phonebook.MirroredParty:
    return phonebook.MirroredParty(
        entity=CardKind.COMPANIES.value,
        id=company.id,
        name=company.name,
        responsible=company.responsible,
        companies=(),
        phones=keys_of(company.phones, country),
        updated_at=company.updated_at,
    )


def mirrored(account_id: int, lead: answers.Lead) -> phonebook.MirroredLead:
    return all_mirrored(account_id, [lead])[0]


def all_mirrored(account_id: int, leads: Sequence[answers.Lead]) -> list[phonebook.MirroredLead]:
    unsorted = accounts.unsorted_stages(account_id)
    return [_mirrored(each, unsorted) for each in leads]


def _mirrored(lead: answers.Lead, unsorted: frozenset[int]) -> phonebook.MirroredLead:
    return phonebook.MirroredLead(
        id=lead.id,
        name=lead.name,
        price=lead.price,
        responsible=lead.responsible,
        pipeline_id=lead.pipeline_id,
        status_id=lead.status_id,
        is_open=lead.is_open(unsorted),
        parties=(
            *((CardKind.CONTACTS.value, each) for each in lead.contact_ids),
            *((CardKind.COMPANIES.value, each) for each in lead.company_ids),
        ),
        updated_at=lead.updated_at,
    )
