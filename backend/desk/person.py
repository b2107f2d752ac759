"""One person's data by their telephone number, for whoever may ask: told whole, or forgotten. Both leave a trail."""

from __future__ import annotations

from typing import Any

from backend.calls.numbers import phones
from backend.store import db
from backend.store.privacy import person, trail
from backend.store.privacy.trail import Deed
from backend.store.settings import settings

LONGEST = 64  # characters of a number as it is typed


class NoNumber(ValueError):
    """What was typed is not a whole telephone number."""


def export(account_id: int, by: int, typed: str) -> dict[str, Any]:
    """All that is kept of the number, by table; commits the trail. Raises NoNumber."""
    number = _key(account_id, typed)
    told = {"number": number, **person.kept(account_id, number).rows}
    trail.add(account_id, by, Deed.EXPORTED_PERSON, _masked(number))
    db.session.commit()
    return told


def erase(account_id: int, by: int, typed: str) -> dict[str, int]:
    """How many rows of each table are gone. Commits. What amoCRM has of the number stays there, and in the mirror until
    it is deleted there. Raises NoNumber, StillTalking."""
    number = _key(account_id, typed)
    trail.add(account_id, by, Deed.ERASED_PERSON, _masked(number))
    return person.erase(account_id, number)


def _key(account_id: int, typed: str) -> str:
    key = phones.key(typed[:LONGEST], settings.rules(account_id).country)
    if key is None or not phones.is_outside(key):
        raise NoNumber(f"{typed[:LONGEST]!r} is not a telephone number")
    return key


def _masked(number: str) -> str:
    return f"***{number[-4:]}"
