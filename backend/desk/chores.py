"""What an account needs from time to time, whatever calls come."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, true

from backend.desk import sync
from backend.store import db, wake
from backend.store.accounts import Account, AccountState
from backend.store.journal import IntentRow

SYNC_EVERY = timedelta(hours=1)


def sync_due_phonebooks() -> list[int]:
    """Starts a full sync for every connected account whose last one is an hour old, or that never had one."""
    latest = (
        select(func.max(IntentRow.created_at))
        .where(IntentRow.account_id == Account.id, IntentRow.kind == sync.KIND)
        .scalar_subquery()
    )
    due = select(Account.id).where(
        Account.state == AccountState.CONNECTED,
        func.coalesce(latest < func.clock_timestamp() - SYNC_EVERY, true()),
    )
    found = list(db.session.scalars(due.order_by(Account.id)))
    for account_id in found:
        sync.start(account_id)
        wake.wake(account_id)
    db.session.commit()
    return found
