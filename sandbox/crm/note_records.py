"""Notes as they are kept: what their parameters must be, added and changed (docs/amocrm-contract.md §3.8)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import announce
from sandbox.crm.act import Act
from sandbox.crm.state import Record
from sandbox.crm.validation import (
    Checker,
    Schema,
    anything,
    check,
    flag,
    integer,
    one_of,
    text,
    text_or_number,
    user,
    user_or_robot,
)

CALL_PARAMS: Schema = {
    "uniq": text(255), "duration": integer, "source": text(255), "link": text(255), "phone": text(255),
    "call_result": text(), "call_status": one_of(1, 2, 3, 4, 5, 6, 7, 8), "call_responsible": text_or_number,
}  # fmt: skip
CALL = (CALL_PARAMS, ("uniq", "duration", "source", "link", "phone"))
SERVICE = ({"service": text(255), "text": text()}, ("service", "text"))
SMS = ({"text": text(), "phone": text(255)}, ("text", "phone"))
PLACE = ("text", "address", "longitude", "latitude")
# Type → (rules of its params, which of them must be there).
PARAMS: dict[str, tuple[Schema, tuple[str, ...]]] = {
    "common": ({"text": text()}, ("text",)),
    "call_in": CALL,
    "call_out": CALL,
    "service_message": SERVICE,
    "extended_service_message": SERVICE,
    "sms_in": SMS,
    "sms_out": SMS,
    "geolocation": (dict.fromkeys(PLACE, text_or_number), PLACE),
    "message_cashier": ({"status": one_of("created", "shown", "canceled"), "text": text()}, ("status", "text")),
    "attachment": ({"file_uuid": text(64), "version_uuid": text(64), "file_name": text(255)}, ("file_uuid",)),
}
NOTE: Schema = {
    "entity_id": integer, "note_type": one_of(*PARAMS), "params": anything, "created_by": user_or_robot,
    "responsible_user_id": user, "created_at": integer, "updated_at": integer, "request_id": text_or_number,
    "is_need_to_trigger_digital_pipeline": flag,
}  # fmt: skip
REQUIRED = ("note_type", "params")
CALLS = ("call_in", "call_out")


def check_params(checker: Checker, item: Record) -> None:
    schema, required = PARAMS[item["note_type"]]
    check(checker, item["params"], schema, required, path="params")


def add(act: Act, kind: str, entity_id: int, item: Record) -> Record:
    author = item.get("created_by", act.user_id)
    entity = act.account.table(kind)[entity_id]
    note = {
        "id": act.take_id("notes"), "entity_id": entity_id, "entity_type": kind, "created_by": author,
        "updated_by": author, "created_at": item.get("created_at", act.now),
        "updated_at": item.get("updated_at", act.now), "group_id": 0,
        "responsible_user_id": item.get("responsible_user_id", entity["responsible_user_id"]),
        "note_type": item["note_type"], "params": item["params"], "account_id": act.account.id, "is_pinned": False,
    }  # fmt: skip
    act.account.notes[note["id"]] = note
    entity["updated_at"] = act.now
    announce.noted(act, kind, note, trigger=item.get("is_need_to_trigger_digital_pipeline", True))
    return note


def change(act: Act, note: Record, item: dict[str, Any]) -> None:
    """`params` are replaced, not merged (docs/amocrm-contract.md §7); webhooks hear of new notes only."""
    note["params"] = item["params"]
    note["updated_by"], note["updated_at"] = act.user_id, act.now
    act.account.table(note["entity_type"])[note["entity_id"]]["updated_at"] = act.now
