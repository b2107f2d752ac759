"""The PBX's clock is off by hours, and is put right in the middle of calls: 0 lost, 0 doubled, each at its true time.

What the PBX itself writes down bears its own clock's times; what we hear bears ours.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backend.pbx.dialplan import DIALPLAN
from tests.journeys.company import TALK, Company, Person, Town, await_value
from tests.journeys.opening import open_town
from tests.journeys.test_breakdowns import linked_again
from tests.journeys.test_pbx_journal import unheard

pytestmark = [pytest.mark.asterisk, pytest.mark.drill]

HOURS = 3600
NEAR = 2  # seconds


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(22, tmp_path_factory.mktemp("clock"), with_clock=True) as town:
        town.office.installs(DIALPLAN)
        yield town


@pytest.fixture(autouse=True)
def _right_again(company: Company) -> Iterator[None]:
    yield
    company.office.sets_clock(0)


@contextmanager
def at_their_true_times(company: Company) -> Iterator[None]:
    """What the journal and the CRM have then that they had not happened meanwhile."""
    before, began = set(_times(company)), time.time()
    yield
    fresh = set(_times(company)) - before
    assert fresh
    assert all(began - NEAR < at < time.time() + NEAR for _, at in fresh), (began, fresh)


def _times(company: Company) -> list[tuple[str, float]]:
    query = """select call, unnest(array[started, answered, ended]) from calls where account_id = %s
               union all select call, at from facts where account_id = %s"""
    rows = company.town.journal.execute(query, [company.account.id] * 2).fetchall()
    noted = [(str(note["id"]), note["created_at"]) for note in company.account.notes]
    return [(call, float(at)) for call, at in [*rows, *noted] if at]


def talked(company: Company, person: Person) -> None:
    call = person.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    company.office.quiet()


def told(*people: Person) -> dict[str, tuple[str, ...]]:
    """What becomes of clients who talk with Анна."""
    crm = tuple(f"call_in {each.number} on lead «{each.lead}», Анна: talked" for each in people)
    return {"crm": crm, "popups": tuple(f"Анна: ended, {each.name} → «{each.lead}»" for each in people)}


@pytest.mark.parametrize("ahead", [5 * HOURS, -3 * HOURS], ids=["fast", "slow"])
def test_the_clock_is_off_by_hours(company: Company, ahead: int) -> None:
    """One call is heard, one is told by the PBX afterwards; and questions are asked, by a heartbeat of its clock."""
    heard, written = company.client(), company.client()
    company.office.sets_clock(ahead)
    with linked_again(company):
        company.office.restart_pbx()
    await_value(lambda: is_fresh(company, ahead), True, "the heartbeat")
    with at_their_true_times(company):
        talked(company, heard)
        with unheard(company):
            talked(company, written)
        company.in_the_end(**told(heard, written))


def is_fresh(company: Company, ahead: float) -> bool:
    at = company.office.pbx_act("Getvar", Variable="PHONE_STATION_HEARTBEAT")["Value"]
    return bool(at) and abs(time.time() + ahead - int(at)) < 4


@pytest.mark.parametrize("ahead", [5 * HOURS, -3 * HOURS], ids=["fast", "slow"])
def test_the_clock_is_put_right_during_calls_that_are_heard(company: Company, ahead: int) -> None:
    """A talk of a second stays one, whatever the PBX's clock says of it."""
    ivan, olga = company.client(), company.client()
    company.office.sets_clock(ahead)
    with at_their_true_times(company):
        call = ivan.calls(company.did.direct)
        company.phone("101").answers().talks(TALK)
        company.office.sets_clock(0)
        call.hangs_up()
        company.office.quiet()
        talked(company, olga)
        company.in_the_end(**told(ivan, olga))
    assert all(note["params"]["duration"] < 20 for note in company.account.notes if "duration" in note["params"])


def test_the_clock_is_put_right_while_nobody_hears(company: Company) -> None:
    """What was written before bears times of the future when it is read, one call ended before it began."""
    before, during, after = (company.client() for _ in range(3))
    company.office.sets_clock(5 * HOURS)
    with at_their_true_times(company):
        with unheard(company):
            talked(company, before)
            call = during.calls(company.did.direct)
            company.phone("101").answers().talks(TALK)
            company.office.sets_clock(0)
            call.hangs_up()
            company.office.quiet()
            talked(company, after)
        company.in_the_end(**told(before, during, after))
