"""Work of the whole account that is written down at most once, however often it is called for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from backend.store import db
from backend.store.journal import journal
from backend.store.journal.journal import IntentRow, IntentState


def call_for(account_id: int, call: str, kind: str, body: dict[str, Any]) -> None:
    """Work behind all live work, unless it is written down already; one that was refused makes room. Whoever carries
    it out must hold its row while he sees that nothing is left: then nothing is told between his look and its end.
    Does not commit."""
    mine = (IntentRow.account_id == account_id, IntentRow.call == call)
    waits = select(IntentRow.id).where(*mine, IntentRow.state == IntentState.TODO.value)
    is_there = db.session.scalars(waits.with_for_update(key_share=True)).first() is not None
    if not is_there and not journal.make_room(account_id, call):
        journal.add_intent(account_id, call, kind, body, backfill=True)


def hold(row: IntentRow) -> None:
    """Nobody else changes the row or calls for its work until this transaction is over."""
    db.session.refresh(row, with_for_update=True)
