"""Reads possibly changed CRM entities again: stores existing ones in the phonebook and removes deleted ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backend.amocrm import answers, requests
from backend.amocrm.requests import Entity
from backend.desk.journal.job import Desk
from backend.desk.phonebook import change_inbox, lookup
from backend.store.phonebook import phonebook
from backend.store.phonebook.change_inbox import ReportedChange

AT_ONCE = 50  # ids in one request
NEW_LEADS = 10  # of one card, newest first: leads that were not reported


def put(desk: Desk, entity: Entity, items: Sequence[Any], round: int | None = None) -> list[Any]:
    """Stores these answers as the current state; returns the new and changed entities."""
    return _PUT[entity](desk, [each for each in items if each.is_there], round)


def keep(desk: Desk, entity: Entity, items: Sequence[Any], round: int | None = None) -> None:
    """As `put`; also requests another read of leads that were linked to or unlinked from these cards, possibly without
    a report."""
    put(desk, entity, items, round)
    look_at_leads(desk, entity, items)


def look_at_leads(desk: Desk, entity: Entity, cards: Sequence[Any]) -> None:
    """Requests another read of the leads whose link to these contacts or companies differs from the phonebook."""
    if entity is Entity.LEADS:
        return
    known = phonebook.leads_of(desk.account_id, entity.value, [each.id for each in cards])
    other = {lead for each in cards for lead in sorted(known.get(each.id, set()) ^ set(each.lead_ids))[-NEW_LEADS:]}
    change_inbox.note(
        desk.account_id, [ReportedChange(entity=Entity.LEADS.value, id=str(lead)) for lead in sorted(other)]
    )


def read(entity: Entity, body: Any) -> Sequence[Any]:
    """The cards in one answer to a list."""
    return _READ[entity](body)


def read_again(desk: Desk, entity: Entity, ids: Sequence[int], round: int | None = None) -> set[int]:
    """Reads some of these ids, at least one; returns the ids read. At most two requests."""
    if len(ids) == 1:
        return _one(desk, entity, ids[0], round)
    body = desk.send(requests.these(entity, ids))
    found = [each for each in read(entity, body) if each.id in ids]
    seen = {each.id for each in found}
    keep(desk, entity, found, round)
    if not answers.may_have_more(body, entity.value):  # a page that is not full holds all of them
        for deleted in set(ids) - seen:
            phonebook.forget(desk.account_id, entity.value, deleted)
        return set(ids)
    return seen or _one(desk, entity, ids[0], round)


def _one(desk: Desk, entity: Entity, id: int, round: int | None) -> set[int]:
    found = _READ_ONE[entity](desk.send(requests.one(entity, id)))
    if found is None or not found.is_there:
        phonebook.forget(desk.account_id, entity.value, id)
    else:
        keep(desk, entity, [found], round)
    return {id}


def _put_contacts(desk: Desk, found: Sequence[answers.Contact], round: int | None) -> list[phonebook.MirroredParty]:
    country = desk.rules.country
    return phonebook.put_parties(desk.account_id, [lookup.contact_party(each, country) for each in found], round)


def _put_companies(desk: Desk, found: Sequence[answers.Company], round: int | None) -> list[phonebook.MirroredParty]:
    country = desk.rules.country
    return phonebook.put_parties(desk.account_id, [lookup.company_party(each, country) for each in found], round)


def _put_leads(desk: Desk, found: Sequence[answers.Lead], round: int | None) -> list[phonebook.MirroredLead]:
    return phonebook.put_leads(desk.account_id, lookup.all_mirrored(desk.account_id, found), round)


_PUT: dict[Entity, Callable[..., list[Any]]] = {
    Entity.CONTACTS: _put_contacts, Entity.COMPANIES: _put_companies, Entity.LEADS: _put_leads,
}  # fmt: skip
_READ: dict[Entity, Callable[[Any], Sequence[Any]]] = {
    Entity.CONTACTS: answers.contacts, Entity.COMPANIES: answers.companies, Entity.LEADS: answers.leads,
}  # fmt: skip
_READ_ONE: dict[Entity, Callable[[Any], Any]] = {
    Entity.CONTACTS: answers.contact, Entity.COMPANIES: answers.company, Entity.LEADS: answers.lead,
}  # fmt: skip
