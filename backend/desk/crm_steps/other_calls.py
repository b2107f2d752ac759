"""Entities that the account's other calls have created, or may have created, in the CRM."""

from __future__ import annotations

from sqlalchemy import exists, select

from backend.amocrm.errors import TryLater
from backend.calls.intents import (
    AddContact,
    AddForm,
    AddUnsorted,
    CreateLead,
    FindPlace,
    SharePlace,
    UseUnsorted,
)
from backend.desk.journal.job import Job
from backend.store import db
from backend.store.journal.journal import CallRow, IntentRow, IntentState

PLACES = (CreateLead.kind, AddUnsorted.kind, AddForm.kind, AddContact.kind, FindPlace.kind)
GIVE_PLACES = (*PLACES, UseUnsorted.kind, SharePlace.kind)


class NotYet(TryLater):
    """Another intent of ours comes first: no trouble of amoCRM's."""


def wait_for_unclear(job: Job, phone: str) -> None:
    """Raises NotYet while another call of this client may have made his place: amoCRM's search would not show
    it yet, or, unsorted, ever."""
    made = exists().where(
        IntentRow.account_id == job.desk.account_id,
        IntentRow.id != job.row.id,
        IntentRow.state == IntentState.TODO.value,
        IntentRow.unclear,
        IntentRow.kind.in_(PLACES),
        CallRow.account_id == IntentRow.account_id,
        CallRow.call == IntentRow.call,
        CallRow.client == phone,
    )
    if db.session.scalar(select(made)):
        raise NotYet("what another call of this client has made is not clear yet")


def is_placed(job: Job, call: str) -> bool:
    """Whether the other call has its place in the CRM."""
    still = exists().where(
        IntentRow.account_id == job.desk.account_id,
        IntentRow.call == call,
        IntentRow.state == IntentState.TODO.value,
        IntentRow.kind.in_(GIVE_PLACES),
    )
    return not db.session.scalar(select(still))


def refused_places(job: Job, call: str) -> set[str]:
    """The kinds of a call's steps that would have given it a place and were refused, for now."""
    mine = (IntentRow.account_id == job.desk.account_id, IntentRow.call == call)
    refused = (IntentRow.state == IntentState.REFUSED.value, IntentRow.kind.in_(GIVE_PLACES))
    return set(db.session.scalars(select(IntentRow.kind).where(*mine, *refused)))


def still_to_do(job: Job, kind: str) -> IntentRow | None:
    """This call's intent of a kind, while it is not carried out: it waits, or was refused for now."""
    mine = (IntentRow.account_id == job.desk.account_id, IntentRow.call == job.row.call)
    waits = (IntentRow.kind == kind, IntentRow.state != IntentState.DONE.value)
    return db.session.scalars(select(IntentRow).where(*mine, *waits).order_by(IntentRow.id.desc())).first()


def have_lead(job: Job, lead: int) -> bool:
    """Whether another call has this lead."""
    theirs = exists().where(
        CallRow.account_id == job.desk.account_id, CallRow.call != job.row.call, CallRow.lead == lead
    )
    return bool(db.session.scalar(select(theirs)))


def have_made(job: Job, name: str, made: int) -> bool:
    """Whether another intent has created this note or task (`name`)."""
    theirs = exists().where(
        IntentRow.account_id == job.desk.account_id,
        IntentRow.kind == job.row.kind,
        IntentRow.id != job.row.id,
        IntentRow.outcome[name].astext == str(made),
    )
    return bool(db.session.scalar(select(theirs)))
