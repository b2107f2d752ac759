"""The PBX's copy of the phonebook: for each client's number the extensions to ring first, and the client's name.

It has the clients changed most recently, as many numbers as the account's settings allow. Each function commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backend.calls.numbers import phones
from backend.desk.pbx import routing
from backend.store import db, pbx_copy
from backend.store.phonebook import changed_numbers
from backend.store.settings import settings

AT_ONCE = 1000  # numbers
SLACK = 20  # a copy may exceed the wanted size by a 20th; then it is planned again


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPlan:
    """The whole copy: these numbers (keys of the phonebook), and the position in the phonebook's changes from which it
    is updated."""

    number: int
    version: str
    place: int
    numbers: tuple[str, ...]

    def portions(self) -> Sequence[tuple[str, ...]]:
        return [self.numbers[first : first + AT_ONCE] for first in range(0, len(self.numbers), AT_ONCE)]


def follow(account_id: int) -> bool:
    """Applies the phonebook's changes; returns whether the whole copy has to be planned again."""
    state, now = pbx_copy.state(account_id), datetime.now(UTC)
    is_young = state.followed_at is not None and now - state.followed_at < pbx_copy.YOUNG
    if state.version != pbx_copy.version(account_id) or not is_young:
        return True
    place, reader = changed_numbers.position(), (state.place, "")
    while changed := changed_numbers.since(account_id, reader, AT_ONCE):
        _take_over(account_id, [phone for _, phone in changed], state)
        reader = changed[-1]
    state.place, state.followed_at = place, now
    db.session.commit()
    return not state.version


def plan(account_id: int) -> CopyPlan:
    """The intended copy, beginning with the clients changed most recently."""
    number, version = pbx_copy.state(account_id).plan + 1, pbx_copy.version(account_id)
    place = changed_numbers.position()
    most = settings.read(account_id).routing.copied
    numbers: dict[str, None] = {}
    for some in changed_numbers.recent(account_id, most) if most else ():
        numbers.update(dict.fromkeys(filter(phones.is_outside, some)))
        if len(numbers) >= most:
            break
    db.session.rollback()
    return CopyPlan(number=number, version=version, place=place, numbers=tuple(numbers)[:most])


def put(account_id: int, plan: CopyPlan, numbers: Sequence[str]) -> None:
    """Stores a portion of the plan."""
    pbx_copy.want(account_id, _values(account_id, numbers), plan.number)
    db.session.commit()


def finish(account_id: int, plan: CopyPlan) -> None:
    """After all portions: removes the numbers outside the plan, and updates from the phonebook's changes begin here."""
    state = pbx_copy.state(account_id)
    pbx_copy.unwant_older(account_id, plan.number)
    state.plan, state.version, state.place = plan.number, plan.version, plan.place
    state.followed_at = datetime.now(UTC)
    db.session.commit()


def _take_over(account_id: int, numbers: Sequence[str], state: pbx_copy.CopyState) -> None:
    """When the copy is full, new clients wait for the next plan, which drops others."""
    values = _values(account_id, [each for each in numbers if phones.is_outside(each)])
    pbx_copy.unwant(account_id, [entry_key(each) for each in numbers if entry_key(each) not in values])
    most = settings.read(account_id).routing.copied
    known = pbx_copy.wanted(account_id, values.keys())
    room = max(0, most + most // SLACK - pbx_copy.count_wanted(account_id))
    fresh = [key for key in values if key not in known]
    if len(fresh) > room and most:
        state.version = ""
    taken = known | set(fresh[:room])
    pbx_copy.want(account_id, {key: value for key, value in values.items() if key in taken}, state.plan)


def _values(account_id: int, numbers: Sequence[str]) -> Mapping[str, str]:
    """The dialplan's value for each client's number; numbers with neither an extension to ring nor a name are left
    out."""
    found = routing.of_numbers(account_id, numbers)
    return {entry_key(number): route.told for number, route in found.items() if route.name or route.extension}


def entry_key(number: str) -> str:
    """The key that the dialplan uses: digits only."""
    return number.removeprefix("+")


def shown(account_id: int) -> dict[str, Any]:
    """For the account's health: entries on the PBX, entries on their way, and the time of the last check."""
    entries, waiting = pbx_copy.counts(account_id)
    known = db.session.get(pbx_copy.CopyState, account_id)
    return {
        "entries": entries,
        "waiting": waiting,
        "checked_at": round(known.checked_at.timestamp()) if known and known.checked_at else None,
        "trouble": known.trouble if known else "",
    }


def check(account_id: int, entries: Mapping[str, str]) -> int:
    """Compares with the entries that are on the PBX now; returns the number of keys that differed."""
    state = pbx_copy.state(account_id)
    thought = pbx_copy.there(account_id)
    differ = {key for key, _ in thought.items() ^ entries.items()}
    pbx_copy.put_there(account_id, {key: entries.get(key) for key in differ})
    state.address, state.trouble, state.checked_at = pbx_copy.address(account_id), "", datetime.now(UTC)
    db.session.commit()
    return len(differ)


def cannot_check(account_id: int, trouble: str) -> None:
    """The PBX does not list its entries: those sent are assumed to be there, as long as it is the same PBX."""
    state, address = pbx_copy.state(account_id), pbx_copy.address(account_id)
    if state.address != address:
        pbx_copy.forget_there(account_id)
    state.address, state.trouble = address, trouble
    db.session.commit()


def sent(account_id: int, entries: Mapping[str, str | None]) -> None:
    """The PBX has stored these entries."""
    pbx_copy.put_there(account_id, entries)
    db.session.commit()
