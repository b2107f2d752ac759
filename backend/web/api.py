"""What the JSON API's blueprints share: who calls, from which page, and how a refusal reads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from backend.accounts import integration
from backend.amocrm.onetime import BadToken, Visitor, verify
from backend.store import accounts
from backend.store.accounts import Account
from backend.store.settings_errors import FieldError
from backend.web.words import API, language

log = structlog.get_logger(__name__)

HEADERS = {
    "Access-Control-Allow-Headers": "X-Auth-Token, Content-Type, X-Request-Id",
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Max-Age": "600",
}


class Refused(Exception):
    """An answer that ends the request; `kind` is a key of `words.API`."""

    def __init__(self, kind: str, status: int, fields: Sequence[FieldError] = ()) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status
        self.fields = fields


def blueprint(name: str) -> Blueprint:
    """A blueprint whose answers pages of amoCRM may read, and whose refusals are JSON in the user's language."""
    made = Blueprint(name, name)
    made.after_request(_allow_origin)
    made.register_error_handler(Refused, _refusal)
    made.register_error_handler(RequestEntityTooLarge, lambda error: _refusal(Refused("too_large", 413)))
    return made


def visitor() -> Visitor:
    """Who calls, by amoCRM's one-time token; the account is the token's, never a parameter's. Raises Refused."""
    try:
        return verify(request.headers.get("X-Auth-Token", ""), integration(), time.time())
    except BadToken as error:
        log.info("token refused", why=str(error))
        raise Refused("token", 401) from error


def account_of(caller: Visitor) -> Account:
    """The caller's account. Raises Refused when it is not connected to us."""
    account = accounts.find(caller.account_id)
    if account is None:
        raise Refused("unknown_account", 404)
    if account.host != caller.host:
        log.info("account called from another host", account=account.id, stored=account.host, called=caller.host)
    return account


def body() -> dict[str, Any]:
    """The request's JSON object. Raises Refused."""
    told = request.get_json(force=True, silent=True)
    if not isinstance(told, dict):
        raise Refused("not_json", 400)
    return told


def _refusal(refused: Refused) -> tuple[dict[str, Any], int]:
    spoken = language()
    fields = [{"field": each.field, "message": each.message(spoken)} for each in refused.fields]
    return {"error": refused.kind, "message": API[refused.kind][spoken], "fields": fields}, refused.status


def _allow_origin(answer: Response) -> Response:
    answer.headers.add("Vary", "Origin")
    answer.headers["Cache-Control"] = "no-store"
    origin = request.headers.get("Origin", "")
    if integration().hosts.allows_origin(origin):
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers.update(HEADERS)
    return answer
