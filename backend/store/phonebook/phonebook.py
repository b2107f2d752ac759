"""The phonebook: clients' numbers, open leads, and the service's unsorted records that still wait.

Its tables are in `rows`. Copies of it are kept current by `changed_numbers`: `recent` gives the numbers of the clients
changed last, `since` those changed after a position. A number's clients are always read by `desk.phonebook.lookup`, and
the client among several is chosen by `calls.rules.client.choose`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Delete, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from backend.store import db
from backend.store.phonebook import changed_numbers
from backend.store.phonebook.put import now, upsert
from backend.store.phonebook.put import put_leads as put_leads
from backend.store.phonebook.put import put_parties as put_parties
from backend.store.phonebook.rows import LeadPartyRow as LeadPartyRow
from backend.store.phonebook.rows import LeadRow as LeadRow
from backend.store.phonebook.rows import MirroredLead as MirroredLead
from backend.store.phonebook.rows import MirroredParty as MirroredParty
from backend.store.phonebook.rows import PartyRow as PartyRow
from backend.store.phonebook.rows import PhoneRow as PhoneRow
from backend.store.phonebook.rows import WaitingRow as WaitingRow

SEARCH_LAG = 60  # seconds; more than the longest observed lag of amoCRM's index
LEADS = "leads"


def unseen(account_id: int, entity: str, round: int, limit: int) -> Sequence[int]:
    """Mirrored entities of this kind (contacts, companies, leads) that the full sync `round` has not seen."""
    if entity == LEADS:
        query = select(LeadRow.id).where(LeadRow.account_id == account_id, LeadRow.round < round)
        return db.session.scalars(query.order_by(LeadRow.id).limit(limit)).all()
    mine = (PartyRow.account_id == account_id, PartyRow.entity == entity, PartyRow.round < round)
    return db.session.scalars(select(PartyRow.id).where(*mine).order_by(PartyRow.id).limit(limit)).all()


def seen_and_unseen(account_id: int, entity: str, round: int) -> tuple[int, int]:
    """How many of this kind are known, and how many of them the full sync `round` has not seen."""
    model = LeadRow if entity == LEADS else PartyRow
    mine = [model.account_id == account_id, *([] if entity == LEADS else [PartyRow.entity == entity])]
    counts = select(func.count(), func.count().filter(model.round < round)).select_from(model).where(*mine)
    known, unseen = db.session.execute(counts).one()
    return known, unseen


def leads_of(account_id: int, entity: str, ids: Sequence[int]) -> dict[int, set[int]]:
    """The known leads of each of these contacts or companies, open or not."""
    query = select(LeadPartyRow.party_id, LeadPartyRow.lead_id).where(
        LeadPartyRow.account_id == account_id, LeadPartyRow.entity == entity, LeadPartyRow.party_id.in_(ids)
    )
    found: dict[int, set[int]] = {}
    for party_id, lead_id in db.session.execute(query):
        found.setdefault(party_id, set()).add(lead_id)
    return found


def party_kinds(account_id: int, id: int) -> Sequence[str]:
    """The kinds under which this id is known: contact, company, or none."""
    kinds = [PartyRow.entity == each for each in ("contacts", "companies")]
    query = select(PartyRow.entity).where(PartyRow.account_id == account_id, or_(*kinds), PartyRow.id == id)
    return db.session.scalars(query).all()


def waiting_record(account_id: int, uid: str) -> WaitingRow | None:
    query = select(WaitingRow).where(WaitingRow.account_id == account_id, WaitingRow.uid == uid)
    return db.session.scalars(query).first()


def waiting_records(account_id: int) -> Sequence[str]:
    """The uids of all records that are known to wait."""
    return db.session.scalars(select(WaitingRow.uid).where(WaitingRow.account_id == account_id)).all()


def has(account_id: int, entity: str, id: int) -> bool:
    """Whether this contact, company or lead is known."""
    if entity == LEADS:
        return db.session.get(LeadRow, (account_id, id)) is not None
    return db.session.get(PartyRow, (account_id, entity, id)) is not None


def waiting(account_id: int, phone: str) -> WaitingRow | None:
    return db.session.get(WaitingRow, (account_id, phone))


def put_waiting(account_id: int, phone: str, uid: str, lead: int, contact: int | None, call: str) -> None:
    """Stores a waiting record of the service. Does not commit."""
    upsert(
        WaitingRow,
        [{"account_id": account_id, "phone": phone, "uid": uid, "lead": lead, "contact": contact, "call": call}],
    )


def learn_waiting(account_id: int, phone: str, uid: str, lead: int, contact: int | None) -> None:
    """A record of another source waits, unless one of this number is known. Does not commit."""
    row = {"account_id": account_id, "phone": phone, "uid": uid, "lead": lead, "contact": contact, "call": ""}
    db.session.execute(insert(WaitingRow).values(row).on_conflict_do_nothing())


def drop_waiting(account_id: int, uid: str) -> None:
    """Deletes a record that no longer waits: accepted, declined or deleted. Does not commit."""
    db.session.execute(delete(WaitingRow).where(WaitingRow.account_id == account_id, WaitingRow.uid == uid))


def forget(account_id: int, entity: str, id: int) -> None:
    """Deletes a contact, company or lead that the CRM no longer has. Does not commit."""
    concerned = _parties_of(account_id, id) if entity == LEADS else [(entity, id)]
    changed_numbers.report_clients(account_id, concerned)
    for rows in _rows_of(account_id, entity, id):
        db.session.execute(rows)


def _rows_of(account_id: int, entity: str, id: int) -> Iterator[Delete]:
    if entity == LEADS:
        yield delete(LeadPartyRow).where(LeadPartyRow.account_id == account_id, LeadPartyRow.lead_id == id)
        yield delete(LeadRow).where(LeadRow.account_id == account_id, LeadRow.id == id)
        return
    for party in (PhoneRow, LeadPartyRow):
        yield delete(party).where(party.account_id == account_id, party.entity == entity, party.party_id == id)
    yield delete(PartyRow).where(PartyRow.account_id == account_id, PartyRow.entity == entity, PartyRow.id == id)


def _parties_of(account_id: int, lead_id: int) -> list[tuple[str, int]]:
    query = select(LeadPartyRow.entity, LeadPartyRow.party_id)
    found = db.session.execute(query.where(LeadPartyRow.account_id == account_id, LeadPartyRow.lead_id == lead_id))
    return [(entity, party_id) for entity, party_id in found]


def forget_number(account_id: int, phone: str, entity: str, others_than: Sequence[int]) -> None:
    """Nobody else has this number: amoCRM did not find it elsewhere. Those seen lately stay, because its search lags
    behind what was just written (docs/amocrm-contract.md §3.5). Does not commit."""
    seen_lately = select(PartyRow.id).where(
        PartyRow.account_id == account_id, PartyRow.entity == entity, PartyRow.round > now() - SEARCH_LAG
    )
    mine = (PhoneRow.account_id == account_id, PhoneRow.phone == phone, PhoneRow.entity == entity)
    others = (PhoneRow.party_id.not_in(others_than), PhoneRow.party_id.not_in(seen_lately))
    gone = db.session.scalars(delete(PhoneRow).where(*mine, *others).returning(PhoneRow.phone)).all()
    changed_numbers.report(account_id, gone)


def size(account_id: int) -> dict[str, int]:
    """The number of mirrored parties and phones."""
    parties = select(func.count()).select_from(PartyRow).where(PartyRow.account_id == account_id)
    phones = select(func.count()).select_from(PhoneRow).where(PhoneRow.account_id == account_id)
    return {"parties": db.session.scalar(parties) or 0, "phones": db.session.scalar(phones) or 0}
