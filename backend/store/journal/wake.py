"""Wakes the account's drain: the only module that accesses procrastinate's table outside its API.

Its `queueing_lock` loses wake-ups when a duplicate is ignored, and a job deferred until later would swallow each new
one; this upsert repairs both (docs/decisions, "One drain per account").
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
    """Schedules the account's drain for `at`, or now. Make it the transaction's last statement: it locks the waiting
    job, so that the drain cannot start before its work is committed."""
    db.session.execute(_DEFER, {"queue": QUEUE, "account": str(account_id), "at": at})
    if at is None:
        db.session.execute(_NOTIFY)  # an update does not notify by itself


_RESCUE = text(
    """
    delete from procrastinate_jobs where id in (
        select id from procrastinate_jobs as job
        where task_name = 'drain' and status = 'doing'
          and (not exists (select 1 from procrastinate_workers as worker
                           where worker.id = job.worker_id
                             and worker.last_heartbeat > clock_timestamp() - make_interval(secs => :dead_after))
               or exists (select 1 from procrastinate_events as event
                          where event.job_id = job.id and event.type = 'started'
                            and event.at < clock_timestamp() - make_interval(secs => :longest)))
        for update of job skip locked)  -- whoever was frozen while it held one must not hold up the others
    returning cast(args ->> 'account_id' as bigint)
    """
)
_FORGOTTEN = text(
    """
    select distinct account_id from intents as head
    where state = 'todo' and due_at <= clock_timestamp() - interval '2 seconds'
      and not exists (select 1 from intents as earlier
                      where earlier.account_id = head.account_id and earlier.call = head.call
                        and earlier.id < head.id and earlier.state <> 'done')
      and not exists (select 1 from procrastinate_jobs
                      where queueing_lock = 'drain:' || account_id and status in ('todo', 'doing'))
      and exists (select 1 from accounts where id = account_id and state = 'connected')
    order by account_id
    """
)
LONGEST_DRAIN = 125.0  # seconds: a slice and some; a job that runs longer was abandoned by its worker


def rescue(dead_after: float) -> list[int]:
    """Schedules again the drains of workers without a heartbeat for `dead_after` seconds; returns their accounts.

    Deleted and inserted again in one transaction: retrying a stalled job that has a waiting twin would block the
    account.
    """
    taken = sorted(db.session.scalars(_RESCUE, {"dead_after": dead_after, "longest": LONGEST_DRAIN}))
    for account_id in taken:
        wake(account_id)
    db.session.commit()
    return taken


def sweep() -> list[int]:
    """Safety net: finds accounts with due work and without a drain. Normally there are none."""
    found = list(db.session.scalars(_FORGOTTEN))
    for account_id in found:
        wake(account_id)
    db.session.commit()
    return found
