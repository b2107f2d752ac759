"""A fact arrives: in one transaction it is written down with its decision, its intents, popups and a wake-up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from backend.calls import intents, phones, policy
from backend.calls.chain import talk_seconds
from backend.calls.facts import (
    CallAnswered,
    CallEnded,
    CallStarted,
    Direction,
    ExtensionRang,
    Fact,
    RecordingNamed,
    Result,
    from_json,
    to_json,
)
from backend.calls.intents import Intent, LogCall, PopupState, ShowPopup
from backend.calls.policy import Decision
from backend.calls.rules import Rules
from backend.desk import lookup, outcomes, transfer
from backend.store import call_list, db, journal, popups, settings, stream, wake
from backend.store.journal import CallRow
from backend.store.stream import Topic


def arrive(account_id: int, fact: Fact) -> bool:
    """Writes the fact down and all that follows from it, and commits. False when it was known already.

    A call's end that tells of a talk nobody had told of brings the answer with it.
    """
    if fact.direction is Direction.INTERNAL:
        return False
    rules = settings.rules(account_id)
    untold = _untold_answer(account_id, fact)
    wanted = [_write(account_id, each, rules) for each in (*untold, fact)]
    if any(wanted):
        wake.wake(account_id)
    db.session.commit()
    return wanted[-1] is not None


def _untold_answer(account_id: int, fact: Fact) -> tuple[CallAnswered, ...]:
    if not isinstance(fact, CallEnded) or fact.result is not Result.ANSWERED or not fact.extension:
        return ()
    if journal.has_fact(account_id, fact.call, CallAnswered.kind):
        return ()
    return (
        CallAnswered(
            call=fact.call, at=fact.answered or fact.at, direction=fact.direction, client=fact.client,
            did=fact.did, extension=fact.extension,
        ),
    )  # fmt: skip


def _write(account_id: int, fact: Fact, rules: Rules) -> int | None:
    """How many intents were written down; None when the fact was known."""
    row = journal.add_fact(account_id, fact.call, fact.key, fact.kind, fact.at or 0, to_json(fact))
    if row is None:
        return None
    call = _call(account_id, fact, rules)
    decision = policy.decide(fact, lookup.when_told(call, fact), rules)
    row.reasons = list(decision.reasons)
    _settle(call, decision)
    _remember(call, fact)
    put = sum(_put(call, each) for each in decision.intents)
    transfer.follow(account_id, fact, rules)
    return put + (outcomes.let_go(call, rules) if isinstance(fact, CallAnswered | CallEnded) else 0)


def _call(account_id: int, fact: Fact, rules: Rules) -> CallRow:
    header = {
        "account_id": account_id, "call": fact.call, "direction": fact.direction.value, "did": fact.did,
        "client": phones.key(fact.client, rules.country),
        "started": getattr(fact, "started", None) or fact.at or 0,
    }  # fmt: skip
    db.session.execute(insert(CallRow).values(header).on_conflict_do_nothing())
    call = journal.call(account_id, fact.call)
    assert call is not None
    if call.client is None:  # the number may be told only after the call began
        call.client = phones.key(fact.client, rules.country)
    return call


def _settle(call: CallRow, decision: Decision) -> None:
    """The call's place in the CRM, as far as it is known when its note is decided."""
    if not any(isinstance(each, LogCall) for each in decision.intents):
        return
    lead, party = decision.client.lead, decision.client.party
    call.lead = lead.id if lead else None
    if party:
        setattr(call, "contact" if party.entity == "contacts" else "company", party.id)


def _remember(call: CallRow, fact: Fact) -> None:
    if isinstance(fact, CallStarted):
        call.extension = fact.extension
    elif isinstance(fact, ExtensionRang):
        call.rang = list(dict.fromkeys((*call.rang, fact.extension)))
    elif isinstance(fact, CallAnswered):
        call.answered, call.extension = fact.at, call.extension or fact.extension
        if call.client:
            _close_missed(call.account_id, call.client, fact.at or 0)
    elif isinstance(fact, CallEnded):
        _remember_end(call, fact)
    elif isinstance(fact, RecordingNamed):
        call.recording = fact.recording


def _remember_end(call: CallRow, fact: CallEnded) -> None:
    call.ended, call.result = fact.at or 0, fact.result.value
    call.reason = fact.reason.value if fact.reason else None
    call.recording = fact.recording or call.recording
    call.extension = fact.extension or call.extension
    call.talk_seconds = talk_seconds(fact.talks)
    call.talks = [
        {"extension": each.extension, "at": each.start, "seconds": talk_seconds((each,))} for each in fact.talks
    ]
    if fact.result is Result.MISSED:
        stream.tell(call.account_id, Topic.MISSED)
    if fact.result is Result.MISSED and call.client:  # told late, when somebody has talked to the client since
        call.missed_closed_at = call_list.first_talk_after(call.account_id, call.client, call.ended)


def _close_missed(account_id: int, client: str, at: float) -> None:
    """Neither the list nor the popups of calls he was missed with need anybody any more."""
    for call in call_list.close_missed(account_id, client, at):
        popups.change(account_id, call, {}, state=PopupState.CLOSED.value, only_in=[PopupState.MISSED.value])
    stream.tell(account_id, Topic.MISSED)


def _put(call: CallRow, intent: Intent) -> bool:
    """Popups are shown at once, in this transaction; everything else is written down to be carried out."""
    if isinstance(intent, ShowPopup):
        _show(call, intent)
        return False
    journal.add_intent(call.account_id, call.call, intent.kind, intents.to_json(intent))
    return True


def _show(call: CallRow, popup: ShowPopup) -> None:
    only_in = None if popup.only_in is None else [each.value for each in popup.only_in]
    state: dict[str, Any] = {"state": popup.state.value, "only_in": only_in}
    if popup.state is PopupState.TALKING and "lead" not in popup.details:
        popup = replace(popup, details={**popup.details, **_link_of(call.account_id, call.call)})
    if popup.employees is None or popup.state is PopupState.CLOSED:
        state["talked_until"] = popup.ended_at
        popups.change(call.account_id, call.call, popup.details, users=popup.employees, **state)
    else:
        details = {"at": call.started, **popup.details}
        popups.show(call.account_id, call.call, popup.employees, details=details, **state)


def _link_of(account_id: int, call: str) -> dict[str, Any]:
    """The link to the lead that the call has got meanwhile, as its other popups show it."""
    shown = (popup.details.get("lead") for popup in popups.of_call(account_id, call))
    return next(({"lead": lead} for lead in shown if lead), {})


def decide_again(account_id: int) -> int:
    """Facts that a bug had kept from being decided; how many are decided now. Commits each."""
    waiting = [(row.id, from_json(row.body)) for row in journal.undecided(account_id)]
    for row_id, fact in waiting:
        journal.drop_fact(account_id, row_id)
        arrive(account_id, fact)
    return len(waiting)


def keep(account_id: int, fact: Fact) -> None:
    """Writes down a fact that could not be decided, so that it can be once the bug is mended. Commits."""
    row = journal.add_fact(account_id, fact.call, fact.key, fact.kind, fact.at or 0, to_json(fact))
    if row is not None:
        row.reasons, row.decided = ["our bug: not decided"], False
    db.session.commit()
