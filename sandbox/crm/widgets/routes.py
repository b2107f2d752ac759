"""What a page that runs a widget asks of the server: files, tokens, Install, Save, Disable.

These run without the world's lock: an install calls the integration's server, which may call back.
"""

from __future__ import annotations

import mimetypes

from flask import Blueprint, Response, abort, jsonify, request

from sandbox.crm.context import parts, world
from sandbox.crm.handle import AccountHandle
from sandbox.crm.pages.visitor import asked_account, visitor
from sandbox.crm.state import Account, Integration, Record
from sandbox.crm.widgets import archive, installed
from sandbox.crm.widgets.archive import Archive

widgets = Blueprint("widgets", __name__)


def _uploaded() -> tuple[Integration, Archive]:
    found = installed.of(world())
    if found is None:
        abort(404)
    return found


@widgets.get("/widgets/<code>/<path:name>")
def read_file(code: str, name: str) -> Response:
    integration, uploaded = _uploaded()
    if code != integration.widget_code or name not in uploaded.files:
        abort(404)
    return _file(name, uploaded.files[name])


@widgets.get("/vendor/<name>")
def read_vendor(name: str) -> Response:
    """The libraries of amoCRM's own pages."""
    if name not in archive.VENDOR or not archive.VENDOR[name].is_file():
        abort(404)
    return _file(name, archive.VENDOR[name].read_bytes())


def _file(name: str, content: bytes) -> Response:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(content, mimetype=kind, headers={"Cache-Control": "no-cache"})


@widgets.post("/_widget/token")
def mint_token() -> Response:
    """The one-time token of whoever is signed in here (docs/amocrm-contract.md §2)."""
    account = asked_account()
    return jsonify(token=AccountHandle(parts(), account).widget_token(_me(account)["id"]))


@widgets.post("/_widget/install")
def install() -> Response:
    """Install was pressed: the settings are kept, the integration's server is called, whatever it answers."""
    handle, me, settings = _admin()
    handle.install(me["id"], settings)
    return _now(handle)


@widgets.post("/_widget/settings")
def save() -> Response:
    handle, _, settings = _admin()
    with world().lock:
        asked_account().installs[_uploaded()[0].client_id]["settings"] = settings
        world().save()
    return _now(handle)


@widgets.post("/_widget/disable")
def disable() -> Response:
    handle, _, _ = _admin()
    handle.disable()
    return _now(handle)


@widgets.get("/_widget/calls")
def list_calls() -> Response:
    """Calls told by the older events API to whoever is signed in here, after the notification `after`."""
    account, after = asked_account(), request.args.get("after", 0, int)
    me = _me(account)["id"]
    with world().lock:
        shown = [call for call in account.notifications if call["user_id"] == me and call["id"] > after]
    return jsonify(calls=shown)


def _me(account: Account) -> Record:
    me = visitor(account)
    if me is None:
        abort(403)
    return me


def _admin() -> tuple[AccountHandle, Record, Record]:
    """The account, the administrator who asks, the settings he typed."""
    account = asked_account()
    me, sent = _me(account), request.get_json(silent=True)
    if not me["is_admin"]:
        abort(403)
    return AccountHandle(parts(), account), me, sent if isinstance(sent, dict) else {}


def _now(handle: AccountHandle) -> Response:
    return jsonify(installed.describe(world(), asked_account()))
