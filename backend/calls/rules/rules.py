"""An account's rules: every setting marked as such in the rules, with its default. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from backend.words import say


class LeadOwner(StrEnum):
    """To whom the lead of a transferred call belongs."""

    FIRST = "first"
    LAST = "last"
    LONGEST = "longest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a new lead goes; without `status_id` the pipeline's first stage."""

    pipeline_id: int
    status_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """An amoCRM user with extensions; `mobiles` are outside numbers that count as his extension."""

    user_id: int
    name: str
    extensions: tuple[str, ...] = ()
    mobiles: tuple[str, ...] = ()
    stage: Stage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`missed_to` empty means nobody; `open_lead_missed_to` None means every employee. `customer_makes_lead`: also a
    client with a customer and no open lead gets a new one; `uses_other_records`: an unsorted record of another source
    is used as one of ours. `no_lead_numbers` and
    the numbers of `stages_by_did` are keys."""

    country: str = "RU"
    language: str = "ru"
    employees: tuple[Employee, ...] = ()
    default_employee: int | None = None
    missed_to: tuple[int, ...] = ()
    open_lead_missed_to: tuple[int, ...] | None = None
    popup_on_ringing: bool = True
    announce_without_stream: bool = True
    failed_makes_lead: bool = True
    customer_makes_lead: bool = True
    uses_other_records: bool = True
    lead_owner: LeadOwner = LeadOwner.FIRST
    no_lead_numbers: frozenset[str] = frozenset()
    no_lead_companies: frozenset[int] = frozenset()
    stage: Stage | None = None
    stages_by_did: Mapping[str, Stage] = field(default_factory=dict)
    contact_name: str = say("crm.contact_name", "ru", phone="{phone}")
    lead_name: str = say("crm.lead_name", "ru", phone="{phone}")


def employee_at(extension: str | None, rules: Rules) -> tuple[Employee | None, str]:
    """Who sits at an extension, and why; an extension without a user falls to the default employee."""
    if seated := seated_at(extension, rules):
        return seated, f"extension {extension} is {seated.name}"
    whose = f"extension {extension} has no user" if extension else "the extension is not known"
    if default := employee(rules.default_employee, rules):
        return default, f"{whose}: credited to the default employee {default.name}"
    return None, f"{whose}, and no default employee is set"


def stand_in(user_id: int, rules: Rules) -> int | None:
    """Who takes the place of a user whom the CRM does not know any more; None: whoever the CRM itself puts there."""
    return rules.default_employee if rules.default_employee != user_id else None


def employee(user_id: int | None, rules: Rules) -> Employee | None:
    return next((each for each in rules.employees if each.user_id == user_id), None)


def seated_at(extension: str | None, rules: Rules) -> Employee | None:
    """Whose extension or mobile it is."""
    return next((each for each in rules.employees if extension in each.extensions + each.mobiles), None)


def everybody(rules: Rules) -> tuple[Employee, ...]:
    return rules.employees if rules.open_lead_missed_to is None else named(rules.open_lead_missed_to, rules)


def named(users: tuple[int, ...], rules: Rules) -> tuple[Employee, ...]:
    wanted = frozenset(users)
    return tuple(each for each in rules.employees if each.user_id in wanted)
