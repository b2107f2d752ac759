"""Who hears of a change: the account's history and the webhooks (docs/amocrm-contract.md §3.12, §3.19)."""

from __future__ import annotations

import json

from sandbox.crm.act import SINGULAR, TYPE_NUMBER, Act
from sandbox.crm.state import Record

NOTE_NUMBER = {"common": 4, "call_in": 10, "call_out": 11, "service_message": 25, "extended_service_message": 25}
CALL_EVENTS = {"call_in": "incoming_call", "call_out": "outgoing_call"}


def added(act: Act, kind: str, card: Record) -> None:
    act.event(kind, card["id"], f"{SINGULAR[kind]}_added", [], [])
    _tell(act, "add", kind, _whole(act, kind, card))


def changed(act: Act, kind: str, card: Record, before: Record) -> None:
    _tell(act, "update", kind, _whole(act, kind, card))
    if card["responsible_user_id"] != before["responsible_user_id"]:
        _responsible_changed(act, kind, card, before)
    if kind == "leads" and card["status_id"] != before["status_id"]:
        _status_changed(act, card, before)


def deleted(act: Act, kind: str, card: Record) -> None:
    act.event(kind, card["id"], f"{SINGULAR[kind]}_deleted", [], [])
    _tell(act, "delete", kind, {"id": card["id"]})  # nothing else, not even of what (docs/amocrm-contract.md §3.19)


def restored(act: Act, kind: str, card: Record) -> None:
    act.event(kind, card["id"], f"{SINGULAR[kind]}_restored", [], [])
    _tell(act, "restore", kind, _whole(act, kind, card))


def merged(act: Act, kind: str, card: Record) -> None:
    """This card has taken another in."""
    act.event(kind, card["id"], "entity_merged", [], [])


def joined(act: Act, kind: str, entity_id: int, *, joined: bool) -> None:
    """Only the history tells of it: no field of any card has changed."""
    act.event(kind, entity_id, "entity_linked" if joined else "entity_unlinked", [], [])


def noted(act: Act, kind: str, note: Record, *, trigger: bool) -> None:
    """A new note. `trigger`: the digital pipeline's "incoming call" fires on it too (docs/amocrm-contract.md §3.8)."""
    name = CALL_EVENTS.get(note["note_type"], f"{note['note_type']}_note_added")
    act.event(kind, note["entity_id"], name, [{"note": {"id": note["id"]}}], [])
    act.hook(f"note_{SINGULAR[kind]}", _key(kind), "note", {"note": _note(act, kind, note)})
    if trigger and kind == "leads" and note["note_type"] == "call_in":
        act.trigger("call_in", act.account.leads[note["entity_id"]])


def unsorted_changed(act: Act, action: str, payload: Record) -> None:
    act.hook(f"{action}_unsorted", "unsorted", action, payload)


def _key(kind: str) -> str:
    """Companies arrive under `contacts`, told apart by `type` (docs/amocrm-contract.md §3.19)."""
    return "contacts" if kind == "companies" else kind


def _company_mark(kind: str) -> Record:
    return {} if kind == "leads" else {"type": SINGULAR[kind]}


def _tell(act: Act, action: str, kind: str, payload: Record) -> None:
    act.hook(f"{action}_{SINGULAR[kind]}", _key(kind), action, payload)


def _responsible_changed(act: Act, kind: str, card: Record, before: Record) -> None:
    old = before["responsible_user_id"]
    after = [{"responsible_user": {"id": card["responsible_user_id"]}}]
    act.event(kind, card["id"], "entity_responsible_changed", after, [{"responsible_user": {"id": old}}])
    _tell(act, "responsible", kind, {**_whole(act, kind, card), "old_responsible_user_id": old})


def _status_changed(act: Act, lead: Record, before: Record) -> None:
    now = {"lead_status": {"id": lead["status_id"], "pipeline_id": lead["pipeline_id"]}}
    then = {"lead_status": {"id": before["status_id"], "pipeline_id": before["pipeline_id"]}}
    act.event("leads", lead["id"], "lead_status_changed", [now], [then])
    act.hook("status_lead", "leads", "status", {
        "id": lead["id"], "status_id": lead["status_id"], "pipeline_id": lead["pipeline_id"],
        "old_status_id": before["status_id"], "responsible_user_id": lead["responsible_user_id"],
        "last_modified": lead["updated_at"], "account_id": act.account.id,
    })  # fmt: skip
    act.trigger("lead_status_changed", lead)


def _whole(act: Act, kind: str, card: Record) -> Record:
    payload = {
        "id": card["id"], "name": card["name"], "responsible_user_id": card["responsible_user_id"],
        "date_create": card["created_at"], "last_modified": card["updated_at"],
        "created_user_id": card["created_by"], "modified_user_id": card["updated_by"],
        "account_id": act.account.id, "custom_fields": [_field(f) for f in card["custom_fields_values"] or []],
    }  # fmt: skip
    extra = ("status_id", "pipeline_id", "price") if kind == "leads" else ()
    return {**payload, **{key: card[key] for key in extra}, **_company_mark(kind)}


def _field(field: Record) -> Record:
    values = [{"value": v["value"], **({"enum": v["enum_id"]} if "enum_id" in v else {})} for v in field["values"]]
    return {"id": field["field_id"], "name": field["field_name"], "code": field["field_code"], "values": values}


def _note(act: Act, kind: str, note: Record) -> Record:
    return {
        "id": note["id"], "element_id": note["entity_id"], "element_type": TYPE_NUMBER[kind],
        "note_type": NOTE_NUMBER.get(note["note_type"], 4), "text": json.dumps(note["params"], ensure_ascii=False),
        "created_by": note["created_by"], "modified_by": note["updated_by"], "account_id": act.account.id,
        "main_user_id": note["responsible_user_id"], "timestamp_x": note["updated_at"],
        "date_create": note["created_at"],
    }  # fmt: skip
