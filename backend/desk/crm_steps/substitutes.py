"""What takes the place of a user, a lead or a contact that the CRM does not have any more."""

from __future__ import annotations

from dataclasses import replace

from backend.amocrm import answers, requests
from backend.amocrm.errors import Need, NeedsPerson, Rejected
from backend.amocrm.requests import Entity
from backend.calls.intents import AddNote, AddTask, LogCall
from backend.calls.rules import rules
from backend.desk.crm_steps import place
from backend.desk.journal.job import Job
from backend.desk.phonebook import polling
from backend.store.phonebook import phonebook

UNTIL_ACCEPTED = 600.0  # seconds between tries while people have not sorted the record yet


def stand_in(job: Job, user_id: int) -> int | None:
    """The user who takes over from one that amoCRM does not know; None: amoCRM's own choice. Does not commit."""
    polling.reread_users(job.desk.account_id)
    return rules.stand_in(user_id, job.desk.rules)


def work_around(job: Job, refusal: Rejected | NeedsPerson) -> None:
    """A deleted employee, lead or contact is worked around; a record that still waits may refuse notes until it is
    accepted (docs/amocrm-contract.md §3.10, uncertain): then the note is kept and tried later. Raises the refusal otherwise."""
    wanted: LogCall | AddNote | AddTask = job.intent
    if isinstance(refusal, NeedsPerson) and refusal.need is not Need.RIGHTS:
        raise refusal
    if wanted.employee and isinstance(refusal, Rejected) and refusal.concerns_employee:
        job.turn_into(replace(wanted, employee=stand_in(job, wanted.employee)))
    elif waits_unsorted(job):
        job.put_off(UNTIL_ACCEPTED, str(refusal))
    elif not _moved_on(job):
        raise refusal


def waits_unsorted(job: Job) -> bool:
    """Whether the call's place is a record that nobody has accepted yet."""
    phone = job.call.client
    waiting = phonebook.waiting(job.desk.account_id, phone) if phone else None
    return waiting is not None and waiting.lead == job.call.lead


def _moved_on(job: Job) -> bool:
    """Whether the call's place is gone from the CRM and another is left: the contact of the lead, or its company."""
    call, account_id = job.call, job.desk.account_id
    if call.lead and answers.lead(job.desk.send(requests.lead(call.lead))) is None:
        phonebook.close_lead(account_id, call.lead)
        call.lead = None
    elif not call.lead and call.contact and answers.contact(job.desk.send(requests.contact(call.contact))) is None:
        phonebook.forget(account_id, Entity.CONTACTS.value, call.contact)
        call.contact = None
    else:
        return False
    return place.place_of(job) is not None
