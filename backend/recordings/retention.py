"""How long recordings are kept: for as long as their account wants, and for a while after it has left us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from backend.store import accounts, db
from backend.store.accounts import Account, AccountState
from backend.store.recordings import objects, recordings
from backend.store.settings import settings

AFTER_LEAVING = timedelta(days=30)  # an account that comes back finds them; then everything heard is deleted

log = structlog.get_logger()


def forget_old() -> int:
    """Deletes what accounts keep no longer; how many recordings. Commits, account by account."""
    return sum(_forget(account_id) for account_id in recordings.keepers())


def _forget(account_id: int) -> int:
    account, now = accounts.find(account_id), datetime.now(UTC)
    than = _oldest_kept(account, now) if account else None
    if than is None:
        return 0
    gone = recordings.forget_older(account_id, than)
    if than == now:
        objects.forget_parts_of(account_id)
    db.session.commit()
    if gone:
        log.info("recordings deleted", account=account_id, count=gone)
    return gone


def _oldest_kept(account: Account, now: datetime) -> datetime | None:
    """None: every one is kept."""
    if account.state is AccountState.DISABLED and account.state_since < now - AFTER_LEAVING:
        return now
    days = settings.read(account.id).recordings.days_kept
    return now - timedelta(days=days) if days is not None else None
