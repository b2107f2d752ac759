"""Wakes the account's drain: the only module that accesses procrastinate's table outside its API.

Its own `queueing_lock` loses wake-ups when a duplicate is ignored, and a job put off until later would swallow
each new one; this upsert repairs both (docs/decisions/0002-one-drain-per-account.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from backend.calls.intents import CRM
from backend.store import db

QUEUE = "drain"  # of the channel `crm`; another channel's name is added to it

_DEFER = text(
    """
    insert into procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
    values (:queue, 'drain', 0, 'account:' || :key, 'drain:' || :key,
            jsonb_build_object('account_id', cast(:account as bigint), 'channel', cast(:channel as text)),
            coalesce(:at, clock_timestamp()))
    on conflict (queueing_lock) where status = 'todo'
    do update set scheduled_at = least(procrastinate_jobs.scheduled_at, excluded.scheduled_at)
    """
)
_NOTIFY = text('select pg_notify(\'procrastinate_queue_v1#\' || :queue, \'{"type": "job_inserted", "job_id": 0}\')')


def queue_of(channel: str) -> str:
    """Each channel has a queue and threads of its own, so that one that hangs takes none of another's."""
    return QUEUE if channel == CRM else f"{QUEUE}-{channel}"


def wake(account_id: int, at: datetime | None = None, channel: str = CRM) -> None:
    """Puts the drain of the account's channel for `at`, or now. Make it the transaction's last statement: it locks the
    waiting job, so that a drain cannot start before its work is committed."""
    queue, account = queue_of(channel), str(account_id)
    key = account if channel == CRM else f"{account}:{channel}"
    db.session.execute(_DEFER, {"queue": queue, "account": account, "key": key, "channel": channel, "at": at})
    if at is None:
        db.session.execute(_NOTIFY, {"queue": queue})  # an update does not notify by itself


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
    returning cast(args ->> 'account_id' as bigint), coalesce(args ->> 'channel', 'crm')
    """
)
_FORGOTTEN = text(
    """
    select distinct account_id, channel from intents as head
    where state = 'todo' and due_at <= clock_timestamp() - interval '2 seconds'
      and not exists (select 1 from intents as earlier
                      where earlier.account_id = head.account_id and earlier.call = head.call
                        and earlier.channel = head.channel and earlier.id < head.id and earlier.state = 'todo')
      and not exists (select 1 from procrastinate_jobs
                      where queueing_lock = 'drain:' || account_id
                                            || case channel when 'crm' then '' else ':' || channel end
                        and status in ('todo', 'doing'))
      and exists (select 1 from accounts where id = account_id and state = 'connected')
    order by account_id, channel
    """
)
LONGEST_DRAIN = 125.0  # seconds: a slice and some; a job that runs longer was abandoned by its worker


def rescue(dead_after: float) -> list[int]:
    """Schedules again the drains of workers without a heartbeat for `dead_after` seconds; returns their accounts.

    Deleted and inserted again in one transaction: retrying a stalled job that has a waiting twin would block the
    account.
    """
    rows = db.session.execute(_RESCUE, {"dead_after": dead_after, "longest": LONGEST_DRAIN})
    return _wake_all(sorted((account_id, channel) for account_id, channel in rows))


def sweep() -> list[int]:
    """The safety net: accounts with work due and no drain at all. Everything is made so that it finds nothing."""
    return _wake_all([(account_id, channel) for account_id, channel in db.session.execute(_FORGOTTEN)])


def _wake_all(drains: Sequence[tuple[int, str]]) -> list[int]:
    for account_id, channel in drains:
        wake(account_id, channel=channel)
    db.session.commit()
    return [account_id for account_id, _ in drains]
