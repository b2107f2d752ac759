"""Contacts, companies and leads for the widget, from the phonebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, and_, false, or_, select

from backend.store import db
from backend.store.phonebook.phonebook import LeadPartyRow, LeadRow, PartyRow, PhoneRow

CONTACTS, COMPANIES, LEADS = "contacts", "companies", "leads"
MOST_NUMBERS = 100  # of one card


def is_known(account_id: int, entity: str, card: int) -> bool:
    """Whether the phonebook has this card."""
    if entity == LEADS:
        return db.session.get(LeadRow, (account_id, card)) is not None
    return db.session.get(PartyRow, (account_id, entity, card)) is not None


def has_contact(account_id: int, contact: int) -> bool:
    return is_known(account_id, CONTACTS, contact)


def numbers_of(account_id: int, entity: str, card: int) -> Sequence[str]:
    """The keys of the card's numbers; for a lead those of its contacts and companies. Empty for an unknown card."""
    query = select(PhoneRow.phone).distinct().where(PhoneRow.account_id == account_id)
    if entity == LEADS:
        query = query.join(LeadPartyRow, _IS_PARTY).where(LeadPartyRow.lead_id == card)
    else:
        query = query.where(PhoneRow.entity == entity, PhoneRow.party_id == card)
    return db.session.scalars(query.order_by(PhoneRow.phone).limit(MOST_NUMBERS)).all()


_IS_PARTY = and_(
    LeadPartyRow.account_id == PhoneRow.account_id,
    LeadPartyRow.entity == PhoneRow.entity,
    LeadPartyRow.party_id == PhoneRow.party_id,
)


def find_contacts(account_id: int, words: Sequence[str], pieces: Sequence[str], limit: int) -> Sequence[PartyRow]:
    """Contacts whose name contains all these words (folded, at least one), or with a number that contains one of these
    pieces; names that begin so come first. Reads the account's whole phonebook, without an index that each sync would
    pay for: 30–60 ms for 100,000 contacts."""
    named = and_(*(PartyRow.folded.contains(word, autoescape=True) for word in words))
    numbered = PartyRow.id.in_(_with_pieces(account_id, pieces)) if pieces else false()
    query = select(PartyRow).where(PartyRow.account_id == account_id, PartyRow.entity == CONTACTS, or_(named, numbered))
    begins = PartyRow.folded.startswith(words[0], autoescape=True)
    return db.session.scalars(query.order_by(begins.desc(), PartyRow.folded, PartyRow.id).limit(limit)).all()


def _with_pieces(account_id: int, pieces: Sequence[str]) -> Select[int]:
    holds = or_(*(PhoneRow.phone.contains(piece, autoescape=True) for piece in pieces))
    return select(PhoneRow.party_id).where(PhoneRow.account_id == account_id, PhoneRow.entity == CONTACTS, holds)


def names_of_leads(account_id: int, leads: Iterable[int]) -> dict[int, str]:
    """The names of these leads that the phonebook has."""
    query = select(LeadRow.id, LeadRow.name).where(LeadRow.account_id == account_id, LeadRow.id.in_(leads))
    return {row.id: row.name for row in db.session.execute(query)}
