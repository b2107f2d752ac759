"""Periodic work of all accounts, independent of calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, func, select, true

from backend.desk.health import audit
from backend.desk.phonebook import full_sync, polling
from backend.store import audits, commands, db, outages, outcomes, popups
from backend.store.accounts import Account, AccountState
from backend.store.callback import guard, requests
from backend.store.journal import account_work, journal, left_out, refusals, wake
from backend.store.phonebook import changed_numbers, webhooks
from backend.store.privacy import trail

SYNC_EVERY = timedelta(hours=20)  # and then in the night that follows (docs/decisions, 0020)
SYNC_AT_LEAST_EVERY = timedelta(hours=30)
NIGHT = range(1, 6)  # hours of the account's own clock
AUDIT_EVERY = timedelta(hours=1)
KEPT_FOR = timedelta(days=90)  # facts and done intents: as long as `why` may be asked
COMMANDS_KEPT_FOR = timedelta(days=7)  # far longer than a page may repeat the same request
TRAIL_KEPT_FOR = timedelta(days=365)
ERASED_AFTER = timedelta(days=90)  # after it left; until then an account that comes back finds its settings
REFUSALS_KEPT_FOR = timedelta(days=7)  # of callbacks: far longer than they are shown
AT_A_TIME = 100  # accounts whose work is started in one transaction
AT_ONCE = 5000  # rows deleted in one transaction

log = structlog.get_logger(__name__)


def sync_due_phonebooks() -> list[int]:
    """Starts a full sync for every connected account that never had one, and each night of its own."""
    due = select(Account).where(
        Account.state == AccountState.CONNECTED,
        func.coalesce(Account.phonebook_sync_at < func.clock_timestamp() - SYNC_EVERY, true()),
    )
    now = datetime.now(UTC)
    found = [each.id for each in db.session.scalars(due.order_by(Account.id)) if _may_sync(each, now)]
    for account_id in found:
        full_sync.start(account_id)
        wake.wake(account_id)
    db.session.commit()
    return found


def _may_sync(account: Account, now: datetime) -> bool:
    last = account.phonebook_sync_at
    is_night = now.astimezone(ZoneInfo(account.zone or "UTC")).hour in NIGHT
    return last is None or is_night or last < now - SYNC_AT_LEAST_EVERY


def poll_due_phonebooks() -> list[int]:
    """Starts polling amoCRM for changes, for every connected account that is due."""
    often, seldom = timedelta(seconds=polling.OFTEN), timedelta(seconds=polling.SELDOM)
    found = webhooks.to_poll(often, seldom)
    for account_id in found:
        account_work.call_for(account_id, polling.CALL, polling.KIND, polling.FIRST)
        wake.wake(account_id)
    db.session.commit()
    return found


def try_refused_again() -> list[int]:
    """Has tried again what amoCRM refused some time ago; whose it is."""
    found = refusals.try_due_again(AT_ONCE)
    for account_id in found:
        wake.wake(account_id)
    db.session.commit()
    return found


def audit_due_calls() -> list[int]:
    """Starts the comparison of recent calls with the CRM, hourly for every connected account."""
    last = func.coalesce(Account.audited_at, Account.created_at)
    due = select(Account).where(Account.state == AccountState.CONNECTED, last < func.clock_timestamp() - AUDIT_EVERY)
    found = list(db.session.scalars(due.order_by(Account.id).limit(AT_A_TIME)))
    now = datetime.now(UTC)
    for account in found:
        account.audited_at = now
        audit.start(account.id, audit.lately(account.id, now.timestamp()))
        wake.wake(account.id)
    db.session.commit()
    return [account.id for account in found]


def forget_old() -> int:
    """Deletes old rows of the journal, outcomes, popups and commands, a bounded number at a time; returns the
    number."""
    than = datetime.now(UTC) - KEPT_FOR
    kept = (journal, outcomes, popups, requests, audits, outages, left_out)
    gone: int = sum(each.forget_older(than, AT_ONCE) for each in kept)
    gone += changed_numbers.forget_older(datetime.now(UTC) - changed_numbers.KEPT, AT_ONCE)
    gone += commands.tidy(datetime.now(UTC) - COMMANDS_KEPT_FOR, AT_ONCE)
    gone += trail.forget_older(datetime.now(UTC) - TRAIL_KEPT_FOR, AT_ONCE)
    gone += guard.forget_older(datetime.now(UTC) - REFUSALS_KEPT_FOR, AT_ONCE)
    db.session.commit()
    return gone


def erase_left() -> int:
    """Forgets, whole, an account that left so long ago: at most one, for it may have millions of rows. How many."""
    left = (Account.state == AccountState.DISABLED, Account.state_since < func.now() - ERASED_AFTER)
    oldest = select(Account.id).where(*left).order_by(Account.state_since).limit(1).with_for_update(skip_locked=True)
    gone = db.session.scalars(delete(Account).where(Account.id.in_(oldest.scalar_subquery())).returning(Account.id))
    erased = gone.all()
    db.session.commit()
    for account_id in erased:
        log.info("account erased", account=account_id)
    return len(erased)
