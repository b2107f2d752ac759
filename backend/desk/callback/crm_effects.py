"""Intents and popups of a callback request. Nothing here commits."""

from __future__ import annotations

from backend.calls.facts import Direction, EmployeeAnswered, Ending, Fact, RequestEnded, Result, to_json
from backend.calls.intents import SharePlace
from backend.calls.rules import callback_plan, callback_policy
from backend.calls.rules.callback_plan import CallbackPlan, CallbackRequest, Site
from backend.calls.rules.policy import Decision
from backend.desk.callback.account_rules import AccountRules
from backend.desk.journal import decision as writing
from backend.desk.phonebook import lookup
from backend.store import call_list, stream
from backend.store.callback.requests import CallbackRow
from backend.store.journal import journal
from backend.store.journal.journal import CallRow
from backend.store.stream import Topic


def request_of(row: CallbackRow, plan: CallbackPlan) -> CallbackRequest:
    """The request with its site; a site deleted meanwhile has no name and no target."""
    return CallbackRequest(
        site=plan.sites.get(row.site, Site(name="")), name=row.name, comment=row.comment, department=row.department,
        parameters=tuple((name, value) for name, value in row.fields), fields=plan.fields, lead=row.lead,
        placed=row.placed_call,
    )  # fmt: skip


def answered(row: CallbackRow, call: str, extension: str, at: float, chosen: AccountRules) -> None:
    """An employee picked up, the client is dialled next."""
    fact = EmployeeAnswered(
        call=call, at=at, direction=Direction.OUTBOUND, client=row.phone, did=None, extension=extension
    )
    request = request_of(row, chosen.plan)
    known = lookup.with_earlier(row.account_id, row.phone, call)
    written = _write(row, fact, callback_policy.answered(fact, request, known, chosen.rules))
    written.extension = extension


def ended(row: CallbackRow, ending: Ending, met: str | None, at: float, chosen: AccountRules) -> int:
    """Nobody had answered it; how many intents were written."""
    request = request_of(row, chosen.plan)
    fact = RequestEnded(
        call=callback_plan.request_name(row.id), at=at, direction=Direction.REQUEST, client=row.phone,
        did=request.site.name or None, ending=ending, started=row.created_at.timestamp(), met=met,
    )  # fmt: skip
    decision = callback_policy.ended(fact, request, lookup.knowledge(row.account_id, row.phone), chosen.rules)
    written = _write(row, fact, decision)
    written.started, written.ended = row.created_at.timestamp(), at
    if ending is Ending.NOBODY:
        written.result = Result.MISSED.value
        written.missed_closed_at = call_list.first_talk_after(row.account_id, row.phone, at)
        stream.notify(row.account_id, Topic.MISSED)
    return len(decision.intents)


def _write(row: CallbackRow, fact: Fact, decision: Decision) -> CallRow:
    """A step that was written down before is not written again: its row was locked, and says so."""
    told = journal.add_fact(row.account_id, fact.call, fact.key, fact.kind, fact.at or 0, to_json(fact))
    assert told is not None
    told.reasons = list(decision.reasons)
    call = writing.call_of(row.account_id, fact)
    if not any(isinstance(each, SharePlace) for each in decision.intents):
        writing.settle(call, decision, row.lead)
    for each in decision.intents:
        writing.put(call, each)
    return call
