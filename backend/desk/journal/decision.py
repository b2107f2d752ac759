"""Stores a decision about a fact: the call, its intents and its popups. Nothing here commits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from backend.calls import intents
from backend.calls.facts import Fact
from backend.calls.intents import AnnounceCall, Intent, PopupState, ShowPopup
from backend.calls.rules.policy import Decision
from backend.store import db, popups
from backend.store.journal import journal
from backend.store.journal.journal import CallRow

GATHERED = 0.5  # seconds within which phones begin to ring together


def call_of(account_id: int, fact: Fact) -> CallRow:
    """The fact's call, begun with it where it is new. `fact.client` is a key."""
    header = {
        "account_id": account_id, "call": fact.call, "direction": fact.direction.value, "did": fact.did,
        "client": fact.client,
        "started": getattr(fact, "started", None) or fact.at or 0,
    }  # fmt: skip
    db.session.execute(insert(CallRow).values(header).on_conflict_do_nothing())
    call = journal.call(account_id, fact.call)
    assert call is not None
    if call.client is None:  # the number may be told only after the call began
        call.client = fact.client
    return call


def settle(call: CallRow, decision: Decision, lead: int | None = None) -> None:
    """The call's place in the CRM, as far as it is known when it is decided; `lead` is one that was named."""
    client = decision.client
    call.lead = lead or (client.lead.id if client.lead else None)
    call.contact, call.company = client.contact or call.contact, client.company or call.company


def put(call: CallRow, intent: Intent, *, is_late: bool = False) -> str | None:
    """Popups are shown at once, in this transaction; everything else is written down to be carried out: its channel."""
    if isinstance(intent, ShowPopup):
        _show(call, intent, is_late)
        return None
    if not (isinstance(intent, AnnounceCall) and _joined(call, intent)):
        body, after = intents.to_json(intent), GATHERED if isinstance(intent, AnnounceCall) else 0
        channel = intent.channel
        journal.add_intent(
            call.account_id, call.call, intent.kind, body, backfill=is_late, channel=channel, after=after
        )
    return intent.channel


def _joined(call: CallRow, intent: AnnounceCall) -> bool:
    """Phones that begin to ring together are announced in one request."""
    waits = journal.waiting_intent(call.account_id, call.call, intent.kind)
    if waits is not None:
        waits.body = {**waits.body, "employees": [*waits.body["employees"], *intent.employees]}
    return waits is not None


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
