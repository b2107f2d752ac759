"""How an account calls back: its settings, rules and plan, read once for a transaction and handed down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from backend.calls.rules.callback_plan import CallbackPlan
from backend.calls.rules.rules import Rules
from backend.store.settings import settings
from backend.store.settings.settings import AccountSettings


@dataclass(frozen=True)
class AccountRules:
    settings: AccountSettings
    rules: Rules

    @cached_property
    def plan(self) -> CallbackPlan:
        return self.settings.callback.to_plan()


def rules_of(account_id: int) -> AccountRules:
    """Raises LookupError for an unknown account."""
    return AccountRules(*settings.both(account_id))
