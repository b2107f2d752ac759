"""Who wants to be told: webhooks of an account (docs/amocrm-contract.md §3.19)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Response

from sandbox.crm import php
from sandbox.crm.answers import args, hal, links, nothing, one
from sandbox.crm.context import act, caller
from sandbox.crm.gate import admins_only, api
from sandbox.crm.problems import Problem
from sandbox.crm.state import Record
from sandbox.crm.validation import Checker, Schema, integer, list_of, one_of, text, validate

PEOPLE = ("lead", "contact", "company", "customer")
NAMES = (
    *(f"{verb}_{kind}" for verb in ("add", "update") for kind in (*PEOPLE, "task", "talk")),
    *(f"delete_{kind}" for kind in (*PEOPLE, "task")),
    *(f"responsible_{kind}" for kind in (*PEOPLE, "task")),
    *(f"restore_{kind}" for kind in PEOPLE[:3]),
    *(f"note_{kind}" for kind in PEOPLE),
    *(f"{verb}_unsorted" for verb in ("add", "update", "delete")),
    "status_lead",
    "add_chat_template_review",
)
MAX_WEBHOOKS = 100


def _address(checker: Checker, path: str, value: Any) -> None:
    text(2048)(checker, path, value)
    fits = isinstance(value, str) and value.isascii() and urlsplit(value).scheme in ("http", "https")
    checker.require(fits, "NotSupportedChoice", path)


SUBSCRIPTION: Schema = {"destination": _address, "settings": list_of(one_of(*NAMES)), "sort": integer}


@api.get("/v4/webhooks")
def list_webhooks() -> Response:
    admins_only()
    asked = php.first(args(), "filter", "destination")
    found = [w for w in caller().account.webhooks.values() if asked in (None, w["destination"])]
    if not found:
        return nothing()
    return hal({"_total_items": len(found), "_links": links("/webhooks"), "_embedded": {"webhooks": found}})


@api.post("/v4/webhooks")
def subscribe() -> Response:
    """The same destination is updated; a disabled one works again."""
    admins_only()
    if not caller().account.webhooks_on:
        raise Problem(403, "Webhooks are not part of this tariff")
    sent = one()
    validate(caller().account, [sent], SUBSCRIPTION, ("destination", "settings"))
    webhook = _by_destination(sent["destination"]) or _new(sent["destination"])
    webhook.update(settings=sent["settings"], updated_at=act().now, disabled=False, sort=sent.get("sort", 1))
    return hal(webhook, 201)


def _by_destination(destination: str) -> Record | None:
    return next((w for w in caller().account.webhooks.values() if w["destination"] == destination), None)


def _new(destination: str) -> Record:
    making = act()
    if len(making.account.webhooks) >= MAX_WEBHOOKS:
        raise Problem(422, f"Limit {MAX_WEBHOOKS} webhooks")
    webhook: Record = {
        "id": making.take_id("webhooks"), "destination": destination, "created_at": making.now,
        "account_id": making.account.id, "created_by": making.user_id,
    }  # fmt: skip
    making.account.webhooks[webhook["id"]] = webhook
    return webhook


@api.delete("/v4/webhooks")
def unsubscribe() -> Response:
    admins_only()
    webhook = _by_destination(one().get("destination", ""))
    if webhook is None:
        raise Problem(404)
    del caller().account.webhooks[webhook["id"]]
    return nothing()
