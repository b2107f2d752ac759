"""The widget's lists of calls: a card's calls, and missed calls without a call back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.calls.facts import Result
from backend.calls.numbers import name_key as names
from backend.calls.numbers import phones
from backend.calls.rules import client
from backend.calls.rules.client import Knowledge
from backend.calls.rules.rules import Rules, seated_at
from backend.desk.phonebook import lookup
from backend.recordings.links import recording_link
from backend.store import call_list
from backend.store.journal.journal import CallRow
from backend.store.phonebook import cards
from backend.store.recordings import recordings
from backend.store.recordings.recordings import RecordingState, Shown, Why
from backend.store.settings import settings

OF_CARD, MISSED, FOUND = 20, 50, 20  # the most items in each list


def open_missed(account_id: int) -> list[dict[str, Any]]:
    """The open missed calls, newest first; without `recording_why`, because the answer goes to readers of all
    languages."""
    shown = _shown(account_id, call_list.open_missed(account_id, MISSED))
    return [{name: value for name, value in each.items() if name != "recording_why"} for each in shown]


def of_card(account_id: int, entity: str, card: int) -> dict[str, Any]:
    """The card's numbers, their last calls and open missed calls; empty lists for a card that is not in the phonebook
    yet."""
    numbers = cards.numbers_of(account_id, entity, card)
    return {
        "is_known": cards.is_known(account_id, entity, card),
        "phones": [{"number": each, "spoken": phones.spoken(each)} for each in numbers],
        "calls": _shown(account_id, call_list.of_clients(account_id, numbers, OF_CARD)),
        "missed": _shown(account_id, call_list.open_missed(account_id, OF_CARD, numbers)),
    }


def find_contacts(account_id: int, query: str) -> list[dict[str, Any]]:
    """Contacts by words of the name or by number in any spelling, from the phonebook."""
    words, pieces = names.fold(query).split(), phones.pieces(query, settings.rules(account_id).country)
    found = cards.find_contacts(account_id, words, pieces, FOUND) if words else []
    return [{"entity": each.entity, "id": each.id, "name": each.name} for each in found]


def _shown(account_id: int, rows: Sequence[CallRow]) -> list[dict[str, Any]]:
    if not rows:
        return []
    clients = {row.client for row in rows if row.client}
    shelf = _Shelf(
        rules=settings.rules(account_id),
        names={phone: _name(having) for phone, having in lookup.parties(account_id, list(clients)).items()},
        leads=cards.names_of_leads(account_id, {row.lead for row in rows if row.lead}),
    )
    link = recording_link(account_id)
    kept = recordings.of_calls(account_id, [row.call for row in rows if row.recording])
    return [_call(row, shelf) | _recording(row, link, kept.get(row.call)) for row in rows]


def _name(having: tuple[client.Party, ...]) -> str:
    known = client.choose(Knowledge(parties=having)).party
    return known.name if known else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """Leads and recordings that the listed calls refer to."""

    rules: Rules
    names: Mapping[str, str]
    leads: Mapping[int, str]


def _call(row: CallRow, shelf: _Shelf) -> dict[str, Any]:
    """A **Call** of docs/api.md, without the fields that are unknown."""
    shown = {
        "call": row.call,
        "direction": row.direction,
        "result": row.result,
        "reason": row.reason,
        "at": row.started,
        "answered": row.answered,
        "ended": row.ended,
        "duration": None if row.ended is None else row.talk_seconds,
        "number": row.client,
        "phone": phones.spoken(row.client) if row.client else None,
        "name": shelf.names.get(row.client or ""),
        "employees": _employees(row, shelf.rules),
        "lead": _lead(row.lead, shelf) if row.lead else None,
        "is_open_missed": row.result == "missed" and row.missed_closed_at is None and row.client is not None,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _recording(row: CallRow, link: Callable[[str], str], kept: Shown | None) -> dict[str, Any]:
    """No state without a source of recordings, or for an unanswered call; `recording_why` is a value of Why."""
    if not row.recording:
        return {}
    found = {"recording": link(row.recording_token)}
    if kept is None or kept.why is Why.NO_SOURCE or (kept.why is Why.EMPTY and row.result != Result.ANSWERED):
        return found
    if kept.key:
        return found | {"recording_state": "ready"}
    if kept.state in (RecordingState.WAITING, RecordingState.FETCHING):
        # most unanswered calls are recorded empty: their recordings would be awaited in vain
        return found | ({"recording_state": "waiting"} if row.result == Result.ANSWERED else {})
    return found | {"recording_state": "failed", "recording_why": kept.why.value if kept.why else kept.state.value}


def _lead(lead: int, shelf: _Shelf) -> dict[str, Any]:
    """The lead of an unaccepted unsorted record has no name here."""
    return {"id": lead, "name": shelf.leads[lead]} if lead in shelf.leads else {"id": lead}


def _employees(row: CallRow, rules: Rules) -> list[dict[str, Any]]:
    """The employees who talked, in order, each once; else the caller or the current talker."""
    seconds: dict[str, int] = {}
    for talk in row.talks:
        seconds[talk["extension"]] = seconds.get(talk["extension"], 0) + talk["seconds"]
    if not seconds and row.extension:
        seconds[row.extension] = 0
    return [{**_who(extension, rules), "extension": extension, "seconds": time} for extension, time in seconds.items()]


def _who(extension: str, rules: Rules) -> dict[str, Any]:
    """Empty for an extension without a user: the employee credited with its calls did not talk."""
    found = seated_at(extension, rules)
    return {"user_id": found.user_id, "name": found.name} if found else {}
