"""The account's drain: carries its due intents out, like with like, as fast as its request budget allows.

`drain_account` is one slice of work as the worker runs it; afterwards it schedules itself for what is due later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from backend import crm_access
from backend.amocrm.client import ApiClient
from backend.amocrm.errors import NeedsPerson, TryLater
from backend.amocrm.requests import BATCH
from backend.amocrm.tokens import Tokenkeeper
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
BREATH = 5.0  # seconds after a failure of another kind, such as a database that went away

log = structlog.get_logger()


def drain_account(
    account_id: int, fence: Fence, channel: str = CRM, *, should_stop: Callable[[], bool] = lambda: False
) -> None:
    """One slice of the account's work. Raises Fenced and NeedsPerson as `drain` does.

    Where amoCRM named a time to come back, nobody asks it anything for this account before.
    """
    account = accounts.find(account_id)
    if account is None or account.state is AccountState.DISABLED:
        return
    crm = _client(account_id, fence)
    desk = Desk(account_id, crm, settings.rules(account_id), recording_link(account_id), fence)
    at: datetime | None = _in(BREATH)
    try:
        at = drain(desk, CHANNELS[channel], should_stop=should_stop)
    except TryLater as later:
        seconds = later.retry_after or 0.0
        crm_access.rest(account_id, seconds)
        at = _in(seconds)
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


def _client(account_id: int, fence: Fence) -> ApiClient:
    """The account's client; having waited for the budget, it asks again whether the work is still ours."""

    def pace() -> None:
        crm_access.keep_pace(account_id)
        fence.hold_again_if_stale()

    ours = crm_access.integration()
    keeper = Tokenkeeper(crm_access.AccountVault(account_id), ours, time.time)
    return ApiClient(keeper, hosts=ours.hosts, pace=pace, seen=crm_access.count_answers(account_id))


def drain(desk: Desk, channel: Channel, *, should_stop: Callable[[], bool] = lambda: False) -> datetime | None:
    """Works for up to SLICE seconds; returns when to come back, None when there is nothing left to do.

    Raises TryLater when amoCRM named a time to come back, Fenced when another worker has taken over, NeedsPerson when
    the account has to wait for a person.
    """
    until = time.monotonic() + SLICE
    while due := _due(desk, channel):
        for group in _groups(due, channel):
            if time.monotonic() > until or should_stop():
                return journal.next_due(desk.account_id, channel.name)
            _carry(desk, channel, group)
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


def _carry(desk: Desk, channel: Channel, group: list[Job]) -> None:
    """One step; its outcome is written down. A failure holds up only its own calls."""
    try:
        _step(desk, channel, group)
    except Fenced:
        raise
    except Exception as error:  # a supervision loop: our bug in one call must not stop the account's others
        failure = channel.failure(error) or _our_bug(desk, group, error)
        if failure.may_be_one and len(group) > 1:
            return _carry_each(desk, channel, group)
        if failure.is_final:
            _refuse(group[0], failure)
        else:
            _put_off(group, failure, channel)
        if failure.stops_account:
            desk.commit()
            raise
    desk.commit()


def _carry_each(desk: Desk, channel: Channel, group: list[Job]) -> None:
    """One bad item fails a whole batch (docs/amocrm-contract.md §3.2): each alone then."""
    for job in group:
        if job.row.state == IntentState.TODO.value:
            _carry(desk, channel, [job])


def _step(desk: Desk, channel: Channel, group: list[Job]) -> None:
    kind = group[0].row.kind
    if kind in channel.together:
        channel.together[kind](desk, group)
    else:
        channel.alone[kind](group[0])


def _our_bug(desk: Desk, group: list[Job], error: Exception) -> Failure:
    log.exception("step failed", account=desk.account_id, calls=[job.row.call for job in group])
    db.session.rollback()
    return Failure(words=f"our bug: {type(error).__name__}: {error}")


def _refuse(job: Job, failure: Failure) -> None:
    job.refuse(failure.words)
    log.error("refused", account=job.desk.account_id, call=job.row.call, intent=job.row.kind, error=failure.words)


def _put_off(group: list[Job], failure: Failure, channel: Channel) -> None:
    for job in group:
        if job.row.state != IntentState.TODO.value:
            continue  # done before the trouble began
        job.put_off(max(channel.wait(job.row.attempts), failure.at_least), failure.words)
