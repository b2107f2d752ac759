"""The account's settings as the widget reads and changes them."""

from __future__ import annotations

from typing import Any

from backend.accounts import client_for
from backend.amocrm import account_answers, requests
from backend.amocrm.errors import AmoError
from backend.amocrm.onetime import Visitor
from backend.desk.health import health
from backend.store import accounts, settings
from backend.store.accounts import Account
from backend.store.settings_change import change
from backend.web import api
from backend.web.api import Refused

blueprint = api.blueprint("settings")


@blueprint.get("/api/settings")
def read_settings() -> dict[str, Any]:
    """Everything the settings page shows; where the PBX is, for administrators only."""
    caller = api.visitor()
    account = api.account_of(caller)
    try:
        is_admin = _is_admin(caller)
    except AmoError:
        is_admin = False
    return _shown(account, is_admin=is_admin)


@blueprint.put("/api/settings")
def change_settings() -> dict[str, Any]:
    """Replaces `settings` and, where given, `pbx`; answers as the reading does, or with every wrong field."""
    caller = api.visitor()
    account = api.account_of(caller)
    _admit(caller)
    errors = change(account.id, api.body())
    if errors:
        raise Refused("invalid", 422, errors)
    return _shown(account, is_admin=True)


def _admit(caller: Visitor) -> None:
    try:
        if not _is_admin(caller):
            raise Refused("not_admin", 403)
    except AmoError as error:
        raise Refused("later", 503) from error


def _is_admin(caller: Visitor) -> bool:
    """By the token, or, where it does not say, by amoCRM (contract §2). Raises the client's errors."""
    if caller.is_admin is not None:
        return caller.is_admin
    client = client_for(caller.account_id)
    try:
        user = account_answers.user(client.send(requests.user(caller.user_id)))
    finally:
        client.close()
    return user is not None and user.is_admin and user.is_active


def _shown(account: Account, *, is_admin: bool) -> dict[str, Any]:
    return {
        "account": {
            "id": account.id,
            "name": account.name,
            "state": account.state,
            "reason": account.state_reason,
            "since": account.state_since.isoformat(),
        },
        "settings": settings.read(account.id).model_dump(mode="json"),
        "pbx": settings.pbx_as_shown(account.id) if is_admin else None,
        "health": health(account.id) if is_admin else None,
        "is_admin": is_admin,
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
