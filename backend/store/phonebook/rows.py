"""The phonebook's tables, and the values stored in them.

`phonebook_changes` is for copies of it elsewhere, such as the PBX's: see `changed_numbers.since`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base
from backend.store.base.read_position import THIS_TRANSACTION


class PartyRow(Base):
    """A contact or a company. `round` is the last full sync that saw it; `folded` is the name in its searchable form.

    `updated_at` is the time of the last change, by the CRM's clock in Unix seconds: the greatest belongs to the most
    recent client. 0 if unknown.
    """

    __tablename__ = "phonebook_parties"
    __table_args__ = (Index("ix_phonebook_parties_updated_at", "account_id", "updated_at"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    folded: Mapped[str] = mapped_column(server_default="")
    responsible: Mapped[int | None] = mapped_column(BigInteger)
    companies: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    is_customer: Mapped[bool] = mapped_column(default=False, server_default="false")
    round: Mapped[int] = mapped_column(default=0, server_default="0")
    updated_at: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


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
    price: Mapped[int] = mapped_column(BigInteger)
    responsible: Mapped[int | None] = mapped_column(BigInteger)
    pipeline_id: Mapped[int] = mapped_column(BigInteger)
    status_id: Mapped[int] = mapped_column(BigInteger)
    is_open: Mapped[bool]
    round: Mapped[int] = mapped_column(default=0, server_default="0")
    updated_at: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class LeadPartyRow(Base):
    __tablename__ = "phonebook_lead_parties"
    __table_args__ = (Index("ix_phonebook_lead_parties_party", "account_id", "entity", "party_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    lead_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class WaitingRow(Base):
    """An unsorted record that was not accepted yet, by the client's number; `call` is the one that made it, empty for a
    record of another source."""

    __tablename__ = "phonebook_waiting"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    phone: Mapped[str] = mapped_column(primary_key=True)
    uid: Mapped[str]
    lead: Mapped[int] = mapped_column(BigInteger)
    contact: Mapped[int | None] = mapped_column(BigInteger)
    call: Mapped[str]
    since: Mapped[datetime] = mapped_column(server_default=func.now())


class ChangeRow(Base):
    """A number with a change of its clients, their names or responsible users, their open leads or those leads'
    responsible users.

    `changed_in` is the transaction of the last change; rows are kept for `changed_numbers.KEPT`.
    """

    __tablename__ = "phonebook_changes"
    __table_args__ = (
        Index("ix_phonebook_changes_changed_in", "account_id", "changed_in", "phone"),
        Index("ix_phonebook_changes_at", "at"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    phone: Mapped[str] = mapped_column(primary_key=True)
    changed_in: Mapped[int] = mapped_column(BigInteger, server_default=text(THIS_TRANSACTION))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredParty:
    """`phones` are keys. `updated_at` is the CRM's, in Unix seconds; 0 for a party just created by the service."""

    entity: str
    id: int
    name: str
    responsible: int | None
    companies: tuple[int, ...]
    phones: frozenset[str]
    updated_at: int = 0
    is_customer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredLead:
    id: int
    name: str
    price: int
    responsible: int | None
    pipeline_id: int
    status_id: int
    is_open: bool
    parties: tuple[tuple[str, int], ...]
    updated_at: int = 0
