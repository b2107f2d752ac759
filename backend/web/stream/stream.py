"""A browser's stream: a one-time token is exchanged for a ticket, the ticket opens the stream."""

from __future__ import annotations

import json
import time
from functools import partial

from flask import Blueprint, Response, current_app, request

from backend.store.account_status import is_welcome
from backend.store.base import crypto
from backend.web import api
from backend.web.api import ApiError
from backend.web.stream.hub import Hub, TooManyStreams
from backend.web.stream.reader import Reader

TICKET_LIFE = 24 * 60 * 60  # seconds
PURPOSE = "stream"  # a text sealed for another purpose is not accepted here
LONGEST_TICKET = 1000  # characters; ours have about 200
LONGEST_PLACE = 18  # digits; a bigint has room for them

blueprint: Blueprint = api.blueprint("stream")


@blueprint.post("/api/stream/ticket")
def give_ticket() -> dict[str, object]:
    """A ticket for this user that only opens the stream: a browser cannot send headers with it."""
    caller = api.visitor()
    account = api.account_of(caller)
    if not is_welcome(account.id, caller.user_id):
        raise ApiError("unknown_account", 404)
    holder = {"for": PURPOSE, "account": account.id, "user": caller.user_id}
    return {"ticket": crypto.seal(json.dumps(holder)), "expires_in": TICKET_LIFE, "now": time.time()}


@blueprint.get("/api/stream")
def read_stream() -> Response:
    """Server-sent events until either side ends it; `after` or Last-Event-ID is the reader's position."""
    account_id, user_id = _holder(request.args.get("ticket", ""))
    if not is_welcome(account_id, user_id):
        raise ApiError("token", 401)
    hub = current_app.extensions["hub"]
    assert isinstance(hub, Hub)
    try:
        reader = hub.open(account_id, user_id, place(request.headers.get("Last-Event-ID") or request.args.get("after")))
    except TooManyStreams:
        raise ApiError("busy", 503) from None
    return _answer(reader, hub)


def _answer(reader: Reader, hub: Hub) -> Response:
    answer = Response(map(str.encode, reader.messages()), mimetype="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"  # nginx would otherwise hold events until its buffer is full
    answer.call_on_close(partial(hub.leave, reader))
    return answer


def _holder(ticket: str) -> tuple[int, int]:
    """The ticket's account and user. Raises ApiError."""
    if len(ticket) > LONGEST_TICKET:
        raise ApiError("token", 401)
    try:
        holder = json.loads(crypto.unseal(ticket, TICKET_LIFE))
    except (crypto.BadSeal, ValueError):
        raise ApiError("token", 401) from None
    if not isinstance(holder, dict) or holder.get("for") != PURPOSE:
        raise ApiError("token", 401)
    return holder["account"], holder["user"]


def place(told: str | None) -> int | None:
    """Where a reader was among the popups' changes; None when he does not say, or says what cannot be."""
    is_number = told is not None and told.isascii() and told.isdigit() and len(told) <= LONGEST_PLACE
    return int(told or "") if is_number else None
