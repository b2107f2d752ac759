"""amoCRM in trouble for a long time, real workers all the while.

What waits is kept, others are not held up, and in the end all is there, once: each drill promises 0 lost and 0 doubled
of the account in trouble, and of the other that it notices nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from backend.amocrm import limiter
from backend.config import Settings
from backend.desk.health import alerts
from backend.desk.health.health import health
from backend.store import accounts, db
from backend.store.accounts import AccountState
from backend.store.journal import wake
from sandbox.crm import seeding
from sandbox.crm.faults import Kind
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from tests.firm import Firm, connect
from tests.kill.books import assert_noted_once, assert_one_of_each, until_all_done
from tests.kill.conftest import Hire
from tests.kill.processes import until

pytestmark = pytest.mark.drill

CALLS = 40
REST = {
    "backend.crm_access.access.LEFT_ALONE": 2.0, "backend.crm_access.access.ASKED_AGAIN": 0.5,
    "backend.crm_access.access.LONGEST_REST": 2.0, "backend.desk.drain.PAUSE": 0.5,
}  # fmt: skip  # minutes in production


@dataclass
class Day:
    """What was told of, by firm; every call is of another stranger."""

    firm: Firm
    other: Firm
    app: Flask
    calls: dict[int, list[str]] = field(default_factory=dict)
    phones: dict[int, list[str]] = field(default_factory=dict)

    def tell(self, firm: Firm, calls: int = CALLS) -> None:
        for _ in range(calls):
            phone = f"+7926{firm.id % 100:02}{len(self.phones.setdefault(firm.id, [])):05}"
            self.phones[firm.id].append(phone)
            told = firm.talk(phone, "101") if len(self.phones[firm.id]) % 3 else firm.miss(phone)
            self.calls.setdefault(firm.id, []).append(told)

    def until_noted(self, firm: Firm) -> None:
        """Every call, in a note of its own or as part of its unsorted record."""
        until(lambda: len(firm.call_notes()) >= len(self.calls[firm.id]), "its calls are noted")

    def in_the_end(self) -> None:
        """Everything is there, and once, in both accounts; what a call did last is what stands."""
        until_all_done(self.app)
        for firm in (self.firm, self.other):
            assert_noted_once(firm, self.calls[firm.id])
            assert_one_of_each(firm, self.phones[firm.id])
            talks = [note["params"] for note in firm.call_notes() if note["params"].get("call_status") == 4]
            assert {each["duration"] for each in talks} == {60}


@pytest.fixture
def day(firm: Firm, other: Firm, app: Flask, crm: Crm, hire: Hire, settings_here: Settings) -> Day:
    crm.integrate(settings_here.redirect_uri)
    hire(**REST), hire(**REST)
    return Day(firm, other, app)


@contextmanager
def trouble(day: Day, begin: Callable[[], object], end: Callable[[], object]) -> Iterator[None]:
    """While it lasts both accounts have calls, and the other's are done."""
    day.tell(day.firm, 5)
    day.until_noted(day.firm)
    begin()
    day.tell(day.firm)
    day.tell(day.other)
    day.until_noted(day.other)
    yield
    end()
    day.tell(day.firm, 5)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": Kind.STATUS, "status": 502},
        {"kind": Kind.STATUS, "status": 504, "after_write": True},
        {"kind": Kind.CUT, "seconds": 0.01},
        {"kind": Kind.CUT, "seconds": 0.01, "after_write": True},
        {"kind": Kind.TOO_MANY, "retry_after": 1},
        {"kind": Kind.MALFORMED},
    ],
    ids=lambda fault: f"{fault['kind']}{' after the write' if fault.get('after_write') else ''}",
)
def test_everything_fails_for_a_while(day: Day, crm: Crm, fault: dict[str, Any]) -> None:
    spoiled = dict(fault)
    with trouble(day, lambda: day.firm.account.spoil(path="^/api/v4", **spoiled), crm.mend):
        until(lambda: any(each.hits > 5 for each in crm.parts.faults.all()), "it was tried and failed")
    day.in_the_end()


def test_a_ban_is_sat_out(day: Day, crm: Crm) -> None:
    """403 and a page of HTML: amoCRM is asked nothing for a while, then once; the other account goes on."""
    ban = {"kind": Kind.BLOCKED, "path": "^/api/v4"}
    with trouble(day, lambda: day.firm.account.spoil(**ban), crm.mend):
        (fault,) = crm.parts.faults.all()
        until(lambda: fault.hits > 1, "it was looked whether the ban is over")
        assert fault.hits < 10
    day.in_the_end()


def test_more_work_than_amocrm_takes(firm: Firm, other: Firm, app: Flask, crm: Crm, hire: Hire) -> None:
    """Two workers, two accounts, each with far more to do than its 7 requests a second: amoCRM never has to refuse."""
    crm.limit(Limits())
    hire(**{"__main__.RATE": limiter.RATE}), hire(**{"__main__.RATE": limiter.RATE})
    day = Day(firm, other, app)
    day.tell(firm)
    day.tell(other)
    day.in_the_end()
    assert 429 not in {request.status for request in crm.requests()}


def test_an_unpaid_account_pauses_tells_and_goes_on_when_it_is_paid(day: Day) -> None:
    account = day.firm.account
    with trouble(day, lambda: account.set(paid=False), lambda: account.set(paid=True)):
        until(lambda: _state(day) is AccountState.UNPAID, "it is seen to be unpaid")
        until(lambda: "не оплачена" in _alerted(day), "the widget tells it")
    until(lambda: any("доступ к amoCRM восстановлен" in task["text"] for task in account.state()["tasks"].values()),
          "a task tells that it is over")  # fmt: skip
    assert _alerted(day) == ""
    day.in_the_end()


def test_after_hours_away_what_happens_now_comes_first(day: Day) -> None:
    """And what waited keeps its order."""
    account = day.firm.account
    with trouble(day, lambda: account.set(paid=False), lambda: None):
        until(lambda: _state(day) is AccountState.UNPAID, "it is seen to be unpaid")
        _hours_pass(day)
    known, waited = len(account.leads), len(day.calls[day.firm.id])
    account.set(paid=True)
    day.in_the_end()
    made = [lead["name"][-5:] for lead in sorted(account.leads, key=lambda lead: lead["id"])][known:]
    phones = [f"{each[-4:-2]}-{each[-2:]}" for each in day.phones[day.firm.id]]
    now = [each for each in made if phones.index(each) >= waited - 5]
    assert len(now) > 2
    assert made == [*now, *(each for each in made if each not in now)]
    assert made == sorted(made, key=lambda each: (each not in now, phones.index(each)))


def test_revoked_tokens_wait_for_the_next_consent(day: Day) -> None:
    with trouble(day, day.firm.account.revoke_tokens, lambda: connect(day.app, day.firm.account)):
        until(lambda: _state(day) is AccountState.NEEDS_REAUTHORISATION, "it is seen to need a consent")
    _wake(day)
    day.in_the_end()


def test_a_renamed_account_is_found(day: Day) -> None:
    day.tell(day.other)
    day.tell(day.firm, 5)
    day.firm.account.rename("acme-new")
    day.tell(day.firm)
    day.in_the_end()


def test_the_administrator_who_installed_it_leaves(day: Day) -> None:
    """A grant by an administrator outlives him (docs/amocrm-contract.md §1.2)."""
    day.tell(day.other)
    day.tell(day.firm, 5)
    day.firm.account.set_user(day.firm.people["Вера"], is_active=False)
    day.tell(day.firm)
    day.in_the_end()


def test_an_employee_and_a_pipeline_are_deleted(day: Day, crm: Crm) -> None:
    """New leads are then the default employee's, in the CRM's first stage: they are not lost. The health names both."""
    firm, world = day.firm, crm.parts.world
    service = seeding.add_pipeline(world, world.accounts[firm.account.id], "Сервис")["id"]
    connect(day.app, firm.account)  # as a reinstall: it is read who and what is there
    firm.set(stage={"pipeline_id": service}, default_employee=firm.people["Вера"])
    day.tell(firm, 5)
    day.until_noted(firm)
    assert _gone(day) == {"employees": [], "stages": []}
    firm.account.delete_user(firm.people["Анна"])
    firm.account.delete_pipeline(service)
    day.tell(day.other, 3)
    day.tell(firm)
    day.in_the_end()
    assert _gone(day) == {"employees": ["Анна"], "stages": [{"of": "account", "name": ""}]}
    assert {lead["responsible_user_id"] for lead in firm.account.leads[-10:]} == {firm.people["Вера"]}


def _gone(day: Day) -> dict[str, Any]:
    with day.app.app_context():
        told: dict[str, Any] = health(day.firm.id)["gone"]
        return told


def _alerted(day: Day) -> str:
    """What the widget tells administrators, as if whatever began now had begun minutes ago."""
    with day.app.app_context():
        older = (
            "update outages set began_at = began_at - interval '3 minutes' where told_at is null and ended_at is null"
        )
        db.session.execute(text(older))
        db.session.commit()
        return " ".join(each["message"] for each in alerts.shown(day.firm.id, "ru"))


def _hours_pass(day: Day) -> None:
    with day.app.app_context():
        older = "update intents set created_at = created_at - interval '3 hours' where account_id = :account"
        db.session.execute(text(older), {"account": day.firm.id})
        db.session.commit()


def _state(day: Day) -> AccountState:
    with day.app.app_context():
        account = accounts.find(day.firm.id)
        assert account is not None
        return account.state


def _wake(day: Day) -> None:
    with day.app.app_context():
        wake.wake(day.firm.id)
        db.session.commit()
