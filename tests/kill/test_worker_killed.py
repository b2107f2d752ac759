"""The worker is killed at each step between fact and CRM: no call note or lead missing, none twice."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest
from flask import Flask

from sandbox.crm.faults import Kind
from sandbox.crm.handle import UNTIL_TOLD
from sandbox.crm.server import Crm
from sandbox.crm.traffic import Phase, Request
from tests.firm import Firm
from tests.kill.books import assert_noted_once, assert_one_of_each, assert_told_once, tell_of, until_all_done
from tests.kill.conftest import Hire, once
from tests.kill.processes import PATIENCE, Process, until

CLIENTS = IVAN, STRANGER, CALLED, MISSED, TWICE = [f"+7926777880{n}" for n in range(5)]
COURIER = "+79267778805"

# Every kind of request that a call's way into the CRM knows, looks after an unclear end included.
STEPS = {
    "POST contacts",
    "GET contacts?query",
    "GET leads?filter",
    "GET contacts?page",
    "GET companies?page",
    "GET leads?page",
    "POST leads/complex",
    "PATCH leads/N",
    "POST leads/notes",
    "PATCH leads/notes",
    "POST leads/unsorted/sip",
    "POST leads/unsorted/N/accept",
    "POST tasks",
}
LOOKS = {"GET leads?newest", "GET leads/N/notes", "GET leads/unsorted?filter", "GET tasks?filter"}


def step(request: Request) -> str:
    """The request without what is peculiar to it."""
    path = re.sub(r"/(\d+|[0-9a-f]{60})(?=/|$)", "/N", request.path.removeprefix("/api/v4/"))
    asked = "newest" if "order%5Bid%5D=desc" in request.query and path == "leads" else ""
    asked = asked or next((word for word in ("query", "filter", "page") if word in request.query), "")
    return f"{request.method} {path}" + (f"?{asked}" if asked and not path.endswith("/notes") else "")


class Killer:
    """Kills the worker at the first request of each kind, in the given moment, and hires the next."""

    def __init__(self, crm: Crm, hire: Hire, phase: Phase, lost: bool) -> None:
        self._crm, self._hire, self.phase, self._lost = crm, hire, phase, lost
        self.killed_at: list[str] = []
        self._lock = threading.Lock()
        self._worker = self._next()

    def __call__(self, phase: Phase, request: Request) -> None:
        with self._lock:
            if phase is self.phase and request.path.startswith("/api/v4/") and step(request) not in self.killed_at:
                self._kill(request)

    def _kill(self, request: Request) -> None:
        self.killed_at.append(step(request))
        if self._lost:
            self._crm.spoil(Kind.CUT, account=request.account, count=1)
        self._worker.kill()
        self._worker = self._next()

    def _next(self) -> Process:
        """Nothing is under way in the CRM when it takes over, so it need not wait for that."""
        return self._hire(**{"backend.desk.journal.job.IN_FLIGHT": 0.2, "backend.processes.worker.DEAD_AFTER": 0.4})


MOMENTS = {
    "its request is lost with it": (Phase.BEFORE, True),
    "its request is carried out": (Phase.AFTER_COMMIT, False),
    "it has the answer": (Phase.AFTER, False),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_every_kind_of_request(
    firm: Firm, other: Firm, app: Flask, crm: Crm, hire: Hire, moment: str
) -> None:
    before = other.snapshot()
    firm.set(no_lead_numbers=[COURIER], lead_owner="last")
    firm.account.add_lead("Поставка", firm.account.add_contact("Иван", [IVAN]))
    calls = [firm.talk(IVAN, "101"), firm.talk(STRANGER, "101", "102"), firm.talk(COURIER, "101"), firm.fail(CALLED)]
    calls += [firm.miss(MISSED), firm.miss(TWICE)]
    tell_of(firm, calls[1])
    killer = Killer(crm, hire, *MOMENTS[moment])
    crm.on_request.append(killer)
    until_all_done(app)
    calls.append(firm.talk(TWICE, "102"))
    until_all_done(app)
    crm.on_request.clear()
    assert STEPS | (LOOKS if killer.phase is not Phase.AFTER else set()) <= set(killer.killed_at)
    assert_noted_once(firm, calls)
    assert_one_of_each(firm, CLIENTS, spared=[COURIER])
    assert_told_once(firm)
    assert other.snapshot() == before


def test_killed_while_amocrm_is_slow(firm: Firm, app: Flask, crm: Crm, hire: Hire) -> None:
    """The next worker looks for the lead only when amoCRM, which does not know of the death, has made it."""
    firm.account.set(search_lag=UNTIL_TOLD)
    crm.spoil(Kind.SLOW, "/leads/complex", seconds=1.5, count=1)
    patient = {"backend.desk.journal.job.IN_FLIGHT": 2.5}
    first = hire(**patient)
    killed = once(crm, Phase.BEFORE, "POST /api/v4/leads/complex", first.kill)
    calls = [firm.talk(STRANGER, "101")]
    assert killed.wait(PATIENCE)
    hire(**patient)
    until_all_done(app)
    until(lambda: any(request.fault == Kind.SLOW for request in crm.requests()), "the slow request carried out")
    assert_noted_once(firm, calls)
    assert_one_of_each(firm, [STRANGER])


def test_killed_as_it_is_in_production(firm: Firm, app: Flask, crm: Crm, employ: Callable[[], Process]) -> None:
    """`python -m backend worker` itself, with its own waits."""
    killed = once(crm, Phase.AFTER_COMMIT, "POST /api/v4/leads/complex", employ().kill)
    calls = [firm.talk(STRANGER, "101"), firm.miss(MISSED)]
    assert killed.wait(PATIENCE)
    employ()
    until_all_done(app)
    assert_noted_once(firm, calls)
    assert_one_of_each(firm, [STRANGER, MISSED])
