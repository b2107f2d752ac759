"""A request from a site lives: it is rung, answered, tried again, ended. Each step is one transaction on its row."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import func

from backend.calls.facts import CallAnswered, CallEnded, CallStarted, Direction, Ending, Fact, Reason, Result
from backend.calls.numbers import phones
from backend.calls.numbers.dialling import Dialling, number_to_dial
from backend.calls.rules import callback_plan
from backend.calls.rules.callback_plan import Next
from backend.calls.rules.client import choose
from backend.calls.rules.rules import employee
from backend.desk.callback import crm_effects
from backend.desk.callback.account_rules import AccountRules, rules_of
from backend.desk.callback.crm_effects import request_of
from backend.desk.phonebook import lookup
from backend.store import call_list, commands, db
from backend.store.callback import requests
from backend.store.callback.requests import CallbackRow, RequestState
from backend.store.commands import Command
from backend.store.journal import journal, wake
from backend.store.journal.journal import CallRow
from backend.store.settings import settings

DROP = "callback-drop"  # the command that ends an attempt which nobody needs any more
NO_TARGET, NOT_ALLOWED = "no-target", "number-not-allowed"
STUCK = 600.0  # seconds a ring may last at a PBX that is away
AT_ONCE = 200  # rows ended in one transaction
HOPELESS = (Reason.NO_SUCH_NUMBER,)
ENDED = {
    Ending.TALKED: RequestState.DONE,
    Ending.MET: RequestState.DONE,
    Ending.NOBODY: RequestState.FAILED,
    Ending.UNREACHED: RequestState.FAILED,
    Ending.STOPPED: RequestState.STOPPED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call of ours for a request: `target` is rung for `ring_seconds` in `context`, `number` is the client as he is
    dialled there; `name` is for the employee's phone, `notice` a sound he hears before the client is dialled."""

    account_id: int
    call: str
    target: str
    number: str
    context: str
    name: str
    ring_seconds: int
    notice: str | None


def take(account_id: int) -> list[Attempt]:
    """What is to be rung now, of an account whose line the caller holds; each is the caller's alone. Commits."""
    chosen = rules_of(account_id)
    rows = requests.lock_due(account_id, chosen.settings.callback.limits.in_flight)
    taken = [attempt for row in rows for attempt in _begun(row, chosen)]
    if any(row.ended_at is not None for row in rows):
        wake.wake(account_id)
    db.session.commit()
    return taken


def unfinished(account_id: int) -> list[Attempt]:
    """The attempts that are on their way, as far as is written: for who has just got the line."""
    chosen = rules_of(account_id)
    found = [_attempt(row, chosen) for row in requests.unfinished(account_id)]
    db.session.commit()
    return found


def answered(attempt: Attempt, extension: str) -> bool:
    """An employee has picked up: written down, with all that follows in the CRM, before the client is dialled. Commits.

    False when nobody needs the attempt any more.
    """
    row = requests.of_call(attempt.account_id, attempt.call)
    is_wanted = row is not None and row.state in (RequestState.RINGING, RequestState.ANSWERED)
    if row and row.state == RequestState.RINGING:
        row.state, row.extension, row.client_tries = RequestState.ANSWERED.value, extension, row.client_tries + 1
        crm_effects.answered(row, attempt.call, extension, time.time(), rules_of(attempt.account_id))
        row.placed_call = row.placed_call or attempt.call
        wake.wake(attempt.account_id)
    db.session.commit()
    return is_wanted


def over(attempt: Attempt, reason: str | None) -> CallEnded | None:
    """The attempt's channel is gone. Commits.

    The end of a call in which an employee had picked up and the client was never dialled: the PBX tells of none.
    """
    row = requests.of_call(attempt.account_id, attempt.call)
    if row and row.state == RequestState.RINGING:
        row.state = RequestState.WAITING.value  # nothing of the attempt is left that would have to be dropped
        _nobody(row, reason, rules_of(attempt.account_id))
    call = journal.call(attempt.account_id, attempt.call)
    is_told = call is None or call.answered or call.ended or _is_dialled(call)
    untold = None if call is None or is_told else _given_up(call)
    if row and row.ended_at:
        wake.wake(attempt.account_id)
    db.session.commit()
    return untold


def follow(call: CallRow, fact: Fact, chosen: AccountRules) -> int:
    """What a fact of any call means for the requests of its client; how many intents were written. Does not commit."""
    if callback_plan.is_callback(call.call):
        row = requests.of_call(call.account_id, call.call)
        if row and isinstance(fact, CallAnswered) and row.state == RequestState.ANSWERED:
            row.state = RequestState.TALKING.value
        elif row and isinstance(fact, CallEnded) and row.is_open:
            _attempt_ended(row, fact, chosen)
    if not isinstance(fact, CallAnswered) or call.client is None:
        return 0
    met = requests.lock_of_client(call.account_id, call.client)
    return sum(_end(row, Ending.MET, chosen, met=call.call) for row in met)


def stop(account_id: int, id: str) -> bool:
    """A person stops it; False when it has ended, or somebody talks with the client already. Commits."""
    row = requests.lock(account_id, id)
    is_stopped = row is not None and row.state in (RequestState.WAITING, RequestState.RINGING)
    if row and is_stopped:
        _end(row, Ending.STOPPED, rules_of(account_id))
        wake.wake(account_id)
    db.session.commit()
    return is_stopped


def ring_now(account_id: int, id: str) -> bool:
    """A person wants it rung at once, whatever it waits for; False when it does not wait. Commits."""
    row = requests.lock(account_id, id)
    is_waiting = row is not None and row.state == RequestState.WAITING
    if row and is_waiting:
        whole = settings.read(account_id).callback.whole_seconds
        row.next_at, row.until = _when(time.time()), max(row.until, _when(time.time() + whole))
        requests.notify(account_id)
    db.session.commit()
    return is_waiting


def end_overdue() -> int:
    """Ends the requests of all accounts whose time is over; how many. Commits."""
    rows = requests.lock_overdue(AT_ONCE, STUCK)
    for row in rows:
        _end(row, Ending.NOBODY, rules_of(row.account_id))
    for account_id in sorted({row.account_id for row in rows}):
        wake.wake(account_id)
    db.session.commit()
    return len(rows)


def _begun(row: CallbackRow, chosen: AccountRules) -> list[Attempt]:
    """A request that cannot be rung now is decided on as if nobody had answered."""
    targets = _targets(row, chosen)
    if not targets or _number(row, chosen) is None:
        _nobody(row, NOT_ALLOWED if targets else NO_TARGET, chosen)
        return []
    row.state, row.attempts, row.rung_at = RequestState.RINGING.value, row.attempts + 1, func.clock_timestamp()
    row.call, row.target = callback_plan.attempt_name(row.id, row.attempts), targets[row.turn % len(targets)]
    row.extension = row.reason = None
    return [_attempt(row, chosen)]


def _attempt(row: CallbackRow, chosen: AccountRules) -> Attempt:
    dialling, notice = chosen.settings.dial.to_dialling(), chosen.settings.callback.notice
    party = choose(lookup.knowledge(row.account_id, row.phone)).party
    asked = " ".join(filter(None, (row.name, row.comment)))
    name = chosen.settings.to_routing().on_phone(party.name if party else asked or phones.spoken(row.phone))
    return Attempt(
        account_id=row.account_id, call=row.call or "", target=row.target or "", context=dialling.context,
        number=_number(row, chosen) or "", name=name,
        ring_seconds=dialling.ring_seconds, notice=notice,
    )  # fmt: skip


def _number(row: CallbackRow, chosen: AccountRules) -> str | None:
    dialling: Dialling = chosen.settings.dial.to_dialling()
    allowed = chosen.settings.callback.allowed or dialling.allowed
    return number_to_dial(row.phone, replace(dialling, allowed=allowed), chosen.rules.country)


def _targets(row: CallbackRow, chosen: AccountRules) -> tuple[str, ...]:
    client = choose(lookup.knowledge(row.account_id, row.phone))
    responsible = employee(client.responsible, chosen.rules)
    return callback_plan.targets(request_of(row, chosen.plan), responsible, chosen.plan)


def _nobody(row: CallbackRow, reason: str | None, chosen: AccountRules) -> None:
    row.reason = reason
    if reason == NOT_ALLOWED:
        _end(row, Ending.NOBODY, chosen)
        return
    round = max(1, len(_targets(row, chosen)))
    following = callback_plan.after_nobody(time.time(), row.until.timestamp(), row.turn, round, chosen.plan)
    _goes_on(row, following, Ending.UNREACHED if row.placed_call else Ending.NOBODY, chosen)


def _attempt_ended(row: CallbackRow, fact: CallEnded, chosen: AccountRules) -> None:
    if fact.result is Result.ANSWERED:
        _end(row, Ending.TALKED, chosen)
        return
    if _has_talked(row):
        _end(row, Ending.MET, chosen)
        return
    row.reason = fact.reason.value if fact.reason else None
    following = callback_plan.after_client(time.time(), row.client_tries, chosen.plan)
    hopeless = fact.reason in HOPELESS
    if following.at is not None and not hopeless:  # the try that is due has its time, whatever is left of the whole
        row.until = max(row.until, _when(following.at + chosen.plan.again))
    _goes_on(row, callback_plan.OVER if hopeless else following, Ending.UNREACHED, chosen)


def _has_talked(row: CallbackRow) -> bool:
    """While we dialled him, he talked to somebody in another call."""
    since = row.rung_at or row.created_at
    return call_list.first_talk_after(row.account_id, row.phone, since.timestamp()) is not None


def _goes_on(row: CallbackRow, following: Next, ending: Ending, chosen: AccountRules) -> None:
    if following.at is None:
        _end(row, ending, chosen)
        return
    row.state, row.turn, row.next_at = RequestState.WAITING.value, following.turn, _when(following.at)
    requests.notify(row.account_id)


def _end(row: CallbackRow, ending: Ending, chosen: AccountRules, *, met: str | None = None) -> int:
    """How many intents were written: a request whose parameters are in the CRM already needs none."""
    if row.state == RequestState.RINGING:
        _drop(row)
    row.state, row.result, row.ended_at = ENDED[ending].value, ending.value, func.clock_timestamp()
    if row.placed_call:
        return 0
    return crm_effects.ended(row, ending, met, time.time(), chosen)


def _drop(row: CallbackRow) -> None:
    """Whoever holds the line ends the attempt; one that has ended by itself is gone."""
    assert row.call is not None
    drop = Command(
        account_id=row.account_id, request=f"{row.call}-drop", user_id=commands.STATION, kind=DROP, call=row.call
    )
    commands.order(drop)


def _is_dialled(call: CallRow) -> bool:
    return journal.has_fact(call.account_id, call.call, CallStarted.kind)


def _given_up(call: CallRow) -> CallEnded:
    return CallEnded(
        call=call.call, at=time.time(), direction=Direction.OUTBOUND, client=call.client, did=None,
        result=Result.FAILED, reason=Reason.GIVEN_UP, extension=call.extension, talks=(), started=call.started,
        answered=None, recording=None,
    )  # fmt: skip


def _when(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
