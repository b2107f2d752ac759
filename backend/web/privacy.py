"""What an account's administrator does for privacy: the trail, one person's data, a recording's link taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import request

from backend.desk import person
from backend.desk.person import NoNumber
from backend.store import accounts, db
from backend.store.privacy import trail
from backend.store.privacy.person import StillTalking
from backend.store.privacy.trail import Deed
from backend.store.recordings import links
from backend.store.settings.errors import FieldError
from backend.web import api
from backend.web.api import ApiError

PAGE = 100  # entries of the trail

blueprint = api.blueprint("privacy")


@blueprint.get("/api/trail")
def read_trail() -> dict[str, Any]:
    """Who changed, looked at and took away what, newest first; `before` (Unix seconds) is the next page's."""
    account_id, _ = _admin()
    before = request.args.get("before", type=float)
    if before is not None and not 0 < before < 2**40:
        raise ApiError("invalid", 422, [FieldError(field="before", kind="int_type")])
    rows = trail.newest(account_id, PAGE, None if before is None else datetime.fromtimestamp(before, UTC))
    names = {each.user_id: each.name for each in accounts.users(account_id)}
    return {
        "entries": [
            {"at": row.at.timestamp(), "user_id": row.user_id, "name": names.get(row.user_id, ""), "what": row.what,
             "about": row.about, "times": row.times}
            for row in rows
        ]
    }  # fmt: skip


@blueprint.get("/api/person")
def export_person() -> tuple[dict[str, Any], dict[str, str]]:
    """All that is kept of one number."""
    account_id, user_id = _admin()
    with api.slowly(account_id), _of_a_number():
        told = person.export(account_id, user_id, request.args.get("number", ""))
    return told, {"Content-Disposition": 'attachment; filename="person.json"'}


@blueprint.delete("/api/person")
def erase_person() -> dict[str, Any]:
    """Forgets one number."""
    account_id, user_id = _admin()
    with _of_a_number():
        return {"gone": person.erase(account_id, user_id, request.args.get("number", ""))}


@contextmanager
def _of_a_number() -> Iterator[None]:
    """Raises ApiError."""
    try:
        yield
    except NoNumber:
        raise ApiError("invalid", 422, [FieldError(field="number", kind="phone")]) from None
    except StillTalking:
        db.session.rollback()
        raise ApiError("still_talking", 409) from None


@blueprint.delete("/api/calls/<call>/recording-link")
def revoke_link(call: str) -> dict[str, Any]:
    """The link in amoCRM's note plays no more; the card shows a new one."""
    account_id, user_id = _admin()
    if not links.revoke(account_id, call):
        raise ApiError("not_found", 404)
    trail.add(account_id, user_id, Deed.REVOKED_LINK, call)
    db.session.commit()
    return {"call": call}


def _admin() -> tuple[int, int]:
    caller = api.visitor()
    account = api.account_of(caller)
    api.admit(caller)
    return account.id, caller.user_id
