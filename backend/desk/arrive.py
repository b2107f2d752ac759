"""Stores an arriving fact with its decision, intents, popups and a wake-up of the drain, in one transaction."""

from __future__ import annotations

from dataclasses import replace

from backend.calls.facts import (
    CallAnswered,
    CallEnded,
    CallStarted,
    CallTimed,
    Direction,
    ExtensionRang,
    Fact,
    RecordingNamed,
    Result,
    from_json,
    to_json,
)
from backend.calls.intents import CRM, LogCall, PopupState
from backend.calls.numbers import phones
from backend.calls.rules import policy
from backend.calls.rules.callback_plan import is_callback
from backend.calls.rules.talk_chain import talk_seconds
from backend.desk import outcomes
from backend.desk.callback import lifecycle
from backend.desk.callback.account_rules import AccountRules, rules_of
from backend.desk.dialing import transfer
from backend.desk.journal import decision
from backend.desk.phonebook import lookup
from backend.store import call_list, db, popups, stream
from backend.store.base import counters
from backend.store.journal import journal, wake
from backend.store.journal.journal import CallRow
from backend.store.recordings import recordings
from backend.store.settings.settings import AccountSettings
from backend.store.stream import Topic


def arrive(account_id: int, fact: Fact, *, is_late: bool = False) -> bool:
    """Stores the fact with everything that follows from it, and commits. False for a fact that is already stored.

    If no answer was stored for a call that ends with a talk, the answer is added here. A late fact changes only popups
    that already show the call, and its work waits until the work of current calls is done.
    """
    if fact.direction is Direction.INTERNAL:
        return False
    chosen = rules_of(account_id)
    fact = _with_key(fact, chosen.settings)
    untold = _untold_answer(account_id, fact)
    wanted = [_write(account_id, each, chosen, is_late) for each in (*untold, fact)]
    for channel in sorted(frozenset().union(*filter(None, wanted))):
        wake.wake(account_id, channel=channel)
    db.session.commit()
    return wanted[-1] is not None


def _with_key(fact: Fact, chosen: AccountSettings) -> Fact:
    """With the key of the client's number, None where it is hidden. The PBX may show and dial it with a prefix."""
    if fact.client is None:
        return fact
    if fact.direction is Direction.INBOUND:
        number = chosen.to_routing().unprefixed(fact.client)
    else:
        number = phones.behind(chosen.dial.prefix, fact.client, chosen.country)
    return replace(fact, client=phones.key(number, chosen.country))


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


def _write(account_id: int, fact: Fact, chosen: AccountRules, is_late: bool) -> frozenset[str] | None:
    """The channels that have something to do; None when the fact was known."""
    row = journal.add_fact(account_id, fact.call, fact.key, fact.kind, fact.at or 0, to_json(fact))
    if row is None:
        return None
    counters.add(account_id, counters.FACTS, fact.kind)
    rules = chosen.rules
    call = decision.call_of(account_id, fact)
    decided = policy.decide(fact, lookup.at_fact(call, fact), rules)
    row.reasons = list(decided.reasons)
    if not is_callback(call.call) and any(isinstance(each, LogCall) for each in decided.intents):
        decision.settle(call, decided)
    _remember(call, fact)
    channels = {decision.put(call, each, is_late=is_late) for each in decided.intents}
    transfer.follow(account_id, fact, rules)
    written = lifecycle.follow(call, fact, chosen)
    if isinstance(fact, CallAnswered | CallEnded):
        written += outcomes.let_go(call, rules)
    return frozenset(filter(None, channels)) | ({CRM} if written else set())


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
    elif isinstance(fact, CallTimed):
        call.talk_seconds = fact.seconds
    elif isinstance(fact, RecordingNamed):
        call.recording = call.recording or fact.recording
        recordings.named(call.account_id, call.call, fact.recording)


def _remember_end(call: CallRow, fact: CallEnded) -> None:
    call.ended, call.result = fact.at or 0, fact.result.value
    counters.add(call.account_id, counters.CALLS, f"{call.direction} {call.result}")
    call.reason = fact.reason.value if fact.reason else None
    call.recording = fact.recording or call.recording
    if fact.recording:
        recordings.named(call.account_id, call.call, fact.recording)
    call.extension = fact.extension or call.extension
    call.talk_seconds = talk_seconds(fact.talks)
    call.talks = [
        {"extension": each.extension, "at": each.start, "seconds": talk_seconds((each,))} for each in fact.talks
    ]
    if fact.result is Result.MISSED:
        stream.notify(call.account_id, Topic.MISSED)
    if fact.result is Result.MISSED and call.client:  # reported late, after an employee has talked to the client
        call.missed_closed_at = call_list.first_talk_after(call.account_id, call.client, call.ended)


def _close_missed(account_id: int, client: str, at: float) -> None:
    """Removes the client's missed calls from the list of missed calls and from popups."""
    for call in call_list.close_missed(account_id, client, at):
        popups.change(account_id, call, {}, state=PopupState.CLOSED.value, only_in=[PopupState.MISSED.value])
    stream.notify(account_id, Topic.MISSED)


def decide_again(account_id: int) -> int:
    """Decides the facts that a bug had left undecided; returns their number. Commits each."""
    waiting = [(row.id, from_json(row.body)) for row in journal.undecided(account_id)]
    for row_id, fact in waiting:
        journal.drop_fact(account_id, row_id)
        arrive(account_id, fact)
    return len(waiting)


def keep(account_id: int, fact: Fact) -> None:
    """Stores a fact that could not be decided, for `decide_again` after the bug is fixed. Commits."""
    row = journal.add_fact(account_id, fact.call, fact.key, fact.kind, fact.at or 0, to_json(fact))
    if row is not None:
        row.reasons, row.decided = ["our bug: not decided"], False
    db.session.commit()
