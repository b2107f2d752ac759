"""Callback requests in the account's administration pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from backend.calls.numbers import phones
from backend.store.callback import guard, requests
from backend.store.callback.requests import CallbackRow
from backend.store.settings import settings

SHOWN = 100
REFUSED_WITHIN = timedelta(days=1)


def requests_and_refusals(account_id: int) -> dict[str, Any]:
    """Open requests, then ended ones, newest first; and the number of recent refusals by kind."""
    sites = {each.key: each.name for each in settings.read(account_id).callback.sites}
    return {
        "callbacks": [_shown(each, sites) for each in requests.of_account(account_id, SHOWN)],
        "refused": dict(guard.refusals(account_id, REFUSED_WITHIN)),
    }


def _shown(row: CallbackRow, sites: dict[str, str]) -> dict[str, Any]:
    shown = {
        "id": row.id,
        "state": row.state,
        "result": row.result,
        "reason": row.reason,
        "phone": phones.spoken(row.phone),
        "name": row.name,
        "comment": row.comment,
        "department": row.department,
        "site": sites.get(row.site),
        "attempts": row.attempts,
        "at": _seconds(row.created_at),
        "next_at": _seconds(row.next_at) if row.is_open else None,
        "ended": _seconds(row.ended_at),
        "lead": row.lead,
    }
    return {name: value for name, value in shown.items() if value not in (None, "")}


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp())
