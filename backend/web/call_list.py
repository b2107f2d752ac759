"""Data for the card panel, the list of missed calls and the contact picker."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import request
from pydantic import Field, ValidationError

from backend.amocrm.onetime import Visitor
from backend.desk import call_list
from backend.desk.call_list import NotYours
from backend.desk.sights import Sight, sight_of
from backend.store import db
from backend.store.privacy import trail
from backend.store.privacy.trail import Deed
from backend.store.settings.errors import from_pydantic
from backend.store.settings.parts import SettingsPart
from backend.web import api
from backend.web.api import ApiError
from backend.web.language import language
from backend.words import say

LONGEST_QUERY = 200  # characters; a longer query finds nothing anyway

blueprint = api.blueprint("call_list")


class Card(SettingsPart):
    """The address's `entity` and `id`."""

    entity: Literal["leads", "contacts", "companies"]
    id: Annotated[int, Field(gt=0, le=2**53)]


@blueprint.get("/api/missed")
def read_missed() -> dict[str, Any]:
    """The account's open missed calls."""
    caller, sight = _looking()
    (calls,) = call_list.open_missed(caller.account_id, [sight])
    return {"calls": calls}


@blueprint.get("/api/card")
def read_card() -> dict[str, Any]:
    """The card's numbers and calls."""
    caller, sight = _looking()
    card = _card()
    try:
        shown = call_list.of_card(caller.account_id, card.entity, card.id, sight)
    except NotYours:
        raise ApiError("not_yours", 403) from None
    trail.add(caller.account_id, caller.user_id, Deed.OPENED_CARD, f"{card.entity} {card.id}")
    db.session.commit()
    return shown | {part: [_with_reason(each) for each in shown[part]] for part in ("calls", "missed")}


@blueprint.get("/api/contacts")
def find_contacts() -> dict[str, Any]:
    """Contacts by name or number."""
    caller, sight = _looking()
    query = request.args.get("query", "").replace("\0", "")[:LONGEST_QUERY]
    if query.strip():
        trail.add(caller.account_id, caller.user_id, Deed.SEARCHED_CONTACTS)
    with api.slowly(caller.account_id):
        return {"contacts": call_list.find_contacts(caller.account_id, query, sight)}


def _looking() -> tuple[Visitor, Sight]:
    """Who looks, and what they may see. Raises ApiError, also for one who looks so often as no person does."""
    caller = api.visitor()
    api.account_of(caller)
    api.keep_pace(caller)
    return caller, sight_of(caller.account_id, caller.user_id, is_admin=caller.is_admin)


def _with_reason(call: dict[str, Any]) -> dict[str, Any]:
    """`recording_why` as a sentence; NO_SOURCE has none: without a source no recording is expected."""
    if "recording_why" not in call:
        return call
    return call | {"recording_why": say(f"recordings.why.{call['recording_why']}", language())}


def _card() -> Card:
    given = {name: request.args[name] for name in Card.model_fields if name in request.args}
    try:
        return Card.model_validate(given)
    except ValidationError as error:
        raise ApiError("invalid", 422, from_pydantic(error)) from error
