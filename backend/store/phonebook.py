"""The phonebook: who has which number, which leads are open, and which unsorted records of ours still wait."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.calls import names
from backend.store import Base, db
from backend.store.accounts import AccountStage

SEARCH_LAG = 60  # seconds; more than amoCRM's index was ever seen behind


class PartyRow(Base):
    """A contact or a company. `round` is the full sync that saw it last; `folded` is the name as it is searched."""

    __tablename__ = "phonebook_parties"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    folded: Mapped[str] = mapped_column(server_default="")
    responsible: Mapped[int | None] = mapped_column(BigInteger)
    companies: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    round: Mapped[int] = mapped_column(default=0, server_default="0")


class PhoneRow(Base):
    __tablename__ = "phonebook_phones"
    __table_args__ = (Index("ix_phonebook_phones_party", "account_id", "entity", "party_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    phone: Mapped[str] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class LeadRow(Base):
    __tablename__ = "phonebook_leads"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    price: Mapped[int]
    responsible: Mapped[int | None] = mapped_column(BigInteger)
    pipeline_id: Mapped[int] = mapped_column(BigInteger)
    status_id: Mapped[int] = mapped_column(BigInteger)
    is_open: Mapped[bool]
    round: Mapped[int] = mapped_column(default=0, server_default="0")


class LeadPartyRow(Base):
    __tablename__ = "phonebook_lead_parties"
    __table_args__ = (Index("ix_phonebook_lead_parties_party", "account_id", "entity", "party_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    lead_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class WaitingRow(Base):
    """An unsorted record of ours that nobody has accepted, by the number that made it."""

    __tablename__ = "phonebook_waiting"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    phone: Mapped[str] = mapped_column(primary_key=True)
    uid: Mapped[str]
    lead: Mapped[int] = mapped_column(BigInteger)
    contact: Mapped[int | None] = mapped_column(BigInteger)
    call: Mapped[str]
    since: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """`phones` are keys."""

    entity: str
    id: int
    name: str
    responsible: int | None
    companies: tuple[int, ...]
    phones: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    id: int
    name: str
    price: int
    responsible: int | None
    pipeline_id: int
    status_id: int
    is_open: bool
    parties: tuple[tuple[str, int], ...]


def put_parties(account_id: int, parties: Sequence[Party], round: int | None = None) -> None:
    """Writes down parties as they are now, phones and all. Does not commit."""
    if not parties:
        return
    _upsert(
        PartyRow,
        [
            {
                "account_id": account_id,
                "entity": each.entity,
                "id": each.id,
                "name": each.name,
                "folded": names.fold(each.name),
                "responsible": each.responsible,
                "companies": list(each.companies),
                "round": round or _now(),
            }
            for each in parties
        ],
    )
    db.session.execute(
        delete(PhoneRow).where(
            PhoneRow.account_id == account_id,
            tuple_(PhoneRow.entity, PhoneRow.party_id).in_([(each.entity, each.id) for each in parties]),
        )
    )
    phones = [
        {"account_id": account_id, "phone": phone, "entity": each.entity, "party_id": each.id}
        for each in parties
        for phone in each.phones
    ]
    if phones:
        db.session.execute(insert(PhoneRow).on_conflict_do_nothing(), phones)


def put_leads(account_id: int, leads: Sequence[Lead], round: int | None = None) -> None:
    """Writes down leads as they are now, with whose they are. Does not commit."""
    if not leads:
        return
    _upsert(
        LeadRow,
        [
            {
                "account_id": account_id,
                "id": each.id,
                "name": each.name,
                "price": each.price,
                "responsible": each.responsible,
                "pipeline_id": each.pipeline_id,
                "status_id": each.status_id,
                "is_open": each.is_open,
                "round": round or _now(),
            }
            for each in leads
        ],
    )
    db.session.execute(
        delete(LeadPartyRow).where(
            LeadPartyRow.account_id == account_id, LeadPartyRow.lead_id.in_([each.id for each in leads])
        )
    )
    links = [
        {"account_id": account_id, "lead_id": each.id, "entity": entity, "party_id": party_id}
        for each in leads
        for entity, party_id in each.parties
    ]
    if links:
        db.session.execute(insert(LeadPartyRow).on_conflict_do_nothing(), links)


def forget_older(account_id: int, round: int) -> None:
    """What the full sync `round` did not see is gone from the CRM. Does not commit."""
    for model in (PartyRow, LeadRow):
        db.session.execute(delete(model).where(model.account_id == account_id, model.round < round))
    parties = select(PartyRow.entity, PartyRow.id).where(PartyRow.account_id == account_id)
    db.session.execute(
        delete(PhoneRow).where(
            PhoneRow.account_id == account_id, tuple_(PhoneRow.entity, PhoneRow.party_id).not_in(parties)
        )
    )
    leads = select(LeadRow.id).where(LeadRow.account_id == account_id)
    db.session.execute(
        delete(LeadPartyRow).where(LeadPartyRow.account_id == account_id, LeadPartyRow.lead_id.not_in(leads))
    )


def parties_with(account_id: int, phones: Sequence[str]) -> dict[str, list[PartyRow]]:
    """Contacts and companies that have these numbers."""
    its_party = (
        (PhoneRow.account_id == PartyRow.account_id)
        & (PhoneRow.entity == PartyRow.entity)
        & (PhoneRow.party_id == PartyRow.id)
    )
    query = select(PhoneRow.phone, PartyRow).join(PartyRow, its_party)
    found: dict[str, list[PartyRow]] = {}
    for phone, row in db.session.execute(query.where(PhoneRow.account_id == account_id, PhoneRow.phone.in_(phones))):
        found.setdefault(phone, []).append(row)
    return found


def open_leads_of(
    account_id: int, parties: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], list[tuple[LeadRow, str]]]:
    """The open leads of each party, with the name of the lead's stage."""
    query = (
        select(LeadPartyRow.entity, LeadPartyRow.party_id, LeadRow, func.coalesce(AccountStage.name, ""))
        .join(LeadRow, (LeadRow.account_id == LeadPartyRow.account_id) & (LeadRow.id == LeadPartyRow.lead_id))
        .outerjoin(
            AccountStage,
            (AccountStage.account_id == LeadRow.account_id)
            & (AccountStage.pipeline_id == LeadRow.pipeline_id)
            & (AccountStage.status_id == LeadRow.status_id),
        )
        .where(
            LeadPartyRow.account_id == account_id,
            LeadRow.is_open,
            tuple_(LeadPartyRow.entity, LeadPartyRow.party_id).in_(list(parties)),
        )
    )
    found: dict[tuple[str, int], list[tuple[LeadRow, str]]] = {}
    for entity, party_id, lead, stage in db.session.execute(query):
        found.setdefault((entity, party_id), []).append((lead, stage))
    return found


def waiting(account_id: int, phone: str) -> WaitingRow | None:
    return db.session.get(WaitingRow, (account_id, phone))


def put_waiting(account_id: int, phone: str, uid: str, lead: int, contact: int | None, call: str) -> None:
    """A record of ours waits now. Does not commit."""
    _upsert(
        WaitingRow,
        [{"account_id": account_id, "phone": phone, "uid": uid, "lead": lead, "contact": contact, "call": call}],
    )


def drop_waiting(account_id: int, uid: str) -> None:
    """The record waits no more: accepted, declined or gone. Does not commit."""
    db.session.execute(delete(WaitingRow).where(WaitingRow.account_id == account_id, WaitingRow.uid == uid))


def close_lead(account_id: int, lead_id: int) -> None:
    """The lead turned out to be gone or closed. Does not commit."""
    db.session.execute(
        update(LeadRow).where(LeadRow.account_id == account_id, LeadRow.id == lead_id).values(is_open=False)
    )


def forget(account_id: int, entity: str, party_id: int) -> None:
    """The contact or company is gone from the CRM. Does not commit."""
    for column in (PhoneRow.party_id, LeadPartyRow.party_id, PartyRow.id):
        model = column.class_
        mine = (model.account_id == account_id, model.entity == entity, column == party_id)
        db.session.execute(delete(model).where(*mine))


def forget_number(account_id: int, phone: str, entity: str, others_than: Sequence[int]) -> None:
    """Nobody else has this number: amoCRM did not find it elsewhere. Those seen lately stay, because its search lags
    behind what was just written (contract §3.5). Does not commit."""
    seen_lately = select(PartyRow.id).where(
        PartyRow.account_id == account_id, PartyRow.entity == entity, PartyRow.round > _now() - SEARCH_LAG
    )
    db.session.execute(
        delete(PhoneRow).where(
            PhoneRow.account_id == account_id,
            PhoneRow.phone == phone,
            PhoneRow.entity == entity,
            PhoneRow.party_id.not_in(others_than),
            PhoneRow.party_id.not_in(seen_lately),
        )
    )


def size(account_id: int) -> dict[str, int]:
    """How many parties and phones are mirrored."""
    parties = select(func.count()).select_from(PartyRow).where(PartyRow.account_id == account_id)
    phones = select(func.count()).select_from(PhoneRow).where(PhoneRow.account_id == account_id)
    return {"parties": db.session.scalar(parties) or 0, "phones": db.session.scalar(phones) or 0}


def _now() -> int:
    """What is written outside a full sync counts as seen by one that began before."""
    return int(time.time())


def _upsert(model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    keys = [column.name for column in model.__table__.primary_key]
    fresh = insert(model)
    changed = {name: fresh.excluded[name] for name in rows[0] if name not in keys}
    db.session.execute(fresh.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))
