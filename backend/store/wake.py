"""Wakes the account's drain: the one place that touches procrastinate's table from outside its API.

Its own `queueing_lock` loses wake-ups when a duplicate is ignored, and a job put off until later would swallow
each new one; this upsert repairs both (docs/decisions, "One drain per account").
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from backend.store import db

QUEUE = "drain"

_DEFER = text(
    """
    insert into procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
    values (:queue, 'drain', 0, 'account:' || :account, 'drain:' || :account,
            jsonb_build_object('account_id', cast(:account as bigint)), coalesce(:at, clock_timestamp()))
    on conflict (queueing_lock) where status = 'todo'
    do update set scheduled_at = least(procrastinate_jobs.scheduled_at, excluded.scheduled_at)
    """
)
_NOTIFY = text("""select pg_notify('procrastinate_queue_v1#drain', '{"type": "job_inserted", "job_id": 0}')""")


def wake(account_id: int, at: datetime | None = None) -> None:
    """Puts the account's drain for `at`, or now. Make it the transaction's last statement: it locks the waiting job,
    so that a drain cannot start before what it shall find is committed."""
    db.session.execute(_DEFER, {"queue": QUEUE, "account": str(account_id), "at": at})
    if at is None:
        db.session.execute(_NOTIFY)  # an update does not notify by itself
