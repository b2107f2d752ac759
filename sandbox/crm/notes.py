"""Notes: both shapes of route, of a type of entity and of one entity (docs/amocrm-contract.md §3.8)."""

from __future__ import annotations

from flask import Response

from sandbox.crm import cards, note_records
from sandbox.crm.answers import (
    batch,
    body,
    chosen_by,
    collection,
    found,
    hal,
    links,
    nothing,
    order,
    wanted,
    with_parts,
    within,
    written,
)
from sandbox.crm.context import act, caller
from sandbox.crm.gate import api
from sandbox.crm.problems import Problem
from sandbox.crm.state import Record
from sandbox.crm.validation import Checker, Schema, in_table, integer, request_id, validate

KIND = "<any(leads, contacts, companies):kind>"
HIDDEN_KEYS = ("entity_type", "is_pinned")
CHANGE: Schema = {**note_records.NOTE, "id": integer, "updated_by": integer}


@api.get(f"/v4/{KIND}/notes")
@api.get(f"/v4/{KIND}/<int:entity_id>/notes")
def list_notes(kind: str, entity_id: int | None = None) -> Response:
    notes = [note for note in _notes(kind, entity_id) if _passes(note)]
    return collection("notes", order(notes, ("updated_at", "id")), show_note)


def _notes(kind: str, entity_id: int | None) -> list[Record]:
    of_kind = (note for note in caller().account.notes.values() if note["entity_type"] == kind)
    return [note for note in of_kind if entity_id in (None, note["entity_id"])]


def _passes(note: Record) -> bool:
    types = wanted("filter", "note_type")
    named = not types or note["note_type"] in {name for text in types for name in text.split(",")}
    return named and chosen_by(note, "id") and chosen_by(note, "entity_id") and within(note, "updated_at")


@api.get(f"/v4/{KIND}/notes/<int:note_id>")
@api.get(f"/v4/{KIND}/<int:entity_id>/notes/<int:note_id>")
def read_note(kind: str, note_id: int, entity_id: int | None = None) -> Response:
    return found(_find(kind, note_id, entity_id), show_note)


def _find(kind: str, note_id: int, entity_id: int | None) -> Record | None:
    return next((note for note in _notes(kind, entity_id) if note["id"] == note_id), None)


def _path(note: Record) -> str:
    return f"/{note['entity_type']}/{note['entity_id']}/notes/{note['id']}"


def show_note(note: Record) -> Record:
    shown = {key: value for key, value in note.items() if key not in HIDDEN_KEYS}
    pinned = {"is_pinned": note["is_pinned"]} if "is_pinned" in with_parts() else {}
    return {**shown, **pinned, "_links": links(_path(note))}


@api.post(f"/v4/{KIND}/notes")
@api.post(f"/v4/{KIND}/<int:entity_id>/notes")
def add_notes(kind: str, entity_id: int | None = None) -> Response:
    items = batch() if entity_id is None else [_of_entity(item, entity_id) for item in batch()]
    _refuse_strangers(kind, items)
    schema = {**note_records.NOTE, "entity_id": in_table(kind)}
    required = ("entity_id", *note_records.REQUIRED)
    validate(caller().account, items, schema, required, note_records.check_params)
    added = [_added(kind, item, index) for index, item in enumerate(items)]
    return written("notes", added, f"/{kind}/{entity_id}/notes" if entity_id else f"/{kind}/notes")


def _of_entity(item: object, entity_id: int) -> object:
    return {**item, "entity_id": entity_id} if isinstance(item, dict) else item


def _refuse_strangers(kind: str, items: list[object]) -> None:
    """Where the account says so, amoCRM takes no notes on a lead nobody accepted yet (uncertain in
    docs/amocrm-contract.md §3.10)."""
    account = caller().account
    if kind != "leads" or account.notes_on_unsorted:
        return
    ids = [item.get("entity_id") for item in items if isinstance(item, dict)]
    leads = [account.leads[lead_id] for lead_id in ids if isinstance(lead_id, int) and lead_id in account.leads]
    if any(cards.is_unsorted_lead(account, lead) for lead in leads):
        raise Problem(403)


def _added(kind: str, item: Record, index: int) -> Record:
    note = note_records.add(act(), kind, item["entity_id"], item)
    shown = {"id": note["id"], "entity_id": note["entity_id"], "request_id": request_id(item, index)}
    return {**shown, "_links": links(_path(note))}


@api.patch(f"/v4/{KIND}/notes")
@api.patch(f"/v4/{KIND}/<int:entity_id>/notes")
def change_notes(kind: str, entity_id: int | None = None) -> Response:
    changed = _change(kind, batch(), entity_id)
    return written("notes", changed, f"/{kind}/{entity_id}/notes" if entity_id else f"/{kind}/notes")


@api.patch(f"/v4/{KIND}/notes/<int:note_id>")
@api.patch(f"/v4/{KIND}/<int:entity_id>/notes/<int:note_id>")
def change_note(kind: str, note_id: int, entity_id: int | None = None) -> Response:
    sent = body()
    return hal(_change(kind, [{**sent, "id": note_id} if isinstance(sent, dict) else sent], entity_id)[0])


def _change(kind: str, items: list[Record], entity_id: int | None) -> list[Record]:
    def check(checker: Checker, item: Record) -> None:
        note = _find(kind, item["id"], entity_id)
        if checker.require(note is not None, "NotSupportedChoice", "id") and note:
            checker.require(note["note_type"] == item["note_type"], "NotSupportedChoice", "note_type")
        note_records.check_params(checker, item)

    validate(caller().account, items, CHANGE, ("id", *note_records.REQUIRED), check)
    return [_changed(kind, item) for item in items]


def _changed(kind: str, item: Record) -> Record:
    note = caller().account.notes[item["id"]]
    note_records.change(act(), note, item)
    shown = {key: note[key] for key in ("id", "entity_id", "updated_at")}
    return {**shown, "_links": links(_path(note))}


@api.post(f"/v4/{KIND}/notes/<int:note_id>/<any(pin, unpin):verb>")
def pin_note(kind: str, note_id: int, verb: str) -> Response:
    note = _find(kind, note_id, None)
    if note is None:
        raise Problem(404)
    note["is_pinned"] = verb == "pin"
    return nothing()
