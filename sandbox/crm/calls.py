"""Calls that amoCRM places by itself: on the client's only open lead, else on his card (docs/amocrm-contract.md
§3.9)."""

from __future__ import annotations

import json

from flask import Response

from sandbox.crm import cards, note_records
from sandbox.crm.act import SINGULAR
from sandbox.crm.answers import batch, hal, ref
from sandbox.crm.context import act, caller
from sandbox.crm.gate import api
from sandbox.crm.problems import PROBLEM_TYPE
from sandbox.crm.state import Record
from sandbox.crm.validation import Schema, integer, one_of, request_id, text_or_number, user, user_or_robot, validate

TYPES = {"inbound": "call_in", "outbound": "call_out"}
CALL: Schema = {
    **note_records.CALL_PARAMS, "direction": one_of(*TYPES), "responsible_user_id": user,
    "created_by": user_or_robot, "updated_by": user_or_robot, "created_at": integer, "updated_at": integer,
    "request_id": text_or_number,
}  # fmt: skip
REQUIRED = ("direction", "duration", "source", "phone")
MATCHED_DIGITS = 10


@api.post("/v4/calls")
def add_calls() -> Response:
    """Items of unknown numbers come back as errors; when all are unknown the status is 400."""
    items = batch()
    validate(caller().account, items, CALL, REQUIRED)
    results = [_add(item, request_id(item, index)) for index, item in enumerate(items)]
    added = [result for result in results if "id" in result]
    errors = [result for result in results if "id" not in result]
    body = {"_total_items": len(added), "errors": errors, "_embedded": {"calls": added}}
    return hal(body) if added else Response(json.dumps(body), 400, mimetype=PROBLEM_TYPE)


def _add(item: Record, named: str) -> Record:
    place = cards.place_of_call(caller().account, item["phone"], MATCHED_DIGITS)
    if place is None:
        return {"title": "Entity not found", "detail": "Entity not found", "request_id": named}
    kind, entity = place
    params = {key: item[key] for key in note_records.CALL_PARAMS if key in item}
    note = {**item, "note_type": TYPES[item["direction"]], "params": params}
    made = note_records.add(act(), kind, entity["id"], note)
    shown = {"id": made["id"], "entity_id": entity["id"], "entity_type": SINGULAR[kind]}
    more = {"account_id": caller().account.id, "request_id": named}
    return {**shown, **more, "_embedded": {"entity": ref(kind, entity["id"])}}
