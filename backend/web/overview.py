"""The overview: of the whole account for administrators, of their own calls for other users."""

from __future__ import annotations

import time
from typing import Any

from flask import request

from backend.desk.health import alerts
from backend.desk.health.overview import PERIODS, overview
from backend.desk.sights import sight_of
from backend.store import db
from backend.store.journal import refusals, wake
from backend.store.settings.errors import FieldError
from backend.web import api
from backend.web.api import ApiError
from backend.web.language import language
from backend.words.check import with_link_reason

blueprint = api.blueprint("overview")


@blueprint.get("/api/overview")
def read_overview() -> dict[str, Any]:
    """The last `days` days, of PERIODS, in the account's own zone."""
    caller = api.visitor()
    api.account_of(caller)
    days = request.args.get("days", type=int)
    if days not in PERIODS:
        expected = ", ".join(map(str, PERIODS))
        raise ApiError("invalid", 422, [FieldError(field="days", kind="enum", values={"expected": expected})])
    is_all = api.may_administer(caller) or sight_of(caller.account_id, caller.user_id).is_all
    user_id = None if is_all else caller.user_id
    with api.slowly(caller.account_id):
        told = overview(caller.account_id, days, time.time(), user_id=user_id)
    return {**told, "health": told["health"] and _in_words(caller.account_id, told["health"])}


@blueprint.post("/api/refused/retry")
def retry_refused() -> dict[str, int]:
    """All that amoCRM refused is tried again at once: `{again}`, how many."""
    caller = api.visitor()
    account = api.account_of(caller)
    api.admit(caller)
    again = refusals.try_again(account.id)
    wake.wake(account.id)
    db.session.commit()
    return {"again": again}


def _in_words(account_id: int, health: dict[str, Any]) -> dict[str, Any]:
    return {**with_link_reason(health, language()), "alerts": alerts.shown(account_id, language())}
