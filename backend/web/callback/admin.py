"""Callbacks for the account's administrators: the requests and their results, and the sites that may request
callbacks."""

from __future__ import annotations

from typing import Any

from flask import current_app

from backend.amocrm.onetime import Visitor
from backend.desk.callback import lifecycle as desk
from backend.desk.callback import listing
from backend.desk.callback.admission import hook_of
from backend.store import db
from backend.store.callback import requests, sites
from backend.store.callback.sites import SiteRow
from backend.store.settings import settings
from backend.web import api
from backend.web.api import ApiError

Json = dict[str, Any]

blueprint = api.blueprint("callbacks")


@blueprint.get("/api/callbacks")
def read_callbacks() -> Json:
    """The requests, and the number of refused ones."""
    return listing.requests_and_refusals(_administrator().account_id)


@blueprint.post("/api/callbacks/<id>/stop")
def stop(id: str) -> Json:
    """Stops ringing for this request."""
    account_id = _account_with(id)
    return _done(desk.stop(account_id, id))


@blueprint.post("/api/callbacks/<id>/now")
def call_now(id: str) -> Json:
    """Rings at once, whatever the request waits for."""
    account_id = _account_with(id)
    return _done(desk.ring_now(account_id, id))


@blueprint.post("/api/callback/sites")
def make_site() -> Json:
    """A key and a secret; the site works once it is saved in the settings. The secret is shown only this once."""
    account_id = _administrator().account_id
    saved = [each.key for each in settings.read(account_id).callback.sites]
    site = sites.make(account_id, saved)
    if site is None:
        raise ApiError("too_many_sites", 409)
    return _with_secret(site)


@blueprint.post("/api/callback/sites/<key>/secret")
def renew_secret(key: str) -> Json:
    """A new secret, shown only this once; the previous one and its webhook become invalid."""
    site = sites.renew_secret(_administrator().account_id, key)
    if site is None:
        raise ApiError("not_found", 404)
    return _with_secret(site)


def _administrator() -> Visitor:
    caller = api.visitor()
    api.account_of(caller)
    api.admit(caller)
    return caller


def _account_with(id: str) -> int:
    account_id = _administrator().account_id
    if requests.find(account_id, id) is None:
        raise ApiError("not_found", 404)
    return account_id


def _done(is_done: bool) -> Json:
    if not is_done:
        raise ApiError("over", 409)
    return {}


def _with_secret(site: SiteRow) -> Json:
    address = f"{current_app.config['PUBLIC_URL']}/callback/{site.key}"
    shown = {"key": site.key, "secret": site.secret, "hook": f"{address}/{hook_of(site.secret)}"}
    db.session.commit()
    return shown
