"""The account's employees and their current state: what the stream shows a user of themselves, colleagues and the
account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.calls.rules.rules import Employee
from backend.calls.states import ExtensionState, busiest
from backend.desk.health import alerts
from backend.store import accounts, extensions
from backend.store.account_status import Condition, conditions
from backend.store.settings import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """One account's people at one moment. `alerts` are for administrators alone."""

    employees: Mapping[int, Employee]
    states: Mapping[str, ExtensionState]
    condition: Condition
    admins: frozenset[int]
    alerts: Sequence[Mapping[str, Any]]

    def me(self, user_id: int) -> dict[str, Any]:
        """This user's own state and the account's; also for a user who is not an employee."""
        employee = self.employees.get(user_id) or Employee(user_id=user_id, name="")
        return {
            "user_id": user_id,
            "name": employee.name,
            "extensions": list(employee.extensions),
            "phone": self._phone(employee).value,
            "link": self.condition.link.value,
            "account": self.condition.state.value,
            "alerts": list(self.alerts) if user_id in self.admins else [],
        }

    def colleagues(self) -> list[dict[str, Any]]:
        """All employees with an extension, by name."""
        seated = [each for each in self.employees.values() if each.extensions]
        return [self._shown(each) for each in sorted(seated, key=lambda each: (each.name, each.user_id))]

    def _shown(self, employee: Employee) -> dict[str, Any]:
        return {
            "user_id": employee.user_id,
            "name": employee.name,
            "extension": employee.extensions[0],
            "state": self._phone(employee).value,
        }

    def _phone(self, employee: Employee) -> ExtensionState:
        return busiest({self.states.get(each, ExtensionState.UNKNOWN) for each in employee.extensions})


def office(account_id: int) -> Office | None:
    """The current state; None for an account that is no longer connected."""
    condition = conditions([account_id]).get(account_id)
    if condition is None:
        return None
    rules = settings.rules(account_id)
    wrong = alerts.in_each_language(account_id)
    return Office(
        employees={each.user_id: each for each in rules.employees}, states=extensions.states(account_id),
        condition=condition, alerts=wrong, admins=frozenset(accounts.admins(account_id) if wrong else ()),
    )  # fmt: skip
