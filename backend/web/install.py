"""Installing and disabling: the marketplace's webhook, the consent page and its return, the signed disable webhook."""

from __future__ import annotations

import re
import secrets

import structlog
from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from backend.config import REDIRECT_PATH
from backend.crm_access import hear_disabling, integration
from backend.installs import finish_install
from backend.peers import owner_of
from backend.store import installs
from backend.web.language import language
from backend.words import say, under

CODE = re.compile(r"[\x21-\x7e]{1,2048}")  # real ones have about 900
ACCOUNT_ID = re.compile(r"[0-9]{1,15}")
BROWSER = "oauth_browser"

blueprint = Blueprint("install", __name__, template_folder="templates")
log = structlog.get_logger(__name__)


@blueprint.get(REDIRECT_PATH)
def amocrm_returns() -> Response:
    """amoCRM's server after an install (it waits 3 s, never repeats, sends no state), or the browser after the consent
    page."""
    if "from_widget" in request.args:
        return _installed()
    browser, state = request.cookies.get(BROWSER, ""), request.args.get("state", "")
    if not installs.consume_state(state, browser):
        return _page("stale", 400)
    if "error" in request.args:
        return _page("denied", 200)
    return _consented()


@blueprint.get("/oauth/start")
def start() -> AnyResponse:
    """Sends the browser to amoCRM's consent page with a state that only this browser can bring back."""
    browser = secrets.token_urlsafe(32)
    state = installs.new_state(browser)
    if state is None:
        return _page("busy", 503)
    page = integration().consent_page(state, kommo="kommo" in request.args)
    answer = redirect(page)
    answer.set_cookie(
        BROWSER, browser,
        max_age=int(installs.STATE_LIFE.total_seconds()), path=REDIRECT_PATH,
        httponly=True, samesite="Lax", secure=integration().redirect_uri.startswith("https:"),
    )  # fmt: skip
    return answer


@blueprint.get(f"{REDIRECT_PATH}/disabled")
def disabled() -> tuple[str, int]:
    """The integration was turned off in an account. A repetition changes nothing."""
    ours, account_id = integration(), request.args.get("account_id", "")
    client_id = request.args.get("client_uuid") or request.args.get("client_id")
    signed = ours.signs_disabling(account_id, request.args.get("signature", ""))
    if client_id != ours.client_id or not signed or not ACCOUNT_ID.fullmatch(account_id):
        log.warning("disable hook refused", account=account_id[:20])
        return "wrong signature", 403
    hear_disabling(int(account_id))
    return "ok", 200


def _installed() -> Response:
    """Writes down and answers: the work is done by `finish_installs`."""
    if _is_foreign():
        return _text("refused", 400)
    _write_down()
    return _text("ok", 200)


def _consented() -> Response:
    if _is_foreign():
        return _page("foreign", 400)
    install_id = _write_down()
    if finish_install(install_id) is not None:
        return _page("connected", 200)
    failure = installs.failure(install_id)
    return _page("failed", 400, why=failure) if failure else _page("waiting", 202)


def _is_foreign() -> bool:
    """True when the request cannot come from amoCRM: the client secret is sent to `referer`, so it must be amoCRM's."""
    code, client_id = request.args.get("code", ""), request.args.get("client_id")
    known = integration().hosts.allows(request.args.get("referer", ""))
    foreign = (
        not integration().is_known
        or not known
        or not CODE.fullmatch(code)
        or client_id not in (None, integration().client_id)
    )
    if foreign:
        log.warning("install refused", referer=request.args.get("referer", "")[:100])
    return foreign


def _write_down() -> int:
    return installs.write_down(request.args["referer"], request.args["code"], owner_of(request.remote_addr))


def _page(result: str, status: int, why: str = "") -> Response:
    spoken = language()
    words, connect = under(f"pages.install.{result}", spoken), say("pages.install.connect", spoken)
    page = render_template("install.html", words=words, connect=connect, language=spoken, result=result, why=why)
    answer = make_response(page, status)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _text(words: str, status: int) -> Response:
    return Response(words, status, content_type="text/plain; charset=utf-8")
