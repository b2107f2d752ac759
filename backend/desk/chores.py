"""What accounts need from time to time, whatever calls come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, true

from backend.desk import sync
from backend.store import callback_guard, callbacks, commands, db, journal, outcomes, popups, wake
from backend.store.accounts import Account, AccountState

SYNC_EVERY = timedelta(hours=1)
KEPT_FOR = timedelta(days=90)  # facts and done intents: as long as anybody asks why
COMMANDS_KEPT_FOR = timedelta(days=7)  # far longer than a page may ask for the same one again
REFUSALS_KEPT_FOR = timedelta(days=7)  # of callbacks: far longer than they are shown
AT_ONCE = 5000  # rows deleted in one transaction


def sync_due_phonebooks() -> list[int]:
    """Starts a full sync for every connected account whose last one is an hour old, or that never had one."""
    due = select(Account.id).where(
        Account.state == AccountState.CONNECTED,
        func.coalesce(Account.phonebook_sync_at < func.clock_timestamp() - SYNC_EVERY, true()),
    )
    found = list(db.session.scalars(due.order_by(Account.id)))
    for account_id in found:
        sync.start(account_id)
        wake.wake(account_id)
    db.session.commit()
    return found


def forget_old() -> int:
    """Deletes old rows of the journal, outcomes, popups and commands, a bounded number at a time; how many."""
    than = datetime.now(UTC) - KEPT_FOR
    gone: int = sum(each.forget_older(than, AT_ONCE) for each in (journal, outcomes, popups, callbacks))
    gone += commands.tidy(datetime.now(UTC) - COMMANDS_KEPT_FOR, AT_ONCE)
    gone += callback_guard.forget_older(datetime.now(UTC) - REFUSALS_KEPT_FOR, AT_ONCE)
    db.session.commit()
    return gone
