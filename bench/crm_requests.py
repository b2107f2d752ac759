"""How many requests a call costs at amoCRM, read from the sandbox CRM's own log.

Facts go through the real desk: arrive, decide, write down, carry out, within the account's real budget. One by one: each
call is answered, carried out, ended, carried out, before the next. The burst: all are answered within one second and end
within another, while what is due is carried out beside them, as it comes. Everything that the CRM is asked in that time
counts; the install and the full sync before are not in it, and neither is what a site's budget is spent on besides.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TypeVar

from bench.firm import Firm, firm
from bench.table import Row
from sandbox.crm.limits import Limits

T = TypeVar("T")

CALLS = 10
BURST = 50
SECOND = 1.0
KNOWN, UNKNOWN, IN_BURST = 2.0, 4.0, 0.5  # requests per call


def measure(calls: int = CALLS, burst: int = BURST, spread: float = SECOND) -> Iterator[Row]:
    """`spread`: the seconds within which a burst's calls are answered, and end."""
    with firm() as office:
        known, unknown = _phones(7916, max(calls, burst)), _phones(7926, calls)
        for phone in known:
            office.add_client(phone)
        office.sync()
        office.crm.limit(Limits())
        yield _row("known client with open lead", _one_by_one(office, known[:calls]), KNOWN)
        yield _row("unknown client", _one_by_one(office, unknown), UNKNOWN)
        what = f"burst of {burst} known clients in {spread:g} s"
        yield _row(what, _at_once(office, known[:burst], spread), IN_BURST)


def _phones(prefix: int, count: int) -> list[str]:
    return [f"+{prefix}{1000000 + number}" for number in range(count)]


def _row(what: str, per_call: float, reach: float) -> Row:
    return Row(
        what=f"amoCRM requests per call: {what}",
        measured=f"{per_call:.2f}",
        reach=f"≤ {reach:g}",
        holds=per_call <= reach,
    )


def _one_by_one(office: Firm, phones: list[str]) -> float:
    before, noted = office.requests(), len(office.call_notes())
    for phone in phones:
        call = office.call(phone)
        office.answer(call)
        office.work()
        office.hang_up(call)
        office.work()
    return _per_call(office, before, noted, len(phones))


def _at_once(office: Firm, phones: list[str], spread: float) -> float:
    before, noted = office.requests(), len(office.call_notes())
    with office.working():
        calls = []
        for phone in _paced(phones, spread):
            calls.append(office.call(phone))
            office.answer(calls[-1])
        for call in _paced(calls, spread):
            office.hang_up(call)
    return _per_call(office, before, noted, len(phones))


def _paced(things: list[T], spread: float) -> Iterator[T]:
    """Evenly over so many seconds."""
    begun = time.monotonic()
    for number, thing in enumerate(things):
        time.sleep(max(0.0, begun + spread * number / len(things) - time.monotonic()))
        yield thing


def _per_call(office: Firm, before: int, noted: int, calls: int) -> float:
    """AssertionError when the calls were not all noted, each once and with its duration."""
    spent = office.requests() - before
    notes = office.call_notes()[noted:]
    assert len(notes) == calls, f"{len(notes)} notes for {calls} calls"
    assert all(note["params"]["duration"] for note in notes)
    return spent / calls
