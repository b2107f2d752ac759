"""The public callback address: for sites' pages, their servers, and services that only know an address."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Request, Response, g, make_response, render_template, request

from backend.desk.callback import admission
from backend.desk.callback.admission import KnownSite, NotLetIn, Sender
from backend.peers import owner_of
from backend.store.callback.requests import CallbackRow, RequestState
from backend.web import api
from backend.web.api import ApiError
from backend.web.callback.form_body import body_of, fields_of
from backend.web.language import language
from backend.words import LANGUAGES, say, under

TIME, SIGNATURE = "X-Station-Time", "X-Station-Signature"
STATUS = {
    "bad_signature": 403, "foreign_origin": 403, "foreign_account": 403, "too_large": 413, "not_a_form": 400,
    "later": 503,
}  # fmt: skip
OFTEN, TOO_OFTEN = "often_", 429
HELD = timedelta(seconds=90)  # a request that is first rung so much later waits for the morning
SCRIPT_AGE = 300  # seconds
CORS = {
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Max-Age": "600",
}

Json = dict[str, Any]
T = TypeVar("T")

blueprint = api.blueprint("callback")


@blueprint.get("/callback.js")
def script() -> Response:
    """The script that sites put on their pages, with the form's texts in every language."""
    forms = {each: under("callback.form", each) for each in LANGUAGES}
    answer = make_response(render_template("callback.js", forms=json.dumps(forms, ensure_ascii=False)))
    answer.mimetype = "text/javascript"
    answer.cache_control.max_age = SCRIPT_AGE
    answer.add_etag()
    answer.make_conditional(request)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@blueprint.post("/callback/<site>", provide_automatic_options=False)
def ask(site: str) -> Json:
    """From a page of the site, identified by its Origin; or from its server, signed."""
    found = _site(site)
    return _let_in(found, _sender(found, _read(found, body_of)))


@blueprint.post("/callback/<site>/<hook>", provide_automatic_options=False)
def ask_by_hook(site: str, hook: str) -> Json:
    """From a service that cannot sign: Tilda, amoCRM's digital pipeline. It repeats a request unless the answer is 200
    (docs/amocrm-contract.md §3.19), so a refusal that would only repeat is answered with 200."""
    found = _site(site)
    if not hmac.compare_digest(hook.encode(), found.hook.encode()):
        raise admission.refused(found, "bad_signature")
    try:
        return _let_in(found, Sender(is_server=True))
    except NotLetIn as refused:
        if refused.kind == "later":
            raise
        answer, _ = _not_let_in(refused)
        return answer


@blueprint.get("/callback/<site>/<id>", provide_automatic_options=False)
def read_state(site: str, id: str) -> Json:
    """With the key of the ticket, as `?key=`."""
    try:
        return {"id": id, **_in_words(admission.state_of(_site(site), id, request.args.get("key", "")))}
    except LookupError as error:
        raise ApiError("not_found", 404) from error


@blueprint.route("/callback/<site>", methods=["OPTIONS"])
@blueprint.route("/callback/<site>/<id>", methods=["OPTIONS"])
def preflight(site: str, id: str = "") -> tuple[str, int]:
    """The headers say what a browser may do here."""
    _site(site)
    return "", 204


@blueprint.after_request
def _allow_origin(answer: Response) -> Response:
    """Only for the site's own pages, also for refusals: their script shows them."""
    site = g.get("site")
    if site is None:
        return answer
    answer.headers.add("Vary", "Origin")
    answer.headers["Cache-Control"] = "no-store"
    if _is_at_home(site):
        answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        answer.headers.update(CORS)
    return answer


@blueprint.errorhandler(NotLetIn)
def _not_let_in(error: NotLetIn) -> tuple[Json, int]:
    status = TOO_OFTEN if error.kind.startswith(OFTEN) else STATUS.get(error.kind, 422)
    return api.refusal(ApiError(error.kind, status))


def _site(key: str) -> KnownSite:
    g.site = admission.site(key)
    if g.site is None:
        raise ApiError("unknown_site", 404)
    return g.site  # type: ignore[no-any-return]


def _sender(site: KnownSite, body: bytes) -> Sender:
    """A browser is identified by its Origin; every other sender must sign."""
    signature = request.headers.get(SIGNATURE, "")
    if signature:
        if not site.has_signed(body, request.headers.get(TIME, ""), signature, time.time()):
            raise admission.refused(site, "bad_signature")
        return Sender(signature=signature, is_server=True)
    if not _is_at_home(site):
        raise admission.refused(site, "foreign_origin" if "Origin" in request.headers else "bad_signature")
    return Sender(address=owner_of(request.remote_addr))


def _is_at_home(site: KnownSite) -> bool:
    try:
        url = urlsplit(request.headers.get("Origin", ""))
        return url.scheme in ("http", "https") and site.setting.has_host(url.hostname or "")
    except ValueError:
        return False


def _let_in(site: KnownSite, sender: Sender) -> Json:
    ticket = admission.let_in(site, _read(site, fields_of), sender, datetime.now(UTC))
    if ticket is None:
        return {"state": "test", "message": say("callback.states.test", language())}
    return {"id": ticket.id, "key": ticket.key, **_in_words(admission.state_of(site, ticket.id, ticket.key))}


def _read(site: KnownSite, what: Callable[[Request], T]) -> T:
    """Reads a part of the request; an unreadable one is counted too."""
    try:
        return what(request)
    except NotLetIn as error:
        raise admission.refused(site, error.kind) from error


def _in_words(row: CallbackRow | None) -> Json:
    """None belongs to a decoy, which waits."""
    if row is None:
        return {"state": "waiting", "message": say("callback.states.waiting", language())}
    is_held = row.state == RequestState.WAITING and not row.attempts and row.next_at - datetime.now(UTC) > HELD
    what = "held" if is_held else row.result or row.state
    return {"state": row.state, "message": say(f"callback.states.{what}", language())}
