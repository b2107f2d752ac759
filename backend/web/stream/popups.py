"""The caller's popups as rows, and the actions on them."""

from __future__ import annotations

from typing import Any

from flask import request

from backend.store import db, popups
from backend.web import api
from backend.web.api import ApiError
from backend.web.stream.reader import shown
from backend.web.stream.stream import place

blueprint = api.blueprint("popups")


@blueprint.get("/api/popups")
def read_popups() -> dict[str, Any]:
    """As the first messages of a stream: the recent popups that are not closed or, with `after`, all that changed
    since. The next request continues at the answer's `after`."""
    caller = api.visitor()
    account = api.account_of(caller)
    after, position = place(request.args.get("after")), popups.position()
    if after is None or after > position:
        rows = popups.recent(account.id, {caller.user_id})
    else:
        rows = popups.changed(account.id, {caller.user_id: after})
    return {"popups": [shown(each) for each in rows.get(caller.user_id, [])], "after": position}


@blueprint.post("/api/popups/<call>/close")
def close_popup(call: str) -> dict[str, Any]:
    """In all the caller's tabs. Safe to repeat."""
    caller = api.visitor()
    account = api.account_of(caller)
    if not popups.close(account.id, call, caller.user_id):
        raise ApiError("not_found", 404)
    db.session.commit()
    return {}
