"""The account's webhook: subscribing and unsubscribing."""

from __future__ import annotations

import structlog
from flask import current_app

from backend.amocrm import hooks as names
from backend.amocrm import requests
from backend.amocrm.client import ApiClient
from backend.amocrm.errors import AmoError, Need, NeedsPerson, Rejected, Unclear
from backend.desk.journal.job import Desk
from backend.store import db
from backend.store.phonebook import webhooks
from backend.store.phonebook.webhooks import HookState

PATH = "/hooks/"

log = structlog.get_logger()


def subscribe(desk: Desk) -> None:
    """Subscribes again each time: amoCRM disables a webhook that failed too often, and a tariff may have changed. Where
    amoCRM refuses, changes are polled (desk.phonebook.polling)."""
    key = webhooks.of(desk.account_id).key
    refusal = _subscribe(desk, key, (*names.EVENTS, *names.UNSORTED_EVENTS))
    if isinstance(refusal, Rejected):
        refusal = _subscribe(desk, key, names.EVENTS)
    state = HookState.SUBSCRIBED if refusal is None else HookState.REFUSED
    webhooks.move(desk.account_id, state, "" if refusal is None else str(refusal))
    log.info("webhook", account=desk.account_id, state=state.value, why=str(refusal or ""))


def _subscribe(desk: Desk, key: str, events: tuple[str, ...]) -> AmoError | None:
    """The refusal; None after success."""
    try:
        desk.send(requests.subscribe(_destination(key), events))
    except (Rejected, Unclear) as refusal:
        return refusal
    except NeedsPerson as refusal:
        if refusal.need not in (Need.RIGHTS, Need.UNPAID):
            raise
        return refusal
    return None


def unsubscribe(account_id: int, client: ApiClient) -> None:
    """Best effort: an account being disconnected may deny access. Commits."""
    key = webhooks.of(account_id).key
    webhooks.move(account_id, HookState.NONE)
    db.session.commit()
    try:
        client.send(requests.unsubscribe(_destination(key)))
    except AmoError as error:
        log.info("webhook not left", account=account_id, why=str(error))


def _destination(key: str) -> str:
    return f"{current_app.config['PUBLIC_URL']}{PATH}{key}"
