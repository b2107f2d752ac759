"""amoCRM's errors, sorted by the remedy: waiting, looking, a person, or a bug fix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

EMPLOYEE_FIELDS = ("responsible_user_id", "created_by", "call_responsible", "user_id")


class Need(StrEnum):
    """The action a person must take before the account works again; `blocked` also ends when amoCRM lifts the ban."""

    REAUTHORISE = "reauthorise"
    UNPAID = "unpaid"
    RIGHTS = "rights"
    BLOCKED = "blocked"


class AmoError(Exception):
    """`status` is None when there was no answer; `trace` is amoCRM's X-Request-Id, for its support."""

    def __init__(self, detail: str, *, status: int | None = None, trace: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.trace = trace


class TryLater(AmoError):
    """Nothing was done. `retry_after` is seconds, None when amoCRM did not say."""

    def __init__(
        self, detail: str, *, status: int | None = None, trace: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(detail, status=status, trace=trace)
        self.retry_after = retry_after


class Unclear(AmoError):
    """A write that may or may not have been done: look before repeating it. A read never raises this."""


class Unexplained(Unclear):
    """Refused without a word of what is wrong, such as "a system error, please repeat": it often passes, and a write
    may have been done all the same. A read can end so too."""


class NeedsPerson(AmoError):
    """Repeating is useless until a person has done `need`; `detail` is the reason for this conclusion."""

    def __init__(self, need: Need, detail: str, *, status: int | None = None, trace: str | None = None) -> None:
        super().__init__(f"{need}: {detail}", status=status, trace=trace)
        self.need = need
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One validation error. `request_id` is ours, or the item's index in the batch ("0", "1", …)."""

    request_id: str
    code: str
    path: str
    detail: str


class Rejected(AmoError):
    """amoCRM understood and refused: a bug, or an outdated id. Nothing of the batch was done."""

    def __init__(
        self, detail: str, *, status: int, trace: str | None = None, problems: tuple[Problem, ...] = ()
    ) -> None:
        listed = "; ".join(f"[{each.request_id}] {each.path}: {each.code}" for each in problems)
        super().__init__(f"{status} {detail}" + (f" ({listed})" if listed else ""), status=status, trace=trace)
        self.problems = problems

    @property
    def concerns_employee(self) -> bool:
        """True when it names a user who is not there (any more): a deleted one is refused too (docs/amocrm-contract.md
        §3.2)."""
        return any(map(self.concerns, EMPLOYEE_FIELDS))

    @property
    def fields(self) -> frozenset[int | None]:
        """Which of the lead's custom fields it names, by their places; None where it does not say which."""
        paths = (each.path for each in self.problems if "contacts." not in each.path)
        found = (re.search(r"custom_fields_values(?:\.(\d{1,4}))?", path) for path in paths)
        return frozenset(int(each[1]) if each[1] else None for each in found if each)

    def concerns(self, field: str) -> bool:
        """True when a problem's path ends in this field, such as `responsible_user_id` of a deleted user."""
        return any(each.path.rpartition(".")[2] == field for each in self.problems)
