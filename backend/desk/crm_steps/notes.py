"""Steps that write call notes: many in one request where many wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.amocrm import answers, models, requests
from backend.amocrm.errors import NeedsPerson, Rejected, Unexplained
from backend.amocrm.requests import CallNoteStatus as Code
from backend.amocrm.requests import Entity, Model, NoteType
from backend.calls.intents import AddNote, CallStatus, FinishCall, LogCall
from backend.desk.crm_steps import other_calls, place, substitutes
from backend.desk.journal.job import CLOCKS_APART, Desk, Job

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
        if job.call.note or job.call.part_of_record:
            job.done(note=job.call.note, part_of_record=job.call.part_of_record)
        elif found := _home_of(job):
            ready.setdefault(found[0], []).append(job)
    for entity, waiting in ready.items():
        _add_notes(desk, entity, waiting)


def _home_of(job: Job) -> tuple[Entity, int] | None:
    """Where the note is to be written now; None where that is settled otherwise."""
    try:
        found = place.home_of(job)
    except other_calls.NotYet:  # it has become another intent
        return None
    if found is None:
        job.done(note=None)
    return None if found is None or (job.row.unclear and _found_own_note(job, *found)) else found


def add_note(job: Job) -> None:
    """What an employee wrote about the call, as a note of its own. Where the call has no place (its number hidden,
    its lead deleted) the journal alone keeps it."""
    wanted: AddNote = job.intent
    found = place.home_of(job)
    if found is None:
        job.done(note=None)
        return
    entity, entity_id = found
    if job.row.unclear and _found_own_text(job, wanted, entity, entity_id):
        return
    model = models.common_note(
        entity_id=entity_id, text=wanted.text, user_id=wanted.employee, created_at=round(wanted.at)
    )  # fmt: skip
    try:
        made = job.write(requests.add_notes(entity, [model]), answers.made("notes"))
    except (Rejected, NeedsPerson, Unexplained) as refusal:
        substitutes.work_around(job, refusal)
        return
    job.done(note=made.id, entity=entity.value, entity_id=entity_id)


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
            _fold(job)
    for entity, waiting in ready.items():
        _change_notes(desk, entity, waiting)


def _fold(job: Job) -> None:
    """A note that is still to be written is written whole."""
    note = other_calls.still_to_do(job, LogCall.kind)
    if note:
        wanted: FinishCall = job.intent
        fresh = {"status": wanted.status.value, "duration": wanted.duration, "text": wanted.text}
        note.body = {**note.body, **fresh, "employee": wanted.employee}
    job.done(note=None, folded=note is not None)


def _change_notes(desk: Desk, entity: Entity, waiting: list[Job]) -> None:
    try:
        desk.send(requests.change_notes(entity, [_call_note(job, note_id=job.call.note) for job in waiting]))
    except (Rejected, Unexplained):
        if len(waiting) > 1 or _is_still_there(waiting[0], entity):
            raise
    for job in waiting:
        job.done(note=job.call.note)


def _is_still_there(job: Job, entity: Entity) -> bool:
    """A note can be deleted with its lead: then there is nothing to finish."""
    assert job.call.note is not None
    return answers.note(job.desk.send(requests.note(entity, job.call.note))) is not None


def _add_notes(desk: Desk, entity: Entity, waiting: list[Job]) -> None:
    """Raises what `Desk.write` raises; of many notes one bad fails them all, and the drain sends each alone then."""
    notes = [_note(job, str(index)) for index, job in enumerate(waiting)]
    try:
        made = desk.write([job.row for job in waiting], requests.add_notes(entity, notes), answers.made("notes"))
    except (Rejected, NeedsPerson, Unexplained) as refusal:
        if len(waiting) > 1:
            raise
        substitutes.work_around(waiting[0], refusal)
        return
    for job, note in zip(waiting, made, strict=True):
        _keep(job, entity, note.id)


def _keep(job: Job, entity: Entity, note: int) -> None:
    found = place.place_of(job)
    assert found is not None
    job.call.note, job.call.note_entity, job.call.note_entity_id = note, entity.value, found[1]
    job.done(note=note, entity=entity.value, entity_id=found[1])


def _found_own_note(job: Job, entity: Entity, entity_id: int) -> bool:
    """After an unclear end: our note says whose it is by its `uniq`."""
    wanted: LogCall = job.intent
    kind = NoteType.CALL_IN if wanted.inbound else NoteType.CALL_OUT
    for note in answers.notes(job.desk.send(requests.notes_of(entity, entity_id, [kind]))):
        if note.uniq == job.call.call:
            _keep(job, entity, note.id)
            return True
    job.row.unclear = False
    return False


def _note(job: Job, request_id: str) -> Model:
    wanted: LogCall = job.intent
    found = place.place_of(job)
    assert found is not None
    return _call_note(job, entity_id=found[1], created_at=round(wanted.at), request_id=request_id)


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
