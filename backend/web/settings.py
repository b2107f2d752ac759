"""Reading and changing the account's settings in the widget."""

from __future__ import annotations

from typing import Any

from backend.amocrm.onetime import Visitor
from backend.desk import office as people
from backend.desk.health import alerts
from backend.desk.health.health import health
from backend.desk.settings import ChangedMeanwhile, change, version
from backend.store import accounts
from backend.store.accounts import Account
from backend.store.settings import settings
from backend.web import api
from backend.web.api import ApiError
from backend.web.language import language
from backend.web.recordings import source
from backend.words.check import with_link_reason

NOTHING: dict[str, Any] = {
    "settings": None, "version": None, "pbx": None, "health": None, "recordings": None, "users": [], "stages": [],
}  # fmt: skip

blueprint = api.blueprint("settings")


@blueprint.get("/api/settings")
def read_settings() -> dict[str, Any]:
    """The caller's role here; for an administrator also everything on the settings page."""
    caller = api.visitor()
    account = api.account_of(caller)
    return _shown(account, caller, is_admin=api.may_administer(caller))


@blueprint.put("/api/settings")
def change_settings() -> dict[str, Any]:
    """Replaces `settings` and, where given, `pbx`; answers as the reading does, or with an error for every wrong
    field."""
    caller = api.visitor()
    account = api.account_of(caller)
    api.admit(caller)
    try:
        errors = change(account.id, api.body(), by=caller.user_id)
    except ChangedMeanwhile as error:
        raise ApiError("changed_meanwhile", 409) from error
    if errors:
        raise ApiError("invalid", 422, errors)
    return _shown(account, caller, is_admin=True)


def _shown(account: Account, caller: Visitor, *, is_admin: bool) -> dict[str, Any]:
    return {
        "account": {
            "id": account.id,
            "name": account.name,
            "state": account.state,
            "since": round(account.state_since.timestamp()),
        },
        "me": _me(account, caller),
        "is_admin": is_admin,
        **(_administrators_part(account) if is_admin else NOTHING),
    }


def _me(account: Account, caller: Visitor) -> dict[str, Any]:
    office = people.office(account.id)
    if office is not None:
        return office.me(caller.user_id)
    unknown = {"name": "", "extensions": [], "phone": "unknown", "link": "never"}  # of a disabled account
    return {"user_id": caller.user_id, **unknown, "account": account.state}


def _pbx(account_id: int) -> dict[str, Any] | None:
    shown = settings.pbx_as_shown(account_id)
    return shown and with_link_reason(shown, language())


def _administrators_part(account: Account) -> dict[str, Any]:
    return {
        "settings": settings.read(account.id).model_dump(mode="json"),
        "version": version(account.id),
        "pbx": _pbx(account.id),
        "health": {**health(account.id), "alerts": alerts.shown(account.id, language())},
        "recordings": source.shown(account.id),
        "users": [
            {"id": each.user_id, "name": each.name, "is_active": each.is_active} for each in accounts.users(account.id)
        ],
        "stages": [
            {
                "pipeline_id": each.pipeline_id,
                "pipeline": each.pipeline_name,
                "status_id": each.status_id,
                "name": each.name,
                "is_unsorted": each.is_unsorted,
            }
            for each in accounts.stages(account.id)
        ],
    }
