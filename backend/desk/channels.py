"""The channels in which intents take effect outside: amoCRM's cards and notes, and beside them what must never hold
those up. Each has its own queue, its own waits, and says what its errors mean; a new one is added here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend.amocrm.errors import Need, NeedsPerson, Rejected, TryLater, Unclear
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
    NameContact,
    SharePlace,
    UseUnsorted,
)
from backend.desk.crm_steps import contacts, leads, notes, notification, place, tasks, unsorted
from backend.desk.health import alerts, audit
from backend.desk.journal.job import Desk, Job
from backend.desk.phonebook import change_inbox, full_sync, polling, process_changes

FIRST_WAIT, LONGEST_WAIT = 1.0, 600.0  # seconds before an intent is tried again; doubles with each failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What an error of a step means. `may_be_one`: one item of a batch may be the cause, so each is tried alone.
    `stops_account`: nothing else of this account can succeed in this channel for now."""

    words: str
    is_final: bool = False
    at_least: float = 0  # seconds before the next try
    may_be_one: bool = False
    stops_account: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """`alone` carries out one intent, `together` many of a kind in one request; by the intent's kind. `failure` sorts
    the errors that the channel's steps raise; None: a bug of ours. `wait`: seconds before the next try, by the number
    of failures before this one."""

    name: str
    alone: Mapping[str, Callable[[Job], None]]
    together: Mapping[str, Callable[[Desk, Sequence[Job]], None]]
    failure: Callable[[Exception], Failure | None]
    wait: Callable[[int], float]


def growing(failures: int) -> float:
    return float(min(FIRST_WAIT * 2**failures, LONGEST_WAIT))


def _of_amocrm(error: Exception) -> Failure | None:
    if isinstance(error, TryLater):
        # amoCRM named a time: an account that sends more before it is banned (docs/amocrm-contract.md §3.1)
        seconds = error.retry_after or 0
        return Failure(words=str(error), at_least=seconds, stops_account=bool(seconds))
    if isinstance(error, Unclear):
        return Failure(words=f"unclear: {error}")
    if isinstance(error, Rejected):
        return Failure(words=str(error), is_final=True, may_be_one=True)
    if isinstance(error, NeedsPerson):
        is_right = error.need is Need.RIGHTS  # one thing forbidden holds up one call, not the account
        return Failure(words=str(error), may_be_one=is_right, stops_account=not is_right)
    return None


CHANNELS = {
    each.name: each
    for each in (
        Channel(
            name=NOTIFICATION,
            alone={},
            together={AnnounceCall.kind: notification.announce_calls},
            failure=_of_amocrm,
            wait=growing,
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
                full_sync.KIND: full_sync.sync_step,
                change_inbox.KIND: process_changes.follow,
                polling.KIND: polling.poll,
                audit.KIND: audit.audit_page,
                alerts.KIND: alerts.tell,
            },
            together={LogCall.kind: notes.log_calls, FinishCall.kind: notes.finish_calls},
            failure=_of_amocrm,
            wait=growing,
        ),
    )
}
