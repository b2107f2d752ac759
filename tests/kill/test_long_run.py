"""Many calls, an amoCRM that fails one request in five, workers killed at random: all is there, and once."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from sandbox.crm.faults import Kind
from sandbox.crm.server import Crm
from sandbox.crm.traffic import Phase, Request
from tests.firm import Firm
from tests.kill.books import assert_noted_once, assert_one_of_each, assert_told_once, tell_of, until_all_done
from tests.kill.conftest import Hire


@dataclass(frozen=True)
class Day:
    """`clients` and `calls` are each firm's; workers are killed before amoCRM has had so many requests."""

    clients: int
    calls: int
    kills: int
    before: int
    patience: float = 60.0

    @property
    def phones(self) -> list[str]:
        return [f"+79161230{n:03}" for n in range(self.clients)]


SHORT = Day(clients=30, calls=50, kills=8, before=150, patience=240.0)
LONG = Day(clients=300, calls=500, kills=200, before=3000, patience=900.0)
TROUBLES: tuple[dict[str, Any], ...] = (
    {"kind": Kind.STATUS, "status": 500},
    {"kind": Kind.STATUS, "status": 502, "after_write": True},
    {"kind": Kind.CUT, "seconds": 0.01},
    {"kind": Kind.CUT, "seconds": 0.01, "after_write": True},
    {"kind": Kind.TOO_MANY, "retry_after": 1},
)
SHARE = 0.2 / len(TROUBLES)  # of all requests, for each trouble


class RandomKiller:
    """Kills the older of two workers, at random moments of requests, and hires another."""

    def __init__(self, hire: Hire, dice: random.Random, day: Day) -> None:
        self._hire = hire
        self._workers = [hire(), hire()]
        self._lock = threading.Lock()
        moments = sorted(dice.sample(range(10, day.before), day.kills))
        self._next = [(n, dice.choice(list(Phase))) for n in moments]

    def __call__(self, phase: Phase, request: Request) -> None:
        with self._lock:
            if self._next and request.n >= self._next[0][0] and phase is self._next[0][1]:
                self._next.pop(0)
                self._workers.pop(0).kill()
                self._workers.append(self._hire())

    @property
    def all_killed(self) -> bool:
        return not self._next


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(SHORT, id="a hundred calls"),
        pytest.param(LONG, id="a thousand calls, two hundred kills", marks=pytest.mark.drill),
    ],
)
def test_killed_at_random(firm: Firm, other: Firm, app: Flask, crm: Crm, hire: Hire, day: Day) -> None:
    dice = random.Random(1)
    for number, trouble in enumerate(TROUBLES):
        crm.spoil(path="^/api/v4", probability=SHARE, seed=10 + number, **trouble)
    killer = RandomKiller(hire, dice, day)
    crm.on_request.append(killer)
    calls = {each.id: [call(each, phone) for call, phone in _calls(dice, day)] for each in (firm, other)}
    until_all_done(app, day.patience)
    crm.mend()
    assert killer.all_killed
    for each in (firm, other):
        assert_noted_once(each, calls[each.id])
        assert_one_of_each(each, day.phones)
        assert_told_once(each)


KINDS: tuple[Callable[[Firm, str], str], ...] = (
    lambda firm, phone: firm.talk(phone, "101"),
    lambda firm, phone: firm.talk(phone, "101", "102"),
    lambda firm, phone: tell_of(firm, firm.talk(phone, "102", outbound=True)),
    lambda firm, phone: firm.miss(phone),
    lambda firm, phone: firm.fail(phone),
)


def _calls(dice: random.Random, day: Day) -> Iterator[tuple[Callable[[Firm, str], str], str]]:
    """Every client calls or is called once, some again, in any order."""
    phones = [*day.phones, *dice.choices(day.phones, k=day.calls - day.clients)]
    dice.shuffle(phones)
    for phone in phones:
        yield dice.choice(KINDS), phone
