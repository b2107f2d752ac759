"""Stores a decision about a fact: the call, its intents and its popups. Nothing here commits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from backend.calls import intents
from backend.calls.facts import Fact
from backend.calls.intents import Intent, PopupState, ShowPopup
from backend.calls.numbers import phones
from backend.calls.rules.policy import Decision
from backend.calls.rules.rules import Rules
from backend.store import db, popups
from backend.store.journal import journal
from backend.store.journal.journal import CallRow


def call_of(account_id: int, fact: Fact, rules: Rules) -> CallRow:
    """The fact's call; a new row for a new call."""
    header = {
        "account_id": account_id, "call": fact.call, "direction": fact.direction.value, "did": fact.did,
        "client": phones.key(fact.client, rules.country),
        "started": getattr(fact, "started", None) or fact.at or 0,
    }  # fmt: skip
    db.session.execute(insert(CallRow).values(header).on_conflict_do_nothing())
    call = journal.call(account_id, fact.call)
    assert call is not None
    if call.client is None:  # the number may become known only after the call began
        call.client = phones.key(fact.client, rules.country)
    return call


def settle(call: CallRow, decision: Decision, lead: int | None = None) -> None:
    """The call's place in the CRM as far as it is known at the decision; `lead` is a named one."""
    known, party = decision.client.lead, decision.client.party
    call.lead = lead or (known.id if known else None)
    if party:
        setattr(call, "contact" if party.entity == "contacts" else "company", party.id)


def put(call: CallRow, intent: Intent, *, is_late: bool = False) -> bool:
    """Popups are shown at once, in this transaction; every other intent is stored for the drain."""
    if isinstance(intent, ShowPopup):
        _show(call, intent, is_late)
        return False
    journal.add_intent(call.account_id, call.call, intent.kind, intents.to_json(intent), backfill=is_late)
    return True


def _show(call: CallRow, popup: ShowPopup, is_late: bool) -> None:
    only_in = None if popup.only_in is None else [each.value for each in popup.only_in]
    state: dict[str, Any] = {"state": popup.state.value, "only_in": only_in}
    if popup.state is PopupState.TALKING and "lead" not in popup.details:
        popup = replace(popup, details={**popup.details, **_link_of(call.account_id, call.call)})
    if popup.employees is None or popup.state is PopupState.CLOSED:
        state["talked_until"] = popup.ended_at
        popups.change(call.account_id, call.call, popup.details, users=popup.employees, **state)
    elif not is_late:
        details = {"at": call.started, **popup.details}
        popups.show(call.account_id, call.call, popup.employees, details=details, **state)


def _link_of(account_id: int, call: str) -> dict[str, Any]:
    """The link to the lead that the call has by now, as in its other popups."""
    shown = (popup.details.get("lead") for popup in popups.of_call(account_id, call))
    return next(({"lead": lead} for lead in shown if lead), {})
