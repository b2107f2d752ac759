"""Saves the outcome of a call with its intents, its popup and a wake-up, in one transaction."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any
from uuid import UUID

from backend.calls import intents
from backend.calls.rules import outcome
from backend.calls.rules.outcome import Outcome
from backend.calls.rules.rules import Rules
from backend.store import db, outcomes, popups
from backend.store.journal import journal, wake
from backend.store.journal.journal import CallRow
from backend.store.phonebook import cards
from backend.store.settings import settings


def save(account_id: int, user_id: int, call: str, request: UUID, values: dict[str, Any]) -> str | None:
    """Stores this user's outcome of this call, and commits; repeating the request changes nothing.

    `values` are fields of Outcome. None when all is well, else the problem with `contact`: "no_contact", "no_number".
    Raises LookupError when the user has no popup of the call.
    """
    row = journal.lock_call(account_id, call)
    if row is None or user_id not in {popup.user_id for popup in popups.of_call(account_id, call)}:
        raise LookupError(f"user {user_id} has no popup of call {call}")
    said = Outcome(employee=user_id, at=time.time(), **values)
    is_held = row.answered is None and row.ended is None
    if outcomes.add(account_id, call, user_id, str(request), asdict(said), is_held=is_held):
        if wrong := _wrong_contact(row, said.contact):
            db.session.rollback()
            return wrong
        _follow(row, said, is_held=is_held)
    db.session.commit()
    return None


def _wrong_contact(call: CallRow, contact: int | None) -> str | None:
    if contact is None:
        return None
    if call.client is None:
        return "no_number"
    return None if cards.has_contact(call.account_id, contact) else "no_contact"


def _follow(call: CallRow, said: Outcome, *, is_held: bool) -> None:
    """The intents wait while the call rings: what the call leaves in the CRM is not decided yet, and must be first."""
    if not is_held:
        _put(call, said, settings.rules(call.account_id))
    popups.change(call.account_id, call.call, {"outcome": True}, users=[said.employee])
    wake.wake(call.account_id)


def let_go(call: CallRow, rules: Rules) -> int:
    """Releases the outcomes saved while the call rang, once the call is decided; returns the number of intents. Does
    not commit."""
    db.session.flush()  # locks the call: an outcome saved at the same time comes before and is seen here, or waits
    return sum(_put(call, Outcome(**body), rules) for body in outcomes.let_go(call.account_id, call.call))


def _put(call: CallRow, said: Outcome, rules: Rules) -> int:
    wanted = outcome.decide(said, call.client, call.result, rules)
    for each in wanted:
        journal.add_intent(call.account_id, call.call, each.kind, intents.to_json(each))
    return len(wanted)
