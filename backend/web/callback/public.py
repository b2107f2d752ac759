"""The door of callbacks as sites see it: their pages, their servers, and services that only know an address."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Request, Response, g, request, send_from_directory

from backend.desk.callback import admission
from backend.desk.callback.admission import KnownSite, NotLetIn, Sender
from backend.peers import owner_of
from backend.store.callback.requests import CallbackRow, RequestState
from backend.web import api
from backend.web.api import ApiError
from backend.web.callback.form_body import body_of, fields_of
from backend.web.callback.words import STATES
from backend.web.words import language

TIME, SIGNATURE = "X-Station-Time", "X-Station-Signature"
STATUS = {
    "bad_signature": 403, "foreign_origin": 403, "foreign_account": 403, "too_large": 413, "not_a_form": 400,
    "later": 503,
}  # fmt: skip
OFTEN, TOO_OFTEN = "often_", 429
HELD = timedelta(seconds=90)  # a request that is first rung so much later waits for the morning
STATIC = Path(__file__).parents[1] / "static"
SCRIPT_AGE = 300  # seconds
CORS = {
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Max-Age": "600",
}

Told = dict[str, Any]
T = TypeVar("T")

blueprint = api.blueprint("callback")


@blueprint.get("/callback.js")
def script() -> Response:
    """What a site puts on its pages."""
    answer = send_from_directory(STATIC, "callback.js", max_age=SCRIPT_AGE)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@blueprint.post("/callback/<site>", provide_automatic_options=False)
def ask(site: str) -> Told:
    """From a page of the site, by its Origin; or from its server, signed."""
    found = _site(site)
    return _let_in(found, _sender(found, _read(found, body_of)))


@blueprint.post("/callback/<site>/<hook>", provide_automatic_options=False)
def ask_by_hook(site: str, hook: str) -> Told:
    """From a service that cannot sign: Tilda, amoCRM's digital pipeline. What is not answered with 200 it sends again
    (contract §3.19), so a refusal that would come again is told with 200."""
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
def read_state(site: str, id: str) -> Told:
    """With the key of its ticket, as `?key=`."""
    try:
        return {"id": id, **_in_words(admission.state_of(_site(site), id, request.args.get("key", "")))}
    except LookupError as error:
        raise ApiError("not_found", 404) from error


@blueprint.route("/callback/<site>", methods=["OPTIONS"])
@blueprint.route("/callback/<site>/<id>", methods=["OPTIONS"])
def preflight(site: str, id: str = "") -> tuple[str, int]:
    """What a browser may do here stands in the headers."""
    _site(site)
    return "", 204


@blueprint.after_request
def _allow_origin(answer: Response) -> Response:
    """To pages of the site alone, refusals too: their script shows them."""
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
def _not_let_in(error: NotLetIn) -> tuple[Told, int]:
    status = TOO_OFTEN if error.kind.startswith(OFTEN) else STATUS.get(error.kind, 422)
    return api.refusal(ApiError(error.kind, status))


def _site(key: str) -> KnownSite:
    g.site = admission.site(key)
    if g.site is None:
        raise ApiError("unknown_site", 404)
    return g.site  # type: ignore[no-any-return]


def _sender(site: KnownSite, body: bytes) -> Sender:
    """A browser tells where its page is from; what does not must be signed."""
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


def _let_in(site: KnownSite, sender: Sender) -> Told:
    ticket = admission.let_in(site, _read(site, fields_of), sender, datetime.now(UTC))
    if ticket is None:
        return {"state": "test", "message": STATES["test"][language()]}
    return {"id": ticket.id, "key": ticket.key, **_in_words(admission.state_of(site, ticket.id, ticket.key))}


def _read(site: KnownSite, what: Callable[[Request], T]) -> T:
    """Of the request; what cannot be read is counted too."""
    try:
        return what(request)
    except NotLetIn as error:
        raise admission.refused(site, error.kind) from error


def _in_words(row: CallbackRow | None) -> Told:
    """None is a decoy's: it waits."""
    if row is None:
        return {"state": "waiting", "message": STATES["waiting"][language()]}
    is_held = row.state == RequestState.WAITING and not row.attempts and row.next_at - datetime.now(UTC) > HELD
    what = "held" if is_held else row.result or row.state
    return {"state": row.state, "message": STATES[what][language()]}
