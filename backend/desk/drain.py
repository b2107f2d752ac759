"""The account's drain: carries its due intents out, like with like, as fast as its request budget allows.

`drain_account` is one slice of work as the worker runs it; afterwards it schedules itself for what is due later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from backend import crm_access
from backend.amocrm.client import ApiClient
from backend.amocrm.errors import Need, NeedsPerson, Rejected, TryLater, Unclear
from backend.amocrm.requests import BATCH
from backend.amocrm.tokens import Tokenkeeper
from backend.calls.intents import (
    AddContact,
    AddForm,
    AddNote,
    AddNumber,
    AddTask,
    AddUnsorted,
    AnnounceCall,
    CreateLead,
    FindPlace,
    FinishCall,
    HandOverLead,
    LogCall,
    NameContact,
    SharePlace,
    UseUnsorted,
)
from backend.desk.crm_steps import contacts, leads, notes, notification, place, tasks, unsorted
from backend.desk.health import alerts, audit
from backend.desk.journal.job import Desk, Fence, Fenced, Job, jobs
from backend.desk.phonebook import change_inbox, full_sync, polling, process_changes
from backend.recordings.links import recording_link
from backend.store import accounts, db
from backend.store.accounts import AccountState
from backend.store.journal import journal, wake
from backend.store.journal.journal import IntentState
from backend.store.settings import settings

SLICE = 5.0  # seconds of work before other accounts get the thread
FIRST_WAIT, LONGEST_WAIT = 1.0, 600.0  # seconds before an intent is tried again; doubles with each failure
PAUSE = 600.0  # seconds; an account that waits for a person is asked again so often, should nobody wake it
BREATH = 5.0  # seconds after a failure of another kind, such as a database that went away

log = structlog.get_logger()

ONE_BY_ONE: dict[str, Callable[[Job], None]] = {
    CreateLead.kind: leads.open_lead,
    AddContact.kind: leads.add_contact,
    HandOverLead.kind: leads.hand_over_lead,
    AddUnsorted.kind: unsorted.add_unsorted,
    AddForm.kind: unsorted.add_unsorted,
    SharePlace.kind: place.share_place,
    UseUnsorted.kind: unsorted.use_unsorted,
    FindPlace.kind: leads.find_place,
    AddTask.kind: tasks.add_task,
    AddNumber.kind: contacts.add_number,
    AddNote.kind: notes.add_note,
    NameContact.kind: contacts.name_contact,
    full_sync.KIND: full_sync.sync_step,
    change_inbox.KIND: process_changes.follow,
    polling.KIND: polling.poll,
    audit.KIND: audit.audit_page,
    alerts.KIND: alerts.report,
}
TOGETHER: dict[str, Callable[[Desk, Sequence[Job]], None]] = {
    AnnounceCall.kind: notification.announce_calls,
    LogCall.kind: notes.log_calls,
    FinishCall.kind: notes.finish_calls,
}


def drain_account(account_id: int, fence: Fence, *, should_stop: Callable[[], bool] = lambda: False) -> None:
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
        at = drain(desk, should_stop=should_stop)
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
            wake.wake(account_id, at)
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


def drain(desk: Desk, *, should_stop: Callable[[], bool] = lambda: False) -> datetime | None:
    """Works for up to SLICE seconds; returns when to come back, None when there is nothing left to do.

    Raises TryLater when amoCRM named a time to come back, Fenced when another worker has taken over, NeedsPerson when
    the account has to wait for somebody.
    """
    until = time.monotonic() + SLICE
    while due := _due(desk):
        for group in _groups(due):
            if time.monotonic() > until or should_stop():
                return journal.next_due(desk.account_id)
            _carry(desk, group)
    return journal.next_due(desk.account_id)


def _due(desk: Desk) -> list[Job]:
    """As the database has it now: facts that arrive meanwhile change the calls."""
    db.session.expire_all()
    return jobs(desk, journal.due(desk.account_id, BATCH))


def _groups(due: list[Job]) -> list[list[Job]]:
    """Like with like: each request that many can share comes first, then the others in their order. Who has to look
    for what it may have done looks alone: one look that fails must not put the others off."""
    together = [[job for job in due if job.row.kind == kind and not job.row.unclear] for kind in TOGETHER]
    alone = [[job] for job in due if job.row.kind not in TOGETHER or job.row.unclear]
    return [*filter(None, together), *alone]


def _carry(desk: Desk, group: list[Job]) -> None:
    """One step; whatever comes of it is written down. What fails holds up only its own calls."""
    try:
        _step(desk, group)
    except TryLater as error:
        _put_off(group, str(error), at_least=error.retry_after or 0)
        if error.retry_after:  # amoCRM named a time: whoever sends more before it is banned (contract §3.1)
            desk.commit()
            raise
    except Unclear as error:
        _put_off(group, f"unclear: {error}")
    except Rejected as error:
        if len(group) > 1:
            return _carry_each(desk, group)
        _refuse(group[0], error)
    except NeedsPerson as error:
        if len(group) > 1 and error.need is Need.RIGHTS:
            return _carry_each(desk, group)
        _put_off(group, str(error))
        if error.need is not Need.RIGHTS:  # one thing forbidden holds up one call, not the account
            desk.commit()
            raise
    except Fenced:
        raise
    except Exception as error:  # a supervision loop: our bug in one call must not stop the account's others
        log.exception("step failed", account=desk.account_id, calls=[job.row.call for job in group])
        db.session.rollback()
        _put_off(group, f"our bug: {type(error).__name__}: {error}")
    desk.commit()


def _carry_each(desk: Desk, group: list[Job]) -> None:
    """One bad item fails a whole batch (contract §3.2): each alone then."""
    for job in group:
        if job.row.state == IntentState.TODO.value:
            _carry(desk, [job])


def _step(desk: Desk, group: list[Job]) -> None:
    kind = group[0].row.kind
    if kind in TOGETHER:
        TOGETHER[kind](desk, group)
    else:
        ONE_BY_ONE[kind](group[0])


def _refuse(job: Job, error: Rejected) -> None:
    job.refuse(str(error))
    log.error("amoCRM refused", account=job.desk.account_id, call=job.row.call, intent=job.row.kind, error=str(error))


def _put_off(group: list[Job], error: str, at_least: float = 0) -> None:
    for job in group:
        if job.row.state != IntentState.TODO.value:
            continue  # done before the trouble began
        wait = min(FIRST_WAIT * 2**job.row.attempts, LONGEST_WAIT)
        job.put_off(max(wait, at_least), error)
