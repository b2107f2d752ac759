"""Which of several cards with one number the client is, as an employee has said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base
from backend.store.phonebook import changed_numbers
from backend.store.phonebook.put import upsert


class ChoiceRow(Base):
    """Counts while the card has the number."""

    __tablename__ = "phonebook_choices"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    phone: Mapped[str] = mapped_column(primary_key=True)
    entity: Mapped[str]
    party_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


def choose(account_id: int, phone: str, entity: str, party_id: int, user_id: int) -> None:
    """From now on. Does not commit."""
    row = {"account_id": account_id, "phone": phone, "entity": entity, "party_id": party_id, "user_id": user_id}
    upsert(ChoiceRow, [row])
    changed_numbers.report(account_id, [phone])
