"""The caller's popups, as rows: what the widget shows, and what the demo tells of."""

from __future__ import annotations

from typing import Any

from flask import request

from backend.store import popups
from backend.web import api

NEWEST = 200

blueprint = api.blueprint("popups")


@blueprint.get("/api/popups")
def read_popups() -> dict[str, Any]:
    """Those of the caller that changed after the serial `after`, the last change last, at most NEWEST."""
    caller = api.visitor()
    account = api.account_of(caller)
    after = request.args.get("after", default=0, type=int)
    rows = popups.of_user(account.id, caller.user_id, after)[-NEWEST:]
    return {
        "popups": [{"call": row.call, "state": row.state, "serial": row.serial, "details": row.details} for row in rows]
    }
