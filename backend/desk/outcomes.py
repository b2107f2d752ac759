"""The outcome of a call is saved: in one transaction it is written down with its intents, its popup and a wake-up."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any
from uuid import UUID

from backend.calls import intents, outcome
from backend.calls.outcome import Outcome
from backend.calls.rules import Rules
from backend.store import cards, db, journal, outcomes, popups, settings, wake
from backend.store.journal import CallRow


def save(account_id: int, user_id: int, call: str, request: UUID, told: dict[str, Any]) -> str | None:
    """Writes down what this user says of this call, and commits; the same request changes nothing the second time.

    `told` are values of Outcome. None when all is well, else what is wrong with `contact`: "no_contact", "no_number".
    Raises LookupError when the call has no popup of his.
    """
    row = journal.lock_call(account_id, call)
    if row is None or user_id not in {popup.user_id for popup in popups.of_call(account_id, call)}:
        raise LookupError(f"user {user_id} has no popup of call {call}")
    if contact := told.get("contact"):
        if row.client is None:
            return "no_number"
        if not cards.has_contact(account_id, contact):
            return "no_contact"
    _write_down(row, str(request), Outcome(employee=user_id, at=time.time(), **told))
    db.session.commit()
    return None


def _write_down(call: CallRow, request: str, told: Outcome) -> None:
    """A call that is neither answered nor over holds it: what it leaves in the CRM is not decided yet, and must be
    before."""
    account_id, is_held = call.account_id, call.answered is None and call.ended is None
    if not outcomes.add(account_id, call.call, told.employee, request, asdict(told), is_held=is_held):
        return
    if not is_held:
        _put(call, told, settings.rules(account_id))
    popups.change(account_id, call.call, {"outcome": True}, users=[told.employee])
    wake.wake(account_id)


def let_go(call: CallRow, rules: Rules) -> int:
    """What was saved while the call rang can be carried out, now that the call is decided; how many intents.
    Does not commit."""
    db.session.flush()  # locks the call: whoever saves meanwhile comes before, and is seen here, or waits
    return sum(_put(call, Outcome(**body), rules) for body in outcomes.let_go(call.account_id, call.call))


def _put(call: CallRow, told: Outcome, rules: Rules) -> int:
    wanted = outcome.decide(told, call.client, call.result, rules)
    for each in wanted:
        journal.add_intent(call.account_id, call.call, each.kind, intents.to_json(each))
    return len(wanted)
