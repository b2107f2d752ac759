"""The current state of each employee's extension, as reported by the PBX."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.calls.states import ExtensionState
from backend.store import Base, db
from backend.store.accounts import AccountPbx, LineState


class ExtensionRow(Base):
    """Only known states: an extension without a row is unknown."""

    __tablename__ = "extension_states"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    extension: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


def states(account_id: int) -> dict[str, ExtensionState]:
    """By extension; missing ones are unknown, and all are while the PBX line is not up."""
    query = (
        select(ExtensionRow.extension, ExtensionRow.state)
        .join(AccountPbx, AccountPbx.account_id == ExtensionRow.account_id)
        .where(
            ExtensionRow.account_id == account_id,
            AccountPbx.link == LineState.UP,
            AccountPbx.lease_until > func.clock_timestamp(),
        )
    )
    return {extension: ExtensionState(state) for extension, state in db.session.execute(query)}


def put(account_id: int, changed: Mapping[str, ExtensionState]) -> None:
    """Stores the current state of these extensions. Does not commit."""
    rows = [
        {"account_id": account_id, "extension": extension, "state": state.value}
        for extension, state in sorted(changed.items())
    ]
    fresh = insert(ExtensionRow)
    newest = {"state": fresh.excluded.state, "updated_at": func.now()}
    db.session.execute(fresh.on_conflict_do_update(index_elements=["account_id", "extension"], set_=newest), rows)


def forget_others(account_id: int, extensions: list[str]) -> None:
    """Deletes the extensions that no longer belong to an employee. Does not commit."""
    stale = ExtensionRow.extension.not_in(extensions)
    db.session.execute(delete(ExtensionRow).where(ExtensionRow.account_id == account_id, stale))
