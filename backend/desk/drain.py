"""The account's drain: carries its due intents out, like with like, as fast as its request budget allows.

`drain_account` is one slice of work as the worker runs it; afterwards it schedules itself for what is due later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from backend import crm_access
from backend.amocrm.errors import NeedsPerson, TryLater
from backend.amocrm.requests import BATCH
from backend.calls.intents import CRM
from backend.desk.channels import CHANNELS, Channel, Failure
from backend.desk.journal.job import Desk, Fence, Fenced, Job, jobs
from backend.recordings.links import recording_link
from backend.store import accounts, db
from backend.store.accounts import AccountState
from backend.store.journal import journal, wake
from backend.store.journal.journal import IntentState
from backend.store.settings import settings

SLICE = 5.0  # seconds of work before other accounts get the thread
PAUSE = 600.0  # seconds; an account that waits for a person is asked again so often, should nobody wake it
MOST_IN_VAIN = 2  # steps in a row that failed by amoCRM's trouble: then the account rests
BREATH = 5.0  # seconds after a failure of another kind, such as a database that went away

log = structlog.get_logger()


def drain_account(
    account_id: int, fence: Fence, channel: str = CRM, *, should_stop: Callable[[], bool] = lambda: False
) -> None:
    """One slice of the account's work. Raises Fenced and NeedsPerson as `drain` does.

    Where amoCRM named a time to come back, it is asked nothing for this account before; where it named none, the
    account rests for 1, 2, 4 … seconds.
    """
    account = accounts.find(account_id)
    if account is None or account.state is AccountState.DISABLED:
        return
    crm = crm_access.client_for(account_id, before=fence.hold_again_if_stale)
    desk = Desk(account_id, crm, settings.rules(account_id), recording_link(account_id), fence)
    at: datetime | None = _in(BREATH)
    try:
        at = drain(desk, CHANNELS[channel], should_stop=should_stop)
    except TryLater as later:
        at = _in(crm_access.rest(account_id, later.retry_after))
    except NeedsPerson:
        at = _in(PAUSE)
        raise
    finally:
        crm.close()
        db.session.rollback()
        if at is not None:
            fence.hold()
            wake.wake(account_id, at, channel)
            db.session.commit()


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def drain(desk: Desk, channel: Channel, *, should_stop: Callable[[], bool] = lambda: False) -> datetime | None:
    """Works for up to SLICE seconds; returns when to come back, None when there is nothing left to do.

    Raises TryLater when amoCRM wants to be left alone, or MOST_IN_VAIN steps in a row failed by its trouble; Fenced
    when another worker has taken over; NeedsPerson when the account has to wait for a person.
    """
    until, in_vain = time.monotonic() + SLICE, 0
    while due := _due(desk, channel):
        for group in _groups(due, channel):
            if time.monotonic() > until or should_stop():
                return journal.next_due(desk.account_id, channel.name)
            failure = _carry(desk, channel, group)
            in_vain = in_vain + 1 if failure and failure.is_trouble else 0
            if failure and in_vain == MOST_IN_VAIN:
                raise TryLater(failure.words)
    return journal.next_due(desk.account_id, channel.name)


def _due(desk: Desk, channel: Channel) -> list[Job]:
    """As the database has it now: facts that arrive meanwhile change the calls."""
    db.session.expire_all()
    return jobs(desk, journal.due(desk.account_id, BATCH, channel.name))


def _groups(due: list[Job], channel: Channel) -> list[list[Job]]:
    """Like with like: each request that many can share comes first, then the others in their order. An intent with an
    unclear end goes alone: a look-up that fails must not put the others off."""
    together = [[job for job in due if job.row.kind == kind and not job.row.unclear] for kind in channel.together]
    alone = [[job] for job in due if job.row.kind not in channel.together or job.row.unclear]
    return [*filter(None, together), *alone]


def _carry(desk: Desk, channel: Channel, group: list[Job]) -> Failure | None:
    """One step; its outcome is written down. A failure, which is returned, holds up only its own calls.

    A step's rows are written by the commit, which may fail as the step itself: after a rollback they are read again.
    """
    failure: Failure | None = None
    calls = [job.row.call for job in group]  # a failed transaction answers nothing any more
    try:
        _step(desk, channel, group)
        desk.commit()
    except Fenced:
        raise
    except Exception as error:  # a supervision loop: our bug in one call must not stop the account's others
        failure = channel.failure(error) or _our_bug(desk, calls, error)
        if failure.may_be_one and len(group) > 1:
            return _carry_each(desk, channel, group)
        _write_down(group, failure, channel)
        desk.commit()
        if failure.stops_account:
            raise
    return failure


def _carry_each(desk: Desk, channel: Channel, group: list[Job]) -> Failure | None:
    """One bad item fails a whole batch (docs/amocrm-contract.md §3.2): each alone then, until amoCRM has trouble of
    its own."""
    left = (job for job in group if job.row.state == IntentState.TODO.value)
    failures = (_carry(desk, channel, [job]) for job in left)
    return next((each for each in failures if each and each.is_trouble), None)


def _step(desk: Desk, channel: Channel, group: list[Job]) -> None:
    kind = group[0].row.kind
    if kind in channel.together:
        channel.together[kind](desk, group)
    else:
        channel.alone[kind](group[0])


def _our_bug(desk: Desk, calls: list[str], error: Exception) -> Failure:
    db.session.rollback()
    log.exception("step failed", account=desk.account_id, calls=calls)
    return Failure(words=f"our bug: {type(error).__name__}: {error}")


def _write_down(group: list[Job], failure: Failure, channel: Channel) -> None:
    """Tried again soon; or refused, when nothing else of the call should wait for it any more."""
    for job in group:
        if job.row.state != IntentState.TODO.value:
            continue  # done before the trouble began
        if failure.is_final or channel.gives_up(job, failure):
            job.refuse(failure.words)
            log.error("refused", account=job.desk.account_id, call=job.row.call, intent=job.row.kind, why=failure.words)
        else:
            job.put_off(max(channel.wait(job.row.attempts), failure.at_least), failure.words)
