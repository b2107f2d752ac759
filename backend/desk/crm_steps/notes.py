"""Steps that write call notes: many in one request where many wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backend.amocrm import answers, models, requests
from backend.amocrm.errors import Need, NeedsPerson, Rejected
from backend.amocrm.requests import CallNoteStatus as Code
from backend.amocrm.requests import Entity, Model, NoteType
from backend.calls.intents import AddNote, AddTask, CallStatus, FinishCall, LogCall
from backend.desk.crm_steps import other_calls
from backend.desk.crm_steps import place as places
from backend.desk.journal.job import CLOCKS_APART, Desk, Job
from backend.desk.phonebook import polling
from backend.store.phonebook import phonebook

UNTIL_ACCEPTED = 600.0  # seconds between tries while people have not sorted the record yet
CODES = {
    CallStatus.TALKED: Code.TALKED,
    CallStatus.NO_ANSWER: Code.NO_ANSWER,
    CallStatus.BUSY: Code.BUSY,
    CallStatus.WRONG_NUMBER: Code.WRONG_NUMBER,
}


def log_calls(desk: Desk, together: Sequence[Job]) -> None:
    """The calls' notes, those of one entity type in one request."""
    ready: dict[Entity, list[Job]] = {}
    for job in together:
        place = places.place_of(job)
        if job.call.note or job.call.part_of_record or place is None:
            job.done(note=job.call.note, part_of_record=job.call.part_of_record)
        elif job.row.unclear:
            _look_for_own_note(job, *place)
        else:
            ready.setdefault(place[0], []).append(job)
    for entity, waiting in ready.items():
        _add_notes(desk, entity, waiting)


def add_note(job: Job) -> None:
    """What an employee wrote about the call, as a note of its own. Where the call has no place (its number hidden,
    its lead deleted) the journal alone keeps it."""
    wanted: AddNote = job.intent
    place = places.place_of(job)
    if place is None:
        job.done(note=None)
        return
    entity, entity_id = place
    if job.row.unclear and _found_own_text(job, wanted, entity, entity_id):
        return
    model = models.common_note(
        entity_id=entity_id, text=wanted.text, user_id=wanted.employee, created_at=round(wanted.at)
    )  # fmt: skip
    try:
        made = answers.made(job.write(requests.add_notes(entity, [model])), "notes")
    except (Rejected, NeedsPerson) as refusal:
        work_around(job, refusal)
        return
    job.done(note=made[0].id, entity=entity.value, entity_id=entity_id)


def _found_own_text(job: Job, wanted: AddNote, entity: Entity, entity_id: int) -> bool:
    """After an unclear end: a note with our text, made since, that is no other intent's."""
    since = min(job.since, wanted.at - CLOCKS_APART)
    for note in answers.notes(job.desk.send(requests.notes_of(entity, entity_id, [NoteType.COMMON]))):
        ours = note.text.split() == wanted.text.split() and note.created_at >= since
        if ours and not other_calls.have_made(job, "note", note.id):
            job.done(note=note.id, entity=entity.value, entity_id=entity_id)
            return True
    job.row.unclear = False
    return False


def finish_calls(desk: Desk, together: Sequence[Job]) -> None:
    """Duration and chain of talks; doing it again changes nothing."""
    ready: dict[Entity, list[Job]] = {}
    for job in together:
        if job.call.note and job.call.note_entity:
            ready.setdefault(Entity(job.call.note_entity), []).append(job)
        else:
            job.done(note=None)
    for entity, waiting in ready.items():
        _change_notes(desk, entity, waiting)


def _change_notes(desk: Desk, entity: Entity, waiting: list[Job]) -> None:
    try:
        desk.send(requests.change_notes(entity, [_call_note(job, note_id=job.call.note) for job in waiting]))
    except Rejected:
        if len(waiting) > 1 or _is_still_there(waiting[0], entity):
            raise
    for job in waiting:
        job.done(note=job.call.note)


def _is_still_there(job: Job, entity: Entity) -> bool:
    """A note can be deleted with its lead: then there is nothing to finish."""
    assert job.call.note_entity_id is not None
    kinds = [NoteType.CALL_IN, NoteType.CALL_OUT]
    found = answers.notes(job.desk.send(requests.notes_of(entity, job.call.note_entity_id, kinds)))
    return any(note.id == job.call.note for note in found)


def _add_notes(desk: Desk, entity: Entity, waiting: list[Job]) -> None:
    """Raises what `Desk.write` raises; of many notes one bad fails them all, and the drain sends each alone then."""
    notes = [_note(job, str(index)) for index, job in enumerate(waiting)]
    try:
        made = answers.made(desk.write([job.row for job in waiting], requests.add_notes(entity, notes)), "notes")
    except (Rejected, NeedsPerson) as refusal:
        if len(waiting) > 1:
            raise
        work_around(waiting[0], refusal)
        return
    for job, note in zip(waiting, made, strict=True):
        _keep(job, entity, note.id)


def work_around(job: Job, refusal: Rejected | NeedsPerson) -> None:
    """A deleted employee, lead or contact is worked around; a record that still waits may refuse notes until it is
    accepted (docs/amocrm-contract.md §3.10, uncertain): then the note is kept and tried later. Raises the refusal
    otherwise."""
    wanted: LogCall | AddNote | AddTask = job.intent
    if isinstance(refusal, NeedsPerson) and refusal.need is not Need.RIGHTS:
        raise refusal
    if wanted.employee and isinstance(refusal, Rejected) and refusal.concerns_employee:
        job.turn_into(replace(wanted, employee=polling.stand_in(job, wanted.employee)))
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
    return places.place_of(job) is not None


def _keep(job: Job, entity: Entity, note: int) -> None:
    place = places.place_of(job)
    assert place is not None
    job.call.note, job.call.note_entity, job.call.note_entity_id = note, entity.value, place[1]
    job.done(note=note, entity=entity.value, entity_id=place[1])


def _look_for_own_note(job: Job, entity: Entity, entity_id: int) -> None:
    """After an unclear end: our note says whose it is by its `uniq`. If there is none, the next batch takes it."""
    wanted: LogCall = job.intent
    kind = NoteType.CALL_IN if wanted.inbound else NoteType.CALL_OUT
    for note in answers.notes(job.desk.send(requests.notes_of(entity, entity_id, [kind]))):
        if note.uniq == job.call.call:
            _keep(job, entity, note.id)
            return
    job.row.unclear = False


def _note(job: Job, request_id: str) -> Model:
    wanted: LogCall = job.intent
    place = places.place_of(job)
    assert place is not None
    return _call_note(job, entity_id=place[1], created_at=round(wanted.at), request_id=request_id)


def _call_note(job: Job, **more: Any) -> Model:
    wanted: LogCall | FinishCall = job.intent
    return models.call_note(
        inbound=wanted.inbound,
        uniq=job.call.call,
        phone=wanted.phone,
        duration=wanted.duration,
        link=job.desk.recording_link(job.call.recording_token),
        status=CODES[wanted.status],
        result=wanted.text or None,
        user_id=wanted.employee,
        **more,
    )
