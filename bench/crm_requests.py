"""How many requests a call costs at amoCRM, read from the sandbox CRM's own log.

Facts are told to the real desk, and a real worker process carries out what is decided, within the account's real budget
of requests. One by one: each call is answered, that is carried out, it ends, that is carried out, before the next. The
burst: all calls are answered within one second, and end within the next, while the worker takes what there is as it
comes. Everything the CRM is asked meanwhile counts; what the install and its full sync ask before is not in it, nor are
the phonebook's polls: five requests in 45 s at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from bench.firm import Firm, firm
from bench.table import Row

T = TypeVar("T")

CALLS = 10
BURST = 50
GROUP_OF = ("101", "102", "103", "104", "105")
SECOND = 1.0
KNOWN, UNKNOWN, CURRENT, IN_BURST, GROUP = 2.0, 4.0, 3.0, 0.5, 3.0  # requests per call


def measure(calls: int = CALLS, burst: int = BURST, spread: float = SECOND) -> Iterator[Row]:
    """`spread`: the seconds within which a burst's calls are answered, and then end."""
    known, unknown, current = _phones(7916, max(calls, burst)), _phones(7926, calls), _phones(7936, calls)
    with firm(known) as office:
        yield _row("known client with open lead", _one_by_one(office, known[:calls]), KNOWN)
        yield _row("unknown client", _one_by_one(office, unknown), UNKNOWN)
        per_call = _one_by_one(office, current, before_each=office.hear)
        yield _row("unknown client, phonebook known to be current", per_call, CURRENT)
        per_call = _one_by_one(office, known[:calls], rung=GROUP_OF)
        yield _row(f"ring group of {len(GROUP_OF)} without open pages, known client", per_call, GROUP)
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


def _one_by_one(
    office: Firm, phones: list[str], *, rung: Sequence[str] = (), before_each: Callable[[], None] = lambda: None
) -> float:
    before, noted = office.requests(), len(office.call_notes())
    for phone in phones:
        before_each()
        call = office.call(phone)
        if rung:
            office.ring(call, rung)
            office.settle()
        office.answer(call)
        office.settle()
        office.hang_up(call)
        office.settle()
    return _per_call(office, before, noted, len(phones))


def _at_once(office: Firm, phones: list[str], spread: float) -> float:
    before, noted = office.requests(), len(office.call_notes())
    calls = []
    for phone in _paced(phones, spread):
        calls.append(office.call(phone))
        office.answer(calls[-1])
    for call in _paced(calls, spread):
        office.hang_up(call)
    office.settle()
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
    assert all(note["params"]["duration"] for note in notes), "a duration is missing"
    return spent / calls
