"""The control plane, `/_sandbox/…`: JSON in, JSON out, for tests in other processes and for curl."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest

from sandbox.crm import faults, seeding
from sandbox.crm.answers import nothing
from sandbox.crm.context import parts, world
from sandbox.crm.faults import Fault
from sandbox.crm.handle import UNTIL_TOLD, AccountHandle
from sandbox.crm.state import Integration, Record
from sandbox.crm.traffic import as_json

control = Blueprint("control", __name__, url_prefix="/_sandbox")
ACCOUNT = "/accounts/<subdomain>"
DEFAULT_PAGE = 1000
SETTLE_LIMIT = 30.0


@control.errorhandler(ValueError)
@control.errorhandler(TypeError)
@control.errorhandler(LookupError)
@control.errorhandler(BadRequest)
def refuse(error: Exception) -> tuple[Response, int]:
    return jsonify(error=f"{type(error).__name__}: {error}"), 400


def _sent() -> Record:
    sent = request.get_json(force=True, silent=True) or {}
    if not isinstance(sent, dict):
        raise TypeError("an object is expected")
    return sent


def _handle(subdomain: str) -> AccountHandle:
    account = world().by_subdomain(subdomain)
    if account is None:
        raise LookupError(f"no account {subdomain}")
    return AccountHandle(parts(), account)


@control.post("/reset")
def reset() -> Response:
    """Forgets everything but the integrations and the limits' numbers."""
    with world().lock:
        kept = world().integrations
        world().clear()
        world().integrations = kept
        parts().limiter.reset()
        parts().outbox.clear()
        world().save()
    parts().faults.clear()
    parts().traffic.clear()
    world().clock.real()
    return nothing()


@control.post("/seed")
def seed() -> Response:
    with world().lock:
        made = seeding.seed(parts(), _sent())
        world().save()
    return jsonify([{"id": account.id, "subdomain": account.subdomain} for account in made])


@control.post("/integrations")
def put_integration() -> Response:
    integration = Integration(**_sent())
    with world().lock:
        world().integrations[integration.client_id] = integration
        world().save()
    return nothing()


@control.get("/accounts")
def list_accounts() -> Response:
    handles = [AccountHandle(parts(), account) for account in world().accounts.values()]
    return jsonify([{"id": h.id, "subdomain": h.subdomain, "url": h.url} for h in handles])


@control.get(ACCOUNT)
def read_account(subdomain: str) -> Response:
    return jsonify(_handle(subdomain).state())


@control.patch(ACCOUNT)
def set_flags(subdomain: str) -> Response:
    """Flags of the account; `search_lag` is seconds, or null for "until told"."""
    sent = _sent()
    if "search_lag" in sent and sent["search_lag"] is None:
        sent["search_lag"] = UNTIL_TOLD
    _handle(subdomain).set(**sent)
    return nothing()


@control.post(f"{ACCOUNT}/index")
def index_now(subdomain: str) -> Response:
    _handle(subdomain).index_now()
    return nothing()


@control.patch(f"{ACCOUNT}/users/<int:user_id>")
def set_user(subdomain: str, user_id: int) -> Response:
    _handle(subdomain).set_user(user_id, **_sent())
    return nothing()


@control.post(f"{ACCOUNT}/rename")
def rename(subdomain: str) -> Response:
    _handle(subdomain).rename(_sent()["subdomain"])
    return nothing()


@control.post(f"{ACCOUNT}/install")
def install(subdomain: str) -> Response:
    sent = _sent()
    return jsonify(status=_handle(subdomain).install(sent.get("user_id"), sent.get("settings")))


@control.post(f"{ACCOUNT}/install_external")
def install_external(subdomain: str) -> Response:
    return jsonify(location=_handle(subdomain).install_external(**_sent()))


@control.post(f"{ACCOUNT}/disable")
def disable(subdomain: str) -> Response:
    return jsonify(status=_handle(subdomain).disable())


@control.post(f"{ACCOUNT}/tokens")
def mint_tokens(subdomain: str) -> Response:
    return jsonify(_handle(subdomain).tokens(_sent().get("user_id")))


@control.post(f"{ACCOUNT}/widget_token")
def mint_widget_token(subdomain: str) -> Response:
    return jsonify(token=_handle(subdomain).widget_token(_sent()["user_id"]))


@control.post(f"{ACCOUNT}/revoke")
def revoke(subdomain: str) -> Response:
    kinds = tuple(_sent().get("kinds", ("access", "refresh")))
    return jsonify(revoked=_handle(subdomain).revoke_tokens(kinds))


@control.post(f"{ACCOUNT}/pipeline_hooks")
def add_pipeline_hook(subdomain: str) -> Response:
    _handle(subdomain).add_pipeline_hook(**_sent())
    return nothing()


@control.post(f"{ACCOUNT}/accept")
def accept(subdomain: str) -> Response:
    _handle(subdomain).accept(**_sent())
    return nothing()


@control.post(f"{ACCOUNT}/decline")
def decline(subdomain: str) -> Response:
    _handle(subdomain).decline(**_sent())
    return nothing()


@control.patch(f"{ACCOUNT}/<any(leads, contacts, companies):kind>/<int:card_id>")
def change_card(subdomain: str, kind: str, card_id: int) -> Response:
    _handle(subdomain).change(kind, card_id, **_sent())
    return nothing()


@control.get("/requests")
def list_requests() -> Response:
    """Answered requests after `since`, at most `limit`, of one `account` if it is named; `cursor` is the last one's."""
    cursor, limit = request.args.get("since", 0, int), request.args.get("limit", DEFAULT_PAGE, int)
    found = parts().traffic.since(cursor, request.args.get("account"))[: max(limit, 0)]
    return jsonify(requests=[as_json(seen) for seen in found], cursor=found[-1].n if found else cursor)


@control.delete("/requests")
def clear_requests() -> Response:
    parts().traffic.clear()
    return nothing()


@control.get("/deliveries")
def list_deliveries() -> Response:
    """What was sent, with the status it met, and what waits for its time."""
    outbox = parts().outbox
    return jsonify(sent=[asdict(s) for s in list(outbox.sent)], waiting=[asdict(d) for d in outbox.waiting()])


@control.post("/settle")
def settle() -> Response:
    """Waits until everything due is sent."""
    return jsonify(settled=parts().outbox.settle(SETTLE_LIMIT))


@control.get("/clock")
def read_clock() -> Response:
    return jsonify(now=world().clock.now())


@control.post("/clock")
def set_clock() -> Response:
    """`{"at": t, "frozen": bool}`, `{"advance": seconds}`, or `{}` for the real time."""
    sent, clock = _sent(), world().clock
    if "advance" in sent:
        clock.advance(_seconds(sent["advance"]))
    elif "at" in sent:
        clock.set(_seconds(sent["at"]), frozen=bool(sent.get("frozen")))
    else:
        clock.real()
    return jsonify(now=clock.now())


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not math.isfinite(seconds):
        raise ValueError("a finite number of seconds is expected")
    return seconds


@control.get("/faults")
def list_faults() -> Response:
    return jsonify([faults.as_json(fault) for fault in parts().faults.all()])


@control.post("/faults")
def add_fault() -> Response:
    added: Fault = parts().faults.add(faults.from_json(_sent()))
    return jsonify(faults.as_json(added))


@control.delete("/faults")
@control.delete("/faults/<int:fault_id>")
def clear_faults(fault_id: int | None = None) -> Response:
    parts().faults.clear(None if fault_id is None else [fault_id])
    return nothing()


@control.post("/limits")
def set_limits() -> Response:
    """Any of Limits; `{"on": false}` switches them off."""
    with world().lock:
        parts().limiter.limits = replace(parts().limiter.limits, **_sent())
        parts().limiter.reset()
    return jsonify(asdict(parts().limiter.limits))


@control.post("/buttons/<words>")
def press(words: str) -> Response:
    """Does what the button of these words is for."""
    parts().buttons[words]()
    return nothing()


@control.post("/oauth")
def set_oauth() -> Response:
    """`{"grace_until_new_used": true}`: a used refresh token works until its successor is used."""
    world().grace_until_new_used = bool(_sent()["grace_until_new_used"])
    return nothing()
