"""The channels in which intents take effect outside: amoCRM's cards and notes, and beside them what must never hold
those up. Each has its own queue, its own waits, and says what its errors mean; a new one is added here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from backend.amocrm.errors import Need, NeedsPerson, Rejected, TryLater, Unclear, Unexplained
from backend.calls.intents import (
    CRM,
    NOTIFICATION,
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
    MoveLead,
    NameContact,
    SharePlace,
    UseUnsorted,
)
from backend.desk.crm_steps import contacts, leads, notes, notification, place, tasks, unsorted
from backend.desk.crm_steps.other_calls import NotYet
from backend.desk.health import alerts, audit
from backend.desk.journal.job import Desk, Job
from backend.desk.phonebook import change_inbox, full_sync, polling, process_changes
from backend.store.journal import refusals

FIRST_WAIT, LONGEST_WAIT = 1.0, 600.0  # seconds before an intent is tried again; doubles with each failure
MOST_ATTEMPTS = MOST_DOUBTS = 10  # 17 minutes
LATELY = timedelta(minutes=5)
TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What an error of a step means. `may_be_one`: one item of a batch may be the cause, so each is tried alone.
    `stops_account`: nothing else of this account can succeed in this channel for now. `is_trouble`: the other side
    does not work well, whatever is asked. `is_doubt`: refused in a way that often passes."""

    words: str
    is_final: bool = False
    is_trouble: bool = False
    is_doubt: bool = False
    at_least: float = 0  # seconds before the next try
    may_be_one: bool = False
    stops_account: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """`alone` carries out one intent, `together` many of a kind in one request; by the intent's kind. `failure` sorts
    the errors that the channel's steps raise; None: a bug of ours. `wait`: seconds before the next try, by the number
    of failures before this one. `gives_up`: whether what failed so is set aside as refused."""

    name: str
    alone: Mapping[str, Callable[[Job], None]]
    together: Mapping[str, Callable[[Desk, Sequence[Job]], None]]
    failure: Callable[[Exception], Failure | None]
    wait: Callable[[int], float]
    gives_up: Callable[[Job, Failure], bool]


def growing(failures: int) -> float:
    return float(min(FIRST_WAIT * 2**failures, LONGEST_WAIT))


def _of_amocrm(error: Exception) -> Failure | None:
    if isinstance(error, NotYet):
        return Failure(words=str(error))
    if isinstance(error, TryLater):
        # an account that sends more when amoCRM wants to be left alone is banned (docs/amocrm-contract.md §3.1)
        stops = bool(error.retry_after) or error.status == TOO_MANY
        return Failure(words=str(error), at_least=error.retry_after or 0, is_trouble=True, stops_account=stops)
    if isinstance(error, Unexplained):
        return Failure(words=f"{error.status} {error}", is_doubt=True, may_be_one=True)
    if isinstance(error, Unclear):
        return Failure(words=f"unclear: {error}", is_trouble=True)
    if isinstance(error, Rejected):
        return Failure(words=str(error), is_final=True, may_be_one=True)
    if isinstance(error, NeedsPerson):
        is_right = error.need is Need.RIGHTS  # one thing forbidden holds up one call, not the account
        return Failure(words=str(error), is_doubt=is_right, may_be_one=is_right, stops_account=not is_right)
    return None


def _gives_up(job: Job, failure: Failure) -> bool:
    """What is refused without a reason is tried some times more, over a quarter of an hour, and what fails in any other
    way as long as nothing else gets through. One that was set aside before is so at once."""
    if failure.is_doubt:
        return bool(job.row.refusals) or job.row.attempts >= MOST_DOUBTS
    is_stuck = job.row.attempts >= MOST_ATTEMPTS and not failure.stops_account
    return is_stuck and refusals.gets_through(job.desk.account_id, LATELY)


CHANNELS = {
    each.name: each
    for each in (
        Channel(
            name=NOTIFICATION,
            alone={},
            together={AnnounceCall.kind: notification.announce_calls},
            failure=_of_amocrm,
            wait=growing,
            gives_up=_gives_up,
        ),
        Channel(
            name=CRM,
            alone={
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
                MoveLead.kind: leads.move_lead,
                full_sync.KIND: full_sync.sync_step,
                change_inbox.KIND: process_changes.follow,
                polling.KIND: polling.poll,
                audit.KIND: audit.audit_page,
                alerts.KIND: alerts.report,
            },
            together={LogCall.kind: notes.log_calls, FinishCall.kind: notes.finish_calls},
            failure=_of_amocrm,
            wait=growing,
            gives_up=_gives_up,
        ),
    )
}
