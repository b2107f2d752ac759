"""Shared parts of the JSON API's blueprints: authentication, CORS, and the form of refusals."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, abort, make_response, request
from flask.json.provider import DefaultJSONProvider
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from backend.amocrm import account_answers, requests
from backend.amocrm.errors import AmoError
from backend.amocrm.onetime import BadToken, Visitor, verify
from backend.crm_access import client_for, integration
from backend.store import accounts, db
from backend.store.account_status import is_welcome
from backend.store.accounts import Account
from backend.store.commands import TooOften
from backend.store.settings.errors import FieldError
from backend.web.language import language
from backend.words import say, under

log = structlog.get_logger(__name__)

PREFIX = "/api/"
OTHERS = ("/callback/",)  # paths whose errors have the API's form, but are not readable by amoCRM's pages
PATIENCE = 10.0  # seconds
HTTP_KINDS = {404: "not_found", 405: "wrong_method", 408: "too_slow", 413: "too_large", 503: "busy"}
HEADERS = {
    "Access-Control-Allow-Headers": "X-Auth-Token, Content-Type, X-Request-Id",
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Max-Age": "600",
}


LOOKS = 120  # a minute and user: pages ask when a card is opened, programs copy a client base
MOST_LOOKERS = 10_000  # whose looks are counted at once

_slow = threading.Lock()
_looks: Counter[tuple[int, int, int]] = Counter()  # by account, user and minute
_slow_of: dict[int | None, threading.Lock] = {}


class _ShallowJson(DefaultJSONProvider):
    """JSON nested deeper than Python reads is no JSON of ours."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


class ApiError(Exception):
    """A refusal that ends the request. `kind` is a key of `api.json`; `because` a key below its `because`, or the PBX's
    own text."""

    def __init__(self, kind: str, status: int, fields: Sequence[FieldError] = (), *, because: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status
        self.fields = fields
        self.because = because


def blueprint(name: str) -> Blueprint:
    """A blueprint whose answers amoCRM's pages may read, and whose refusals are JSON in the user's language."""
    made = Blueprint(name, name)
    made.register_error_handler(ApiError, refusal)
    made.register_error_handler(TooOften, lambda _: refusal(ApiError("too_often", 429)))
    made.register_error_handler(NoConnection, lambda _: refusal(ApiError("busy", 503)))
    made.register_error_handler(OperationalError, _no_database)
    made.register_error_handler(InterfaceError, _no_database)
    return made


def _no_database(error: DBAPIError) -> tuple[dict[str, Any], int]:
    log.warning("a request waits for the database", path=request.path, error=str(error.orig))
    return refusal(ApiError("no_database", 503))


def init_app(app: Flask) -> None:
    """Whatever lies below PREFIX answers as the API does: also what is not there, and what fails."""
    app.json = _ShallowJson(app)
    app.before_request(_refuse_nul)
    app.after_request(_allow_origin)
    app.register_error_handler(HTTPException, _http_error)


def visitor() -> Visitor:
    """The caller, by amoCRM's one-time token; the account is the token's, never a parameter's. Raises ApiError."""
    try:
        return verify(request.headers.get("X-Auth-Token", ""), integration(), time.time())
    except BadToken as error:
        log.info("token refused", why=str(error))
        raise ApiError("token", 401) from error


def account_of(caller: Visitor) -> Account:
    """The caller's account. Raises ApiError when it is not connected to us, or they have left it."""
    account = accounts.find(caller.account_id)
    if account is None or not is_welcome(account.id, caller.user_id):
        raise ApiError("unknown_account", 404)
    if account.host != caller.host:
        log.info("account called from another host", account=account.id, stored=account.host, called=caller.host)
    return account


def admit(caller: Visitor) -> None:
    """Raises ApiError for all but administrators."""
    try:
        if not _is_admin(caller):
            raise ApiError("not_admin", 403)
    except AmoError as error:
        raise ApiError("later", 503) from error


def may_administer(caller: Visitor) -> bool:
    """False also when only amoCRM knows and does not answer."""
    try:
        return _is_admin(caller)
    except AmoError:
        return False


def keep_pace(caller: Visitor) -> None:
    """Counts one look at the account's clients, in this process. Raises ApiError for too many in a minute."""
    key = (caller.account_id, caller.user_id, int(time.time() // 60))
    if len(_looks) >= MOST_LOOKERS:
        _looks.clear()
    _looks[key] += 1
    if _looks[key] > LOOKS:
        raise ApiError("too_often", 429)


@contextmanager
def slowly(account_id: int | None = None) -> Iterator[None]:
    """For what reads much: one at a time in this process, so that a connection to the database is left for the rest;
    and of one account only one waits for it, so that others come after its next at the latest. Raises ApiError."""
    db.session.commit()  # whoever waits holds none
    with _turn(_slow_of.setdefault(account_id, threading.Lock())), _turn(_slow):
        yield


@contextmanager
def _turn(lock: threading.Lock) -> Iterator[None]:
    if not lock.acquire(timeout=PATIENCE):
        raise ApiError("busy", 503)
    try:
        yield
    finally:
        lock.release()


def _is_admin(caller: Visitor) -> bool:
    """By the token, or, where it does not say, by amoCRM (docs/amocrm-contract.md §2). Raises the client's errors."""
    if caller.is_admin is not None:
        return caller.is_admin
    db.session.commit()  # no connection to the database waits for amoCRM
    client = client_for(caller.account_id)
    try:
        user = account_answers.user(client.send(requests.user(caller.user_id)))
    finally:
        client.close()
    return user is not None and user.is_admin and user.is_active


def body() -> dict[str, Any]:
    """The request's JSON object. Raises ApiError."""
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise ApiError("not_json", 400)
    return given


def _refuse_nul() -> None:
    """No name contains a NUL, and the database refuses to compare it."""
    if "\0" in request.path:
        abort(404)


def _http_error(error: HTTPException) -> HTTPException | Response:
    status = error.code or 500
    if not request.path.startswith((PREFIX, *OTHERS)) or status < 400:
        return error
    answer = make_response(refusal(ApiError(HTTP_KINDS.get(status, "failed"), status)))
    if isinstance(error, MethodNotAllowed):
        answer.headers["Allow"] = ", ".join(error.valid_methods or ())
    return answer


def refusal(refused: ApiError) -> tuple[dict[str, Any], int]:
    """The JSON body and the status of a refusal."""
    spoken = language()
    fields = [{"field": each.field, "message": each.message(spoken)} for each in refused.fields]
    message = say(f"api.{refused.kind}", spoken) + _because(refused.because, spoken)
    return {"error": refused.kind, "message": message, "fields": fields}, refused.status


def _because(reason: str, spoken: str) -> str:
    if not reason:
        return ""
    known = under("api.because", spoken)
    return f": {known.get(reason, reason)}"


def _allow_origin(answer: Response) -> Response:
    if not request.path.startswith(PREFIX):
        return answer
    answer.headers.add("Vary", "Origin")
    answer.headers["Cache-Control"] = "no-store"
    origin = request.headers.get("Origin", "")
    if integration().hosts.allows_origin(origin):
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers.update(HEADERS)
    return answer
