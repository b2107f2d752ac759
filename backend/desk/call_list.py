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
from backend.calls.rules.sight import Sight
from backend.desk.phonebook import lookup
from backend.recordings.links import recording_link
from backend.store import call_list
from backend.store.journal.journal import CallRow
from backend.store.phonebook import cards
from backend.store.recordings import recordings
from backend.store.recordings.recordings import RecordingState, Shown, Why
from backend.store.settings import settings

OF_CARD, MISSED, FOUND = 20, 50, 20  # the most items in each list


class NotYours(Exception):
    """amoCRM, or the account, does not let this user see this card."""


def open_missed(account_id: int, sights: Sequence[Sight]) -> list[list[dict[str, Any]]]:
    """The open missed calls as each of these users may see them, newest first; told to people of all languages, so
    without `recording_why`."""
    rows = call_list.open_missed(account_id, MISSED)
    shelf = _shelf(account_id, rows)
    return [[_spoken_to_all(each) for each in _shown(account_id, rows, shelf, sight)] for sight in sights]


def _spoken_to_all(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name != "recording_why"}


def of_card(account_id: int, entity: str, card: int, sight: Sight) -> dict[str, Any]:
    """The card's numbers, their last calls and open missed calls; nothing when the phonebook has no such card yet.
    Raises NotYours."""
    is_known = cards.is_known(account_id, entity, card)
    if is_known and not sight.may_see(entity, cards.responsible_of(account_id, entity, card)):
        raise NotYours
    numbers = cards.numbers_of(account_id, entity, card)
    calls = call_list.of_clients(account_id, numbers, OF_CARD)
    missed = call_list.open_missed(account_id, OF_CARD, numbers)
    shelf = _shelf(account_id, [*calls, *missed])
    return {
        "is_known": is_known,
        "phones": [{"number": each, "spoken": phones.spoken(each)} for each in numbers],
        "calls": _shown(account_id, calls, shelf, sight),
        "missed": _shown(account_id, missed, shelf, sight),
    }


def find_contacts(account_id: int, query: str, sight: Sight) -> list[dict[str, Any]]:
    """Contacts by words of the name or by number in any spelling, from the phonebook."""
    words, pieces = names.fold(query).split(), phones.pieces(query, settings.rules(account_id).country)
    of = sight.responsibles(cards.CONTACTS)
    found = cards.find_contacts(account_id, words, pieces, FOUND, of) if words else []
    return [{"entity": each.entity, "id": each.id, "name": each.name} for each in found]


def _shown(account_id: int, rows: Sequence[CallRow], shelf: _Shelf, sight: Sight) -> list[dict[str, Any]]:
    seen = [row for row in rows if _may_see(row, shelf, sight)]
    link = recording_link(account_id)
    return [_call(row, shelf, sight) | _recording(row, link, shelf.kept.get(row.call)) for row in seen]


def _shelf(account_id: int, rows: Sequence[CallRow]) -> _Shelf:
    clients = {row.client for row in rows if row.client}
    return _Shelf(
        rules=settings.rules(account_id),
        parties=lookup.parties(account_id, list(clients)) if clients else {},
        leads=cards.names_of_leads(account_id, {row.lead for row in rows if row.lead}),
        kept=recordings.of_calls(account_id, [row.call for row in rows if row.recording]),
    )


def _may_see(row: CallRow, shelf: _Shelf, sight: Sight) -> bool:
    """A call of their own, of a client that they may see, or of one whom nobody knows yet."""
    if sight.is_all or sight.user_id in {each.get("user_id") for each in _employees(row, shelf.rules)}:
        return True
    having = shelf.parties.get(row.client or "", ())
    if having:
        return any(sight.may_see(*owner) for each in having for owner in each.owners)
    return not sight.is_own or sight.user_id in shelf.rules.missed_to


def _name(having: tuple[client.Party, ...]) -> str:
    known = client.choose(Knowledge(parties=having)).party
    return known.name if known else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """Leads and recordings that the listed calls refer to."""

    rules: Rules
    parties: Mapping[str, tuple[client.Party, ...]]
    leads: Mapping[int, tuple[str, int | None]]
    kept: Mapping[str, Shown]

    def name(self, phone: str | None, sight: Sight) -> str | None:
        having = self.parties.get(phone or "", ())
        return _name(tuple(each for each in having if sight.may_see(each.entity, each.responsible))) or None


def _call(row: CallRow, shelf: _Shelf, sight: Sight) -> dict[str, Any]:
    """A **Call** of docs/api.md; what is unknown is left out."""
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
        "name": shelf.name(row.client, sight),
        "employees": _employees(row, shelf.rules),
        "lead": _lead(row.lead, shelf, sight) if row.lead else None,
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


def _lead(lead: int, shelf: _Shelf, sight: Sight) -> dict[str, Any]:
    """The lead of a record that nobody has accepted yet is nameless, and so is one that they may not see."""
    name, responsible = shelf.leads.get(lead, ("", None))
    is_shown = lead in shelf.leads and sight.may_see(cards.LEADS, responsible)
    return {"id": lead, "name": name} if is_shown else {"id": lead}


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
