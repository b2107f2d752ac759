"""One account's diagnostics, for support: its settings, pending work and errors. No secret, no client's name, no
complete number."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from sqlalchemy import func, select, text

from backend import logs
from backend.desk.health import alerts
from backend.desk.health.health import NO_LOSS, health
from backend.store import accounts, db, outages
from backend.store.accounts import Account, AccountPbx
from backend.store.audits import CallAudit
from backend.store.commands import CommandRow
from backend.store.journal.journal import CallRow, IntentRow, IntentState
from backend.store.outages import Outage
from backend.store.recordings.recordings import RecordingRow, Why
from backend.store.settings import settings

MOST_CALLS, MOST_INTENTS, MOST_OUTAGES, MOST_RECORDINGS = 50, 50, 20, 20
PACKAGES = ("flask", "sqlalchemy", "psycopg", "procrastinate", "panoramisk", "gunicorn", "phonenumbers")


def diagnostics(account_id: int) -> dict[str, Any]:
    """Plain values, bounded. Raises LookupError for an unknown account."""
    account = accounts.find(account_id)
    if account is None:
        raise LookupError(f"there is no account {account_id}")
    whole = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": _versions(),
        "account": _account(account),
        "settings": settings.read(account_id).model_dump(mode="json"),
        "pbx": _pbx(account_id),
        "health": health(account_id),
        "alerts": alerts.shown(account_id, "en"),
        "outages": [_outage(each) for each in outages.last(account_id, MOST_OUTAGES)],
        "check": _last_check(account_id),
        "intents": _intents(account_id),
        "recordings": _recordings(account_id),
        "calls": _calls(account_id),
    }
    masked: dict[str, Any] = logs.masked(whole)
    return masked


def _versions() -> dict[str, Any]:
    packages = {name: version(name) for name in PACKAGES}
    revision = db.session.scalar(text("select version_num from alembic_version"))
    server = db.session.scalar(text("show server_version"))
    return {"python": platform.python_version(), "tables": revision, "postgresql": server, **packages}


def _account(account: Account) -> dict[str, Any]:
    names = ("id", "state", "state_reason", "country", "language", "zone")
    times = ("state_since", "blocked_until", "phonebook_sync_at", "audited_at", "created_at")
    return {name: getattr(account, name) for name in names} | {name: _iso(getattr(account, name)) for name in times}


def _pbx(account_id: int) -> dict[str, Any] | None:
    row = db.session.get(AccountPbx, account_id, populate_existing=True)
    if row is None:
        return None
    names = ("host", "port", "username", "tls", "link_reason", "link_trouble", "link_detail", "lease_epoch")
    times = {name: _iso(getattr(row, name)) for name in ("link_since", "lease_until", "updated_at")}
    return {**{name: getattr(row, name) for name in names}, **times, "link": row.link.value}


def _outage(row: Outage) -> dict[str, Any]:
    times = {name: _iso(getattr(row, name)) for name in ("began_at", "told_at", "ended_at")}
    return {"kind": row.kind, "trouble": row.trouble, **times}


def _last_check(account_id: int) -> dict[str, Any] | None:
    """The findings of the last PBX check, as values; None without a recent one."""
    query = select(CommandRow).where(CommandRow.account_id == account_id, CommandRow.kind == "check")
    row = db.session.scalars(query.order_by(CommandRow.created_at.desc()).limit(1)).first()
    if row is None:
        return None
    answer: dict[str, Any] = row.answer if isinstance(row.answer, dict) else {}
    kept: dict[str, Any] = {name: answer.get(name) for name in ("findings", "version")}
    return {"at": _iso(row.created_at), "error": row.error, **kept}


def _intents(account_id: int) -> dict[str, Any]:
    mine = (IntentRow.account_id == account_id, IntentRow.state != IntentState.DONE.value)
    counted = select(IntentRow.state, IntentRow.kind, func.count()).where(*mine).group_by("state", "kind")
    query = select(IntentRow).where(*mine, IntentRow.error.is_not(None)).order_by(IntentRow.id.desc())
    return {
        "not_done": [
            {"state": state, "kind": kind, "count": count} for state, kind, count in db.session.execute(counted)
        ],
        "errors": [
            {"call": row.call, "kind": row.kind, "state": row.state, "attempts": row.attempts, "unclear": row.unclear,
             "due_at": _iso(row.due_at), "error": row.error}
            for row in db.session.scalars(query.limit(MOST_INTENTS))
        ],
    }  # fmt: skip


def _recordings(account_id: int) -> list[dict[str, Any]]:
    """The last expected recordings that are missing, and the reasons."""
    worth = [why.value for why in Why if why not in NO_LOSS]
    absent = (RecordingRow.account_id == account_id, RecordingRow.key.is_(None), RecordingRow.why.in_(worth))
    query = select(RecordingRow).where(*absent).order_by(RecordingRow.due_at.desc()).limit(MOST_RECORDINGS)
    names = ("call", "names", "state", "why", "detail", "tries")
    return [
        {**{name: getattr(row, name) for name in names}, "due_at": _iso(row.due_at)}
        for row in db.session.scalars(query)
    ]


def _calls(account_id: int) -> list[dict[str, Any]]:
    """The last calls; of each number only its last four digits."""
    rows: Sequence[CallRow] = db.session.scalars(
        select(CallRow).where(CallRow.account_id == account_id).order_by(CallRow.started.desc()).limit(MOST_CALLS)
    ).all()
    found = select(CallAudit).where(CallAudit.account_id == account_id, CallAudit.call.in_([row.call for row in rows]))
    audited = {each.call: each for each in db.session.scalars(found)}
    return [_call(row, audited.get(row.call)) for row in rows]


def _call(row: CallRow, audit: CallAudit | None) -> dict[str, Any]:
    names = (
        "call", "direction", "started", "answered", "ended", "result", "reason", "talk_seconds", "lead", "contact",
        "company", "opened_lead", "part_of_record", "note", "note_entity", "note_entity_id",
    )  # fmt: skip
    numbers = {name: logs.mask_phone(value) if value else value for name, value in (
        ("client", row.client), ("did", row.did), ("extension", row.extension),
    )}  # fmt: skip
    talks = [{**each, "extension": logs.mask_phone(str(each["extension"]))} for each in row.talks]
    in_crm = {"state": audit.state, "why": audit.why} if audit else None
    rang = [logs.mask_phone(each) for each in row.rang]
    return {**{name: getattr(row, name) for name in names}, **numbers, "talks": talks, "rang": rang, "audit": in_crm}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
