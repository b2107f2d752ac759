"""How an account is: what waits, what was refused, who calls without being known to us."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import func, select

from backend.store import call_list, call_stats, db, journal, phonebook, settings
from backend.store.journal import IntentRow, IntentState

RECENT = 30 * 86_400  # seconds
MOST_SHOWN = 20


def health(account_id: int) -> dict[str, Any]:
    """Plain values for people and JSON. Raises LookupError for an unknown account."""
    todo = select(func.count(), func.min(IntentRow.created_at)).where(
        IntentRow.account_id == account_id, IntentRow.state == IntentState.TODO.value, ~IntentRow.backfill
    )
    waiting, oldest = db.session.execute(todo).one()
    refused = journal.refused(account_id)[-MOST_SHOWN:]
    return {
        "waiting": waiting,
        "waiting_since": round(oldest.timestamp()) if oldest else None,
        "refused": [{"call": row.call, "intent": row.kind, "why": row.error} for row in refused],
        "unmapped_extensions": unmapped_extensions(account_id),
        "open_missed_calls": call_list.count_open_missed(account_id),
        "phonebook": phonebook.size(account_id),
    }


def unmapped_extensions(account_id: int) -> list[str]:
    """Extensions that talked lately and belong to nobody: their calls go to the default employee."""
    rules = settings.rules(account_id)
    known = {extension for each in rules.employees for extension in each.extensions + each.mobiles}
    return sorted(call_stats.talkers(account_id, time.time() - RECENT) - known)
