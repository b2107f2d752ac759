"""Statistics of an account's calls, and its possible problems."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from backend.calls.numbers import phones
from backend.calls.rules.rules import Employee, Rules
from backend.desk.health.health import health
from backend.store import accounts, call_stats
from backend.store.call_stats import Scope
from backend.store.settings import settings

PERIODS = (1, 7, 30, 90)  # days, the last of them today
HOUR = 3600
MOST_SHOWN = 20
NO_LINE = {"link": "never", "link_trouble": "", "link_detail": ""}
SHOWN = (
    "waiting",
    "waiting_since",
    "refused",
    "left_out",
    "unmapped_extensions",
    "gone",
    "days",
    "copy",
    "journal",
    "recordings",
)
COUNTS = ("inbound", "outbound", "answered", "missed", "failed")


def overview(account_id: int, days: int, now: float, *, user_id: int | None = None) -> dict[str, Any]:
    """All data of docs/api.md; for one user, if named, only their own calls and no health. `now`: seconds of the epoch.

    Raises LookupError for an unknown account.
    """
    rules, zone = settings.rules(account_id), settings.read(account_id).zone
    starts = _starts(days, ZoneInfo(zone), now)
    employees = [each for each in rules.employees if each.extensions and user_id in (None, each.user_id)]
    only = None if user_id is None else [extension for each in employees for extension in each.extensions]
    scope = Scope(account_id=account_id, since=starts[0], only=only)
    dids = call_stats.by_did(scope)
    return {
        "days": days,
        "zone": zone,
        "calls": _by_time(scope, starts),
        "hours": _by_hour(scope, zone),
        "employees": _by_employee(scope, employees),
        "dids": [dict(row) for row in dids],
        **_waits(scope),
        "health": _health(scope, rules, [row["did"] for row in dids]) if user_id is None else None,
    }


def _starts(days: int, zone: ZoneInfo, now: float) -> list[float]:
    """The start of each day, or of each hour for a single day: a day has 23 to 25 of them."""
    today = datetime.fromtimestamp(now, zone).date()
    if days > 1:
        return [_midnight(today - timedelta(days=ago), zone) for ago in reversed(range(days))]
    begin, end = _midnight(today, zone), _midnight(today + timedelta(days=1), zone)
    return [begin + hour * HOUR for hour in range(round((end - begin) / HOUR))]


def _midnight(day: date, zone: ZoneInfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _by_time(scope: Scope, starts: Sequence[float]) -> list[dict[str, Any]]:
    found = call_stats.by_time(scope, starts)
    return [{"at": round(at), **_counts(found.get(place), COUNTS)} for place, at in enumerate(starts)]


def _by_hour(scope: Scope, zone: str) -> list[dict[str, Any]]:
    found = call_stats.by_hour(scope, zone)
    return [_counts(found.get(hour), ("answered", "missed")) for hour in range(24)]


def _counts(row: RowMapping | None, names: Sequence[str]) -> dict[str, int]:
    return {name: row[name] if row else 0 for name in names}


def _by_employee(scope: Scope, employees: Sequence[Employee]) -> list[dict[str, Any]]:
    seats = {extension: each.user_id for each in employees for extension in each.extensions}
    found = call_stats.by_employee(scope, seats)
    return [
        {
            "name": each.name,
            **found[each.user_id],
            "talk": int(found[each.user_id]["talk"]),
            "answer_after": _tenths(found[each.user_id]["answer_after"]),
        }
        for each in sorted(employees, key=lambda each: (each.name, each.user_id))
    ]


def _waits(scope: Scope) -> dict[str, Any]:
    waits = call_stats.waits(scope)
    return {
        "answer_after": {"median": _tenths(waits["answer_median"]), "p90": _tenths(waits["answer_p90"])},
        "missed": {
            "total": waits["missed"],
            "closed": waits["closed"],
            "first_response_median": _tenths(waits["first_response"]),
        },
    }


def _tenths(seconds: float | None) -> float | None:
    return None if seconds is None else round(max(0.0, seconds), 1)


def _health(scope: Scope, rules: Rules, dids: Sequence[str]) -> dict[str, Any]:
    account, state = accounts.find(scope.account_id), health(scope.account_id)
    assert account is not None
    link = settings.pbx_as_shown(scope.account_id) or NO_LINE
    counted = call_stats.in_crm(scope)
    return {
        **{name: link[name] for name in NO_LINE},
        "account": account.state,
        **{name: state[name] for name in SHOWN},
        "unknown_dids": _unknown(dids, rules)[:MOST_SHOWN],
        "seen_on_pbx": counted["seen"],
        "in_crm": counted["in_crm"],
    }


def _unknown(dids: Sequence[str], rules: Rules) -> list[str]:
    """Dialled numbers without a pipeline of their own, where any number has one."""
    known = rules.stages_by_did
    return [each for each in dids if known and phones.key(each, rules.country) not in known]
