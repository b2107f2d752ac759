"""The outcome of a call, as an employee tells it, becomes intents of that call."""

from __future__ import annotations

from dataclasses import dataclass

from backend.calls.facts import Result
from backend.calls.intents import AddNote, AddNumber, AddTask, FindPlace, Intent, NameContact
from backend.calls.numbers import phones
from backend.calls.rules.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is empty was not told. `at` and `due` are seconds of the Unix epoch, `contact` is one that was there."""

    employee: int
    at: float
    result: str = ""
    note: str = ""
    task: str = ""
    due: int = 0
    name: str = ""
    contact: int | None = None


def decide(outcome: Outcome, client: str | None, result: str | None, rules: Rules) -> tuple[Intent, ...]:
    """In the order in which they are carried out: what may have to wait for people comes last.

    `client` is the call's key, `result` is how it ended, if it has.
    """
    return (*_place(outcome, client, result, rules), *_follow_up(outcome), *_contact(outcome, client, rules))


def _place(outcome: Outcome, client: str | None, result: str | None, rules: Rules) -> tuple[Intent, ...]:
    """Only a failed attempt may have left nothing in the CRM."""
    if result != Result.FAILED or client is None or not phones.is_outside(client):
        return ()
    return (FindPlace(phone=client, name=_template(client, rules), responsible=outcome.employee),)


def _follow_up(outcome: Outcome) -> tuple[Intent, ...]:
    if not outcome.task:
        return ()
    return (AddTask(text=outcome.task, due=outcome.due, employee=outcome.employee),)


def _contact(outcome: Outcome, client: str | None, rules: Rules) -> tuple[Intent, ...]:
    found: list[Intent] = []
    if outcome.contact and client:
        found.append(AddNumber(contact=outcome.contact, phone=client))
    text = "\n".join(filter(None, (outcome.result, outcome.note)))
    if text:
        found.append(AddNote(text=text, employee=outcome.employee, at=outcome.at))
    if outcome.name:
        found.append(NameContact(name=outcome.name, former=_template(client, rules)))
    return tuple(found)


def _template(client: str | None, rules: Rules) -> str:
    return rules.contact_name.format(phone=phones.spoken(client))
