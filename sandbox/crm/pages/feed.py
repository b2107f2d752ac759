"""A card's feed: its notes as they are told on the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.crm.pages import words
from sandbox.crm.state import Account, Record

ANSWERED = 4
STATUSES = {
    1: "оставил сообщение", 2: "перезвонить позже", 3: "нет на месте", 4: "идёт разговор", 5: "неверный номер",
    6: "нет ответа", 7: "занято",
}  # fmt: skip
TITLES = {
    "call_in": "Входящий звонок", "call_out": "Исходящий звонок", "common": "Примечание", "sms_in": "Входящее SMS",
    "sms_out": "Исходящее SMS",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the feed. `tone` is call, live, missed, note or service; `player` a safe address or None."""

    title: str
    tone: str
    incoming: bool
    when: str
    who: str
    phone: str = ""
    outcome: str = ""
    detail: str = ""
    player: str | None = None
    text: str = ""


def feed(account: Account, notes: Iterable[Record], now: float) -> list[Entry]:
    """Newest first."""
    ordered = sorted(notes, key=lambda note: (note["created_at"], note["id"]), reverse=True)
    return [_entry(account, note, now) for note in ordered]


def _entry(account: Account, note: Record, now: float) -> Entry:
    when = words.moment(note["created_at"], now)
    if note["note_type"] in ("call_in", "call_out"):
        return _call(account, note, when)
    params, service = note["params"], note["note_type"].endswith("service_message")
    kind = str(note["note_type"])
    title = str(params.get("service", "")) if service else TITLES.get(kind, kind)
    who = "" if service else person(account, note["created_by"])
    tone = "service" if service else "note"
    text = str(params.get("text", ""))
    return Entry(title=title, tone=tone, incoming=False, when=when, who=who, text=text, phone=params.get("phone", ""))


def _call(account: Account, note: Record, when: str) -> Entry:
    params, incoming = note["params"], note["note_type"] == "call_in"
    tone, outcome = _outcome(params)
    answered_by = params.get("call_responsible", note["created_by"])
    return Entry(
        title="Пропущенный звонок" if incoming and tone == "missed" else TITLES[note["note_type"]],
        tone=tone,
        incoming=incoming,
        when=when,
        who=person(account, answered_by),
        phone=str(params.get("phone", "")),
        outcome=outcome,
        detail=str(params.get("call_result", "")) if tone == "call" else "",
        player=_player(params.get("link", "")) if tone != "missed" else None,
    )


def _outcome(params: Record) -> tuple[str, str]:
    """A talk's length; while it lasts, or where there was none, what is said instead."""
    seconds, status = int(params.get("duration") or 0), params.get("call_status")
    if seconds > 0:
        return "call", words.duration(seconds)
    if status == ANSWERED:
        return "live", STATUSES[ANSWERED]
    return "missed", str(params.get("call_result") or STATUSES.get(status or 0, "нет ответа"))


def _player(link: str) -> str | None:
    return link if urlsplit(link).scheme in ("http", "https") else None


def person(account: Account, who: object) -> str:
    """A user's name by id; any other text as it is (docs/amocrm-contract.md §3.8); 0 is the robot."""
    if who in (0, None, ""):
        return "Робот"
    user = account.users.get(int(who)) if isinstance(who, int) or str(who).isdecimal() else None  # type: ignore[call-overload]
    return str(user["name"]) if user else str(who)
