"""What breaks in the middle of a call neither loses it nor tells of it twice."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.journeys.company import TALK, Company, await_value
from tests.journeys.conftest import ON_22
from tests.journeys.opening import choices

pytestmark = pytest.mark.asterisk


def test_asterisk_is_restarted_in_the_middle_of_a_call(company: Company) -> None:
    """The call ends with it, and the next one is heard."""
    ivan, stranger = company.client(), company.stranger()
    ivan.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    company.holds(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talking")
    with linked_again(company):
        company.office.restart_pbx()
    talked = f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talked"
    company.holds(talked)
    call = stranger.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    company.in_the_end(
        crm=(
            talked,
            f"contact «{stranger.name}» {stranger.number}, Анна",
            f"lead «{stranger.lead}» of «{stranger.name}», Анна, Продажи/Первичный контакт",
            f"call_in {stranger.number} on lead «{stranger.lead}», Анна: talked",
        ),
        popups=(
            f"Анна: ended, {ivan.name} → «{ivan.lead}»",
            f"Анна: ended, {stranger.name} → «{stranger.lead}»",
        ),
    )


@ON_22
def test_the_pbx_process_is_killed_in_the_middle_of_calls(company: Company) -> None:
    """One talk outlives it, one ends meanwhile, one call rings and is answered afterwards: each is told of once.

    The lease of a dead process is free after 12 s; so long nobody hears the PBX.
    """
    stays, leaves, waits = company.stranger(), company.client(), company.client()
    staying = stays.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    leaving = company.phone("102").dials(leaves.dialled)
    leaves.answers().talks(TALK)
    waiting = waits.calls(company.did.mobile)
    company.rings(1)
    made = (
        f"contact «{stays.name}» {stays.number}, Анна",
        f"lead «{stays.lead}» of «{stays.name}», Анна, Продажи/Первичный контакт",
    )
    talking = f"call_in {stays.number} on lead «{stays.lead}», Анна: talking"
    talked = f"call_out {leaves.number} on lead «{leaves.lead}», Борис: talked"
    company.holds(*made, talking, f"call_out {leaves.number} on lead «{leaves.lead}», Борис: talking")
    with linked_again(company):
        kill(company)
        leaving.hangs_up()
    company.holds(*made, talking, talked)
    company.phone("103").answers().talks(TALK)
    staying.hangs_up()
    waiting.hangs_up()
    company.in_the_end(
        crm=(
            *made,
            talked,
            f"call_in {stays.number} on lead «{stays.lead}», Анна: talked",
            f"call_in {waits.number} on lead «{waits.lead}», Вера: talked",
        ),
        popups=(
            f"Анна: ended, {stays.name} → «{stays.lead}»",
            f"Борис: ended, {leaves.name} → «{leaves.lead}»",
            f"Вера: ended, {waits.name} → «{waits.lead}»",
        ),
    )


@ON_22
def test_other_employees_chosen_in_the_middle_of_a_call_leave_the_line_up(company: Company) -> None:
    usual, ivan = choices(company.town), company.client()
    links = company.station.links(company.account)
    call = ivan.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    company.station.choose(company.account, **{**usual, "employees": usual["employees"][:2]})
    await_value(company.seats, ["101", "102"], "the seats")
    company.station.choose(company.account, **usual)
    await_value(company.seats, ["101", "102", "103", "104"], "the seats")
    assert company.station.links(company.account) == links
    call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


@contextmanager
def linked_again(company: Company) -> Iterator[None]:
    """Afterwards the line to the PBX has come up anew."""
    links = company.station.links(company.account)
    yield
    company.station.until(lambda: company.station.links(company.account) > links, "the line is up again")


def kill(company: Company) -> None:
    """`kill -9` of the `pbx` process."""
    os.kill(pid(company), signal.SIGKILL)


def pid(company: Company) -> int:
    """Of the `pbx` process."""
    pids = re.findall(r"process_started +pid=(\d+) process=pbx\b", company.station.log.read_text())
    return int(pids[-1])
