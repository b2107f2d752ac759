"""A fact, what the CRM knows, and the account's rules: what is to be done, and why.

The table of the rules in code: each function below is one of its rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend.calls.facts import (
    CallAnswered,
    CallEnded,
    CallPassed,
    CallStarted,
    CallTimed,
    Direction,
    ExtensionRang,
    ExtensionStopped,
    Fact,
    Reason,
    Result,
)
from backend.calls.intents import (
    AddUnsorted,
    AnnounceCall,
    CallStatus,
    FinishCall,
    HandOverLead,
    Intent,
    PopupState,
    ShowPopup,
    UseUnsorted,
)
from backend.calls.rules.case import Case
from backend.calls.rules.client import Client, Knowledge
from backend.calls.rules.rules import Employee, LeadOwner, Rules, employee_at, everybody, named, seated_at
from backend.calls.rules.talk_chain import chain, talk_seconds
from backend.words import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`reasons` are sentences for the one who asks why."""

    client: Client
    intents: tuple[Intent, ...] = ()
    reasons: tuple[str, ...] = ()


def decide(fact: Fact, knowledge: Knowledge, rules: Rules) -> Decision:
    """Pure; the same values always give the same decision. Internal calls are ignored."""
    case = Case(fact, knowledge, rules)
    decider = DECIDERS.get(type(fact))
    if decider is None or fact.direction is Direction.INTERNAL:
        return Decision(client=case.client)
    return decider(case)


def clicked(fact: CallStarted, knowledge: Knowledge, rules: Rules) -> ShowPopup:
    """The popup of a call by click while the employee's own phone rings, for who clicked: the call may never start."""
    return Case(fact, knowledge, rules).popup((), PopupState.CALLING, at=fact.at)


def _started(case: Case) -> Decision:
    """A click shows that the client's phone rings now; whoever dials by hand needs no popup before the answer."""
    if case.inbound:
        return Decision(client=case.client)
    popup = ShowPopup(employees=None, state=PopupState.DIALLING, only_in=(PopupState.CALLING,))
    return Decision(client=case.client, intents=(popup,))


def _rang(case: Case) -> Decision:
    employee, why = employee_at(case.fact.extension, case.rules)
    if not (case.rules.popup_on_ringing and employee and case.fact.extension in employee.extensions):
        return Decision(client=case.client, reasons=(why,))
    popup = case.popup((employee,), PopupState.RINGING, only_in=(PopupState.CLOSED,))
    announced, because = _announced(case, employee)
    return Decision(client=case.client, intents=(*announced, popup), reasons=(case.client.why, why, *because))


def _announced(case: Case, employee: Employee) -> tuple[tuple[Intent, ...], tuple[str, ...]]:
    """amoCRM's own notification for one who would not see the popup; once, for each leaves a trace in his bell."""
    fact: ExtensionRang = case.fact
    is_wanted = case.rules.announce_without_stream and case.inbound and case.phone and fact.turn == 1
    if not is_wanted or employee.user_id in case.knowledge.watching:
        return (), ()
    announce = AnnounceCall(employees=(employee.user_id,), phone=case.phone or "")
    return (announce,), (f"{employee.name} has no page open: amoCRM is asked to announce the call",)


def _stopped(case: Case) -> Decision:
    employee, _ = employee_at(case.fact.extension, case.rules)
    if employee is None:
        return Decision(client=case.client)
    popup = ShowPopup(
        employees=(employee.user_id,), state=PopupState.CLOSED, only_in=(PopupState.RINGING,)
    )  # fmt: skip
    return Decision(client=case.client, intents=(popup,))


def _answered(case: Case) -> Decision:
    employee, why = employee_at(case.fact.extension, case.rules)
    place, because = _place(case, employee, talked=True)
    note = case.note(employee, CallStatus.TALKED)
    popup = case.popup((employee,) if employee else (), PopupState.TALKING, answered_at=case.fact.at)
    return Decision(
        client=case.client, intents=(*place, note, popup, NO_MORE_RINGING), reasons=(case.client.why, why, *because)
    )


def _passed(case: Case) -> Decision:
    """Who passed it has talked; who rang beside the receiver need not any more."""
    fact: CallPassed = case.fact
    employee, why = employee_at(fact.extension, case.rules)
    previous = seated_at(fact.previous, case.rules)
    ended = _talk_over(case, {"result": Result.ANSWERED.value})
    popup = case.popup(
        (employee,) if employee else (), PopupState.TALKING, answered_at=fact.at,
        passed_by={"name": previous.name if previous else fact.previous} if previous != employee else None,
    )  # fmt: skip
    return Decision(client=case.client, intents=(ended, popup, NO_MORE_RINGING), reasons=(why,))


def _ended(case: Case) -> Decision:
    return {Result.ANSWERED: _finished, Result.MISSED: _missed, Result.FAILED: _failed}[case.fact.result](case)


def _finished(case: Case) -> Decision:
    fact: CallEnded = case.fact
    finish = _finish(case, fact, talk_seconds(fact.talks))
    ended = _talk_over(case, {"result": Result.ANSWERED.value, "duration": finish.duration})
    handed, because = _handed_over(fact, case.rules)
    return Decision(client=case.client, intents=(finish, *handed, ended, NO_MORE_RINGING), reasons=because)


def _finish(case: Case, fact: CallEnded | CallTimed, seconds: int) -> FinishCall:
    employee, _ = employee_at(fact.extension, case.rules)
    return FinishCall(
        inbound=case.inbound, phone=case.phone or "", employee=employee.user_id if employee else None,
        status=CallStatus.TALKED, duration=seconds, text=chain(fact.talks, case.rules),
    )  # fmt: skip


def _timed(case: Case) -> Decision:
    """The PBX counted what we had not heard."""
    fact: CallTimed = case.fact
    popup = ShowPopup(
        employees=None, state=PopupState.ENDED, only_in=(PopupState.ENDED,), details={"duration": fact.seconds}
    )
    because = (f"the PBX's own record says {fact.seconds} s",)
    return Decision(client=case.client, intents=(_finish(case, fact, fact.seconds), popup), reasons=because)


def _missed(case: Case) -> Decision:
    place, because = _place(case, None, talked=False)
    note = case.note(None, CallStatus.NO_ANSWER)
    shown_to = everybody(case.rules) if case.client.lead else named(case.rules.missed_to, case.rules)
    popups = NO_MORE_RINGING, case.popup(shown_to, PopupState.MISSED, result=Result.MISSED.value)
    return Decision(client=case.client, intents=(*place, note, *popups), reasons=(case.client.why, *because))


def _failed(case: Case) -> Decision:
    fact: CallEnded = case.fact
    employee, why = employee_at(fact.extension, case.rules)
    reason = say(f"crm.reason.{fact.reason or 'unknown'}", case.rules.language)
    popup = ShowPopup(
        employees=None, state=PopupState.FAILED, only_in=(PopupState.CALLING, PopupState.DIALLING),
        details={"reason": fact.reason.value} if fact.reason else {},
    )  # fmt: skip
    if not (case.client.party or case.rules.failed_makes_lead or case.knowledge.is_placed):
        reasons = (why, f"{reason}: only clients already known are registered")
        return Decision(client=case.client, intents=(popup,), reasons=reasons)
    place: tuple[Intent, ...] = ()
    because: tuple[str, ...] = ()
    if case.rules.failed_makes_lead:
        place, because = _place(case, employee, talked=False)
    note = case.note(employee, FAILED_STATUS.get(fact.reason, CallStatus.NO_ANSWER), text=reason)
    because = (case.client.why, why, f"not reached: {reason}", *because)
    return Decision(client=case.client, intents=(*place, note, popup), reasons=because)


def _talk_over(case: Case, details: dict[str, Any]) -> ShowPopup:
    return ShowPopup(
        employees=None, state=PopupState.ENDED, only_in=(PopupState.TALKING,), details=details, ended_at=case.fact.at
    )


NO_MORE_RINGING = ShowPopup(employees=None, state=PopupState.CLOSED, only_in=(PopupState.RINGING,))

DECIDERS: dict[type[Fact], Callable[[Case], Decision]] = {
    CallStarted: _started,
    ExtensionRang: _rang,
    ExtensionStopped: _stopped,
    CallAnswered: _answered,
    CallPassed: _passed,
    CallEnded: _ended,
    CallTimed: _timed,
}

FAILED_STATUS: dict[Reason | None, CallStatus] = {
    Reason.BUSY: CallStatus.BUSY,
    Reason.NO_SUCH_NUMBER: CallStatus.WRONG_NUMBER,
}


def _place(case: Case, employee: Employee | None, *, talked: bool) -> tuple[tuple[Intent, ...], tuple[str, ...]]:
    """What has to exist in the CRM before the call can be noted, and why."""
    if case.knowledge.is_placed:
        return (), ("calls back a request from a site: its lead is used",)
    if case.client.lead:
        return (), ("the open lead is used: no new lead",)
    new = case.add_unsorted() if case.inbound and not talked else case.open_lead(employee)
    if waiting := case.waiting:
        use = UseUnsorted(
            uid=waiting.uid, lead=waiting.lead, contact=waiting.contact, accept=talked,
            employee=employee.user_id if employee else None, otherwise=new, is_ours=waiting.is_ours,
        )  # fmt: skip
        return (use,), (f"unsorted record {waiting.uid[:8]} of this number still waits: its lead is used",)
    if case.spared:
        if case.client.party or case.phone is None:
            return (), ("on the no-lead list: registered, no lead",)
        return (case.add_contact(employee),), ("on the no-lead list: a contact, no lead",)
    if case.client.party and case.client.party.is_customer and not case.rules.customer_makes_lead:
        return (), ("a client with a customer and no open lead: registered on the card",)
    if isinstance(new, AddUnsorted):
        return (new,), ("missed, no open lead: one unsorted record",)
    return (new,), (f"no open lead: a new one{' with a new contact' if not case.client.party else ''}",)


def _handed_over(fact: CallEnded, rules: Rules) -> tuple[tuple[Intent, ...], tuple[str, ...]]:
    if len(fact.talks) < 2 or rules.lead_owner is LeadOwner.FIRST:
        return (), ()
    longest = max(fact.talks, key=lambda each: talk_seconds((each,)))
    owner, why = employee_at((fact.talks[-1] if rules.lead_owner is LeadOwner.LAST else longest).extension, rules)
    if owner is None or owner == employee_at(fact.talks[0].extension, rules)[0]:
        return (), ()
    return (HandOverLead(employee=owner.user_id),), (f"the lead goes to who talked {rules.lead_owner.value}: {why}",)
