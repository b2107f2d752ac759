"""Looks up employees' extensions for calls and transfers."""

from __future__ import annotations

from dataclasses import dataclass

from backend.calls.rules.rules import employee
from backend.calls.states import ExtensionState
from backend.desk.dialing.click import CannotDial
from backend.store import extensions
from backend.store.settings import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    user_id: int
    name: str
    extension: str


def extensions_of(account_id: int, user_id: int) -> tuple[str, ...]:
    found = employee(user_id, settings.rules(account_id))
    return found.extensions if found else ()


def to_ring(account_id: int, user_id: int) -> Colleague | None:
    """The extension to ring for this user: a free one, else the first reachable one.

    None when the account has no such user; raises CannotDial.
    """
    found = employee(user_id, settings.rules(account_id))
    if found is None:
        return None
    states = extensions.states(account_id)
    possible = [each for each in found.extensions if states.get(each) is not ExtensionState.UNREACHABLE]
    if not possible:
        raise CannotDial("colleague_unreachable")
    extension = min(possible, key=lambda each: states.get(each) is not ExtensionState.FREE)
    return Colleague(user_id=user_id, name=found.name, extension=extension)
