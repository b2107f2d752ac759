"""Stores the CRM's answers in the phonebook, and reports the numbers that this changes."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from backend.calls.numbers import name_key
from backend.store import Base, db
from backend.store.phonebook import changed_numbers
from backend.store.phonebook.rows import LeadPartyRow, LeadRow, MirroredLead, MirroredParty, PartyRow, PhoneRow

CLOCKS_APART = 300  # seconds that the CRM's clock may be behind the service's

Mirrored = TypeVar("Mirrored", MirroredParty, MirroredLead)
Key = tuple[str, int]  # of a party: entity and id

_LEAD = ("id", "name", "price", "responsible", "pipeline_id", "status_id", "is_open", "updated_at")


def put_parties(account_id: int, parties: Sequence[MirroredParty], round: int | None = None) -> list[MirroredParty]:
    """Stores the parties' current state, including phones; data older than the stored one changes nothing.

    `round` is the full sync that read them, or now without one. Returns the new and changed parties. Does not commit.
    """
    given = {(each.entity, each.id): each for each in parties}
    if not given:
        return []
    known = _known_parties(account_id, given)
    fresh = [new for key, each in given.items() if (new := _newer(each, known.get(key)))]
    _see(PartyRow, _are(PartyRow.entity, PartyRow.id, given), account_id, round)
    if fresh:
        _write_parties(account_id, fresh, round)
        before = {phone for each in fresh if (old := known.get((each.entity, each.id))) for phone in old.phones}
        changed_numbers.report(account_id, before.union(*(each.phones for each in fresh)))
    return fresh


def put_leads(account_id: int, leads: Sequence[MirroredLead], round: int | None = None) -> list[MirroredLead]:
    """Stores the leads' current state with their parties; otherwise as `put_parties`."""
    given = {each.id: replace(each, parties=tuple(sorted(set(each.parties)))) for each in leads}
    if not given:
        return []
    known = _known_leads(account_id, given)
    fresh = [new for key, each in given.items() if (new := _newer(each, known.get(key)))]
    _see(LeadRow, LeadRow.id.in_(given), account_id, round)
    if fresh:
        _write_leads(account_id, fresh, round)
        concerned = {party for each in fresh for party in _concerned(each, known.get(each.id))}
        changed_numbers.report_clients(account_id, concerned)
    return fresh


def _newer(given: Mirrored, known: Mirrored | None) -> Mirrored | None:
    """The version to store; None if the stored one is the same or newer. A version without the CRM's time was just
    written by the service: recent, yet never newer than the CRM's next answer."""
    if given.updated_at == 0:
        given = replace(given, updated_at=known.updated_at if known else now() - CLOCKS_APART)
    if known is None:
        return given
    return given if given.updated_at >= known.updated_at and given != known else None


def _concerned(lead: MirroredLead, before: MirroredLead | None) -> Iterable[Key]:
    """The parties whose calls this may affect: none for a lead that was not open and is not."""
    return (party for each in (lead, before) if each and each.is_open for party in each.parties)


def _known_parties(account_id: int, wanted: Iterable[Key]) -> dict[Key, MirroredParty]:
    keys = list(wanted)
    phones: dict[Key, set[str]] = {}
    having = select(PhoneRow.entity, PhoneRow.party_id, PhoneRow.phone).where(PhoneRow.account_id == account_id)
    for entity, party_id, phone in db.session.execute(having.where(_are(PhoneRow.entity, PhoneRow.party_id, keys))):
        phones.setdefault((entity, party_id), set()).add(phone)
    row = PartyRow
    query = select(row.entity, row.id, row.name, row.responsible, row.companies, row.updated_at, row.is_customer)
    found = db.session.execute(query.where(row.account_id == account_id, _are(row.entity, row.id, keys)))
    return {
        (entity, id): MirroredParty(
            entity=entity, id=id, name=name, responsible=responsible, companies=tuple(companies),
            phones=frozenset(phones.get((entity, id), ())), updated_at=updated_at, is_customer=is_customer,
        )
        for entity, id, name, responsible, companies, updated_at, is_customer in found
    }  # fmt: skip


def _known_leads(account_id: int, wanted: Collection[int]) -> dict[int, MirroredLead]:
    parties: dict[int, list[Key]] = {}
    links = select(LeadPartyRow.lead_id, LeadPartyRow.entity, LeadPartyRow.party_id)
    mine = (LeadPartyRow.account_id == account_id, LeadPartyRow.lead_id.in_(wanted))
    for lead_id, entity, party_id in db.session.execute(links.where(*mine)):
        parties.setdefault(lead_id, []).append((entity, party_id))
    query = select(*(getattr(LeadRow, name) for name in _LEAD))
    found = db.session.execute(query.where(LeadRow.account_id == account_id, LeadRow.id.in_(wanted)))
    return {row.id: MirroredLead(**row._mapping, parties=tuple(sorted(parties.get(row.id, ())))) for row in found}


def _write_parties(account_id: int, parties: Sequence[MirroredParty], round: int | None) -> None:
    rows = [
        {
            "account_id": account_id, "entity": each.entity, "id": each.id, "name": each.name,
            "folded": name_key.fold(each.name), "responsible": each.responsible, "companies": list(each.companies),
            "round": round or now(), "updated_at": each.updated_at, "is_customer": each.is_customer,
        }
        for each in parties
    ]  # fmt: skip
    upsert(PartyRow, rows)
    theirs = _are(PhoneRow.entity, PhoneRow.party_id, [(each.entity, each.id) for each in parties])
    db.session.execute(delete(PhoneRow).where(PhoneRow.account_id == account_id, theirs))
    phones = [
        {"account_id": account_id, "phone": phone, "entity": each.entity, "party_id": each.id}
        for each in parties
        for phone in each.phones
    ]
    if phones:
        db.session.execute(insert(PhoneRow).on_conflict_do_nothing(), phones)


def _write_leads(account_id: int, leads: Sequence[MirroredLead], round: int | None) -> None:
    rows = [
        {"account_id": account_id, "round": round or now(), **{name: getattr(each, name) for name in _LEAD}}
        for each in leads
    ]
    upsert(LeadRow, rows)
    of_these = LeadPartyRow.lead_id.in_([each.id for each in leads])
    db.session.execute(delete(LeadPartyRow).where(LeadPartyRow.account_id == account_id, of_these))
    links = [
        {"account_id": account_id, "lead_id": each.id, "entity": entity, "party_id": party_id}
        for each in leads
        for entity, party_id in each.parties
    ]
    if links:
        db.session.execute(insert(LeadPartyRow).on_conflict_do_nothing(), links)


def _see(model: type[PartyRow | LeadRow], which: ColumnElement[bool], account_id: int, round: int | None) -> None:
    """Marks existing rows as seen."""
    seen = round or now()
    mine = (model.account_id == account_id, which, model.round < seen)
    db.session.execute(update(model).where(*mine).values(round=seen).execution_options(synchronize_session=False))


def _are(
    entity: InstrumentedAttribute[str], id: InstrumentedAttribute[int], keys: Iterable[Key]
) -> ColumnElement[bool]:
    of: dict[str, list[int]] = {}
    for kind, each in keys:
        of.setdefault(kind, []).append(each)
    return or_(*((entity == kind) & id.in_(ids) for kind, ids in of.items()))


def now() -> int:
    """The `round` for writes outside a full sync: later than any full sync that began before."""
    return int(time.time())


def upsert(model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Rows with the same columns, inserted or updated. Does not commit."""
    keys = [column.name for column in model.__table__.primary_key]
    fresh = insert(model)
    changed = {name: fresh.excluded[name] for name in rows[0] if name not in keys}
    db.session.execute(fresh.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))
