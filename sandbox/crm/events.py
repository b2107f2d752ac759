"""The history of an account, and the older events API that shows a call to employees (docs/amocrm-contract.md §3.11,
§3.12)."""

from __future__ import annotations

import uuid

from flask import Response, request

from sandbox.crm import cards, php
from sandbox.crm.act import TYPE_NUMBER
from sandbox.crm.answers import body, collection, found, hal, href, links, wanted, within
from sandbox.crm.context import act, caller
from sandbox.crm.gate import api
from sandbox.crm.hooks import FORM
from sandbox.crm.problems import Problem
from sandbox.crm.state import Record

PLURAL = {"lead": "leads", "contact": "contacts", "company": "companies", "task": "tasks"}
MAX_EVENTS = 100
MAX_NAMED = 10
# Here amoCRM compares fewer digits than for calls (docs/amocrm-contract.md §3.11).
MATCHED_DIGITS = 8
MAX_CALLS = 50


@api.get("/v4/events")
def list_events() -> Response:
    for name in ("entity_id", "created_by"):
        if len(wanted("filter", name)) > MAX_NAMED:
            raise Problem(400, f"At most {MAX_NAMED} values of filter[{name}]")
    events = [event for event in reversed(caller().account.events) if _passes(event)]
    return collection("events", events, show_event, max_limit=MAX_EVENTS)


def _passes(event: Record) -> bool:
    names = {"type": "type", "entity": "entity_type", "entity_id": "entity_id", "created_by": "created_by"}
    for name, key in names.items():
        asked = {part for text in wanted("filter", name) for part in text.split(",")}
        if asked and str(event[key]) not in asked:
            return False
    return within(event, "created_at")


@api.get("/v4/events/<event_id>")
def read_event(event_id: str) -> Response:
    return found(next((e for e in caller().account.events if e["id"] == event_id), None), show_event)


@api.get("/v4/events/types")
def list_event_types() -> Response:
    names = sorted({event["type"] for event in caller().account.events})
    return hal({"_links": links("/events/types"), "_embedded": {"events_types": [{"key": name} for name in names]}})


def show_event(event: Record) -> Record:
    kind = PLURAL[event["entity_type"]]
    entity = {"id": event["entity_id"], "_links": links(f"/{kind}/{event['entity_id']}")}
    return {**event, "_links": links(f"/events/{event['id']}"), "_embedded": {"entity": entity}}


@api.post("/v2/events")
@api.post("/v2/events/")
def show_calls() -> Response:
    """Tells employees of a call; JSON or form, to all of them when none is named."""
    sent = php.parse(request.get_data(as_text=True)) if request.mimetype == FORM else body()
    listed = sent.get("add") if isinstance(sent, dict) else None
    items = list(listed.values()) if isinstance(listed, dict) else listed
    if not isinstance(items, list) or not items or len(items) > MAX_CALLS:
        raise Problem(400, "Request data can not be empty")
    people = [_people(item) for item in items]
    shown = [_show(item, users) for item, users in zip(items, people, strict=True)]
    own = {"self": {"href": "/api/v2/events", "method": "post"}}
    return hal({"_links": own, "_embedded": {"items": shown}})


def _people(item: object) -> list[int]:
    """Whom to show the call to; Problem 400 for anything but a call with a number and known users."""
    if not isinstance(item, dict) or item.get("type") != "phone_call" or not item.get("phone_number"):
        raise Problem(400, "Bad Request")
    everybody = [user["id"] for user in caller().account.users.values() if user["is_active"]]
    asked = item.get("users")
    asked = list(asked.values()) if isinstance(asked, dict) else asked if isinstance(asked, list) else [asked]
    named = [int(user) for user in asked if str(user).isdecimal()]
    if any(user not in everybody for user in named):
        raise Problem(400, "Bad Request")
    return named or everybody


def _show(item: Record, users: list[int]) -> Record:
    place = cards.place_of_call(caller().account, str(item["phone_number"]), MATCHED_DIGITS)
    kind, entity_id = (place[0], place[1]["id"]) if place else (None, None)
    call = {"uid": str(uuid.uuid4()), "phone_number": str(item["phone_number"])}
    for user_id in users:
        _notify(user_id, call, kind, entity_id)
    return {"element_id": entity_id, "element_type": TYPE_NUMBER[kind] if kind else None, **call}


def _notify(user_id: int, call: Record, kind: str | None, entity_id: int | None) -> None:
    making = act()
    making.account.notifications.append({
        "id": making.take_id("notifications"), "user_id": user_id, "at": making.now, "uid": call["uid"],
        "phone": call["phone_number"], "entity_type": kind, "entity_id": entity_id,
        "link": href("").removesuffix("/api/v4") + f"/{kind}/detail/{entity_id}" if kind else None,
    })  # fmt: skip
