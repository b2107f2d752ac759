"""Popups: one per call and employee. The row is the truth, whichever browser shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, func, literal, select, update
from sqlalchemy import Sequence as Serial
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db

SERIAL = Serial("popups_serial", metadata=Base.metadata)


class Popup(Base):
    """`serial` grows with every change, so that a reader knows what it has seen."""

    __tablename__ = "popups"
    __table_args__ = (Index("ix_popups_reader", "account_id", "user_id", "serial"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    call: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    state: Mapped[str]
    details: Mapped[dict[str, Any]]
    serial: Mapped[int] = mapped_column(BigInteger, server_default=SERIAL.next_value())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


def show(
    account_id: int, call: str, users: Iterable[int], state: str, details: dict[str, Any], only_in: Sequence[str] | None
) -> None:
    """Makes or changes these users' popups; an existing one changes only when it is in `only_in`."""
    for user_id in users:
        fresh = insert(Popup).values(account_id=account_id, call=call, user_id=user_id, state=state, details=details)
        db.session.execute(
            fresh.on_conflict_do_update(
                index_elements=["account_id", "call", "user_id"],
                set_={
                    "state": state,
                    "details": Popup.details.op("||")(fresh.excluded.details),
                    "serial": SERIAL.next_value(),
                    "updated_at": func.now(),
                },
                where=None if only_in is None else Popup.state.in_(only_in),
            )
        )


def change(
    account_id: int,
    call: str,
    details: dict[str, Any],
    *,
    state: str | None = None,
    users: Iterable[int] | None = None,
    only_in: Sequence[str] | None = None,
) -> None:
    """Changes the popups that are there, of all users or of these."""
    query = update(Popup).where(Popup.account_id == account_id, Popup.call == call)
    if users is not None:
        query = query.where(Popup.user_id.in_(list(users)))
    if only_in is not None:
        query = query.where(Popup.state.in_(only_in))
    values: dict[str, Any] = {
        "details": Popup.details.op("||")(literal(details, Popup.details.type)),
        "serial": SERIAL.next_value(),
        "updated_at": func.now(),
    }
    db.session.execute(query.values(values if state is None else {**values, "state": state}))


def of_call(account_id: int, call: str) -> Sequence[Popup]:
    query = select(Popup).where(Popup.account_id == account_id, Popup.call == call).order_by(Popup.user_id)
    return db.session.scalars(query).all()


def of_user(account_id: int, user_id: int, after: int = 0) -> Sequence[Popup]:
    """A user's popups that changed after a serial, oldest change first."""
    query = select(Popup).where(Popup.account_id == account_id, Popup.user_id == user_id, Popup.serial > after)
    return db.session.scalars(query.order_by(Popup.serial)).all()
