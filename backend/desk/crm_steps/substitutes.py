"""What takes the place of a user, a lead or a contact that the CRM does not have any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from backend.amocrm import answers, requests
from backend.amocrm.errors import Need, NeedsPerson, Rejected, Unexplained
from backend.amocrm.requests import Entity, Request
from backend.calls.intents import AddNote, AddTask, LogCall
from backend.calls.rules import rules
from backend.desk.crm_steps import place
from backend.desk.journal.job import Job
from backend.desk.phonebook import polling
from backend.store.journal import left_out
from backend.store.phonebook import phonebook

Fields = tuple[tuple[str, str], ...]
UNTIL_ACCEPTED = 600.0  # seconds between tries while people have not sorted the record yet


def stand_in(job: Job, user_id: int) -> int | None:
    """The user who takes over from one that amoCRM does not know; None: amoCRM's own choice. Does not commit."""
    polling.reread_users(job.desk.account_id)
    return rules.stand_in(user_id, job.desk.rules)


def without_fields(job: Job, fields: Fields, refusal: Rejected) -> Fields | None:
    """Those of the lead's custom fields that were not refused; None where the refusal is of something else. What is
    left out is shown in the account's health. Does not commit."""
    if not (fields and refusal.fields):
        return None
    named = {each for each in refusal.fields if each is not None and each < len(fields)} or set(range(len(fields)))
    for each in named:
        left_out.note(job.desk.account_id, "field", fields[each][0], str(refusal))
    return tuple(field for index, field in enumerate(fields) if index not in named)


def work_around(job: Job, refusal: Rejected | NeedsPerson | Unexplained) -> None:
    """A deleted employee, lead or contact is worked around; a record that still waits may refuse notes until it is
    accepted (docs/amocrm-contract.md §3.10, uncertain): then the note is kept and tried later. Raises the refusal
    otherwise."""
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
    """Whether the call's place is gone from the CRM, deleted or merged into another, and one is found where the client
    is now. What may have been written before went with it, and is looked for there."""
    entity, card = place.place_of(job) or (None, 0)
    if entity is None or _is_there(job, entity, card):
        return False
    _forget(job, entity, card)
    if not place.place_of(job) or entity is Entity.LEADS:
        place.find_again(job)
    job.row.unclear = True
    return place.place_of(job) is not None


def _is_there(job: Job, entity: Entity, card: int) -> bool:
    ask, read = CARDS[entity]
    found = read(job.desk.send(ask(card)))
    return found is not None and not found.is_deleted


def _forget(job: Job, entity: Entity, card: int) -> None:
    account_id, call = job.desk.account_id, job.call
    phonebook.forget(account_id, entity.value, card)
    if entity is Entity.LEADS:
        call.lead = None
    elif entity is Entity.CONTACTS:
        call.contact = None
    else:
        call.company = None


CARDS: dict[Entity, tuple[Callable[[int], Request], Callable[[Any], Any]]] = {
    Entity.LEADS: (requests.lead, answers.lead),
    Entity.CONTACTS: (requests.contact, answers.contact),
    Entity.COMPANIES: (requests.company, answers.company),
}
