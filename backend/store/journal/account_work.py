"""Work of the whole account, stored at most once however often it is requested."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from backend.store import db
from backend.store.journal import journal
from backend.store.journal.journal import IntentRow, IntentState


def call_for(account_id: int, call: str, kind: str, body: dict[str, Any]) -> None:
    """Stores work behind all live work, unless it is stored already; a refused one is replaced. The worker must hold
    the row while it checks that nothing is left: otherwise a change reported between its check and its end would be
    lost. Does not commit."""
    mine = (IntentRow.account_id == account_id, IntentRow.call == call)
    waits = select(IntentRow.id).where(*mine, IntentRow.state == IntentState.TODO.value)
    is_there = db.session.scalars(waits.with_for_update(key_share=True)).first() is not None
    if not is_there and not journal.make_room(account_id, call):
        journal.add_intent(account_id, call, kind, body, backfill=True)


def hold(row: IntentRow) -> None:
    """Locks the row until this transaction ends: no other process changes it or requests its work."""
    db.session.refresh(row, with_for_update=True)
