"""An account's health: pending work, refusals, and extensions without a user."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from backend.desk.health import missing
from backend.desk.pbx import copy
from backend.desk.pbx import journal as pbx_journal
from backend.store import audits, call_list, call_stats, db
from backend.store.journal import left_out, refusals
from backend.store.journal.journal import IntentRow, IntentState
from backend.store.phonebook import phonebook
from backend.store.recordings import recordings
from backend.store.recordings.recordings import RecordingState, Why
from backend.store.settings import settings

RECENT = 30 * 86_400  # seconds
MOST_SHOWN = 20
DAYS_SHOWN = 7
UNDER_WAY = (RecordingState.WAITING, RecordingState.FETCHING)
NO_LOSS = (Why.NO_SOURCE, Why.EMPTY)
TROUBLES = (Why.REFUSED, Why.UNREACHABLE)  # of the PBX, the more serious one first
COUNTS = ("seen", "in_crm", "mended", "by_rule", "gone", "waiting", "failed")


def health(account_id: int) -> dict[str, Any]:
    """Plain values for people and JSON. Raises LookupError for an unknown account."""
    todo = select(func.count(), func.min(IntentRow.created_at)).where(
        IntentRow.account_id == account_id, IntentRow.state == IntentState.TODO.value, ~IntentRow.backfill
    )
    waiting, oldest = db.session.execute(todo).one()
    refused = refusals.waiting(account_id)[-MOST_SHOWN:]
    return {
        "waiting": waiting,
        "waiting_since": round(oldest.timestamp()) if oldest else None,
        "refused": [_shown(row) for row in refused],
        "left_out": [
            {"kind": each.kind, "name": each.name, "why": each.why, "at": round(each.at.timestamp())}
            for each in left_out.lately(account_id, MOST_SHOWN)
        ],
        "unmapped_extensions": unmapped_extensions(account_id),
        "gone": missing.shown(account_id),
        "open_missed_calls": call_list.count_open_missed(account_id),
        "phonebook": phonebook.size(account_id),
        "days": _days(account_id),
        "copy": copy.shown(account_id),
        "journal": pbx_journal.shown(account_id),
        "recordings": _recordings(account_id),
    }


def _shown(row: IntentRow) -> dict[str, Any]:
    """`again_at`: when it is tried again by itself, in Unix seconds; None when a person has to say so."""
    again_at = round(row.due_at.timestamp()) if row.refusals <= refusals.MOST else None
    return {"call": row.call, "intent": row.kind, "why": row.error, "again_at": again_at}


def _days(account_id: int) -> list[dict[str, Any]]:
    """The last days' calls, as compared with the CRM."""
    today = datetime.now(ZoneInfo(settings.read(account_id).zone)).date()
    counted = audits.days(account_id, today - timedelta(days=DAYS_SHOWN - 1), today)
    return [{"day": each.day.isoformat(), **{name: getattr(each, name) for name in COUNTS}} for each in counted]


def _recordings(account_id: int) -> dict[str, Any]:
    """Recordings on their way, the PBX's trouble with providing them, and those that failed lately."""
    since = datetime.now(UTC) - timedelta(days=DAYS_SHOWN)
    counted = recordings.counts(account_id, since)
    waiting = {each: count for each, count in counted.items() if each[0] in UNDER_WAY}
    failed = {each: count for each, count in counted.items() if each[0] is RecordingState.FAILED}
    reasons = {why for _, why in waiting}
    return {
        "waiting": sum(waiting.values()),
        "failed": sum(count for (_, why), count in failed.items() if why not in NO_LOSS),
        "trouble": next((why.value for why in TROUBLES if why in reasons), ""),
    }


def unmapped_extensions(account_id: int) -> list[str]:
    """Extensions without a user that talked lately: their calls go to the default employee."""
    rules = settings.rules(account_id)
    known = {extension for each in rules.employees for extension in each.extensions + each.mobiles}
    return sorted(call_stats.talkers(account_id, time.time() - RECENT) - known)
