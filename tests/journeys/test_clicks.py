"""The phone button: the employee's own phone, then the client's; what is shown, what is refused, what the CRM gets."""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path

import pytest

from backend.pbx.dialplan import DIALPLAN
from tests.journeys.company import TALK, Company
from tests.journeys.conftest import ON_22
from tests.journeys.widget import Widget, refusal

pytestmark = pytest.mark.asterisk


@pytest.mark.parametrize("dialplan", ["", DIALPLAN], ids=["as the PBX is", "with our dialplan"])
def test_a_click_is_a_call_of_who_clicked(company: Company, dialplan: str) -> None:
    """His phone shows the client; the client's shows the firm's number alone where our dialplan is installed."""
    company.office.installs(dialplan)
    ivan, anna = company.client(), Widget(company, "Анна")
    call = anna.clicks(ivan.dialled)
    phone = company.phone("101").rings()
    assert (phone.other, phone.tell("CALLERID(name)")) == (ivan.number[1:] if dialplan else "101", ivan.name)
    anna.sees(call, "calling")
    assert anna.clicks(ivan.spoken) == call
    phone.answers()
    client = ivan.rings()
    assert (client.other, client.tell("CALLERID(name)")) == ("74951000000", "" if dialplan else ivan.name)
    anna.sees(call, "dialling")
    assert anna.clicks(ivan.number) == call
    client.answers()
    phone.talks(TALK)
    anna.sees(call, "talking")
    assert anna.is_refused(ivan.number) == (409, "busy_here")
    anna.hangs_up(call)
    company.in_the_end(
        crm=(f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )
    assert company.calls() == [call]
    assert refusal(anna.asks(f"/api/calls/{call}/hangup")) == (409, "call_over")


def test_an_employee_who_is_not_reached_leaves_nothing_in_the_crm(company: Company) -> None:
    ivan, anna = company.client(), Widget(company, "Анна")
    company.phone("101").is_busy()
    anna.sees(anna.clicks(ivan.number), "failed", "own-busy")
    company.phone("101").is_unreachable()
    anna.sees(anna.clicks(ivan.number), "failed", "own-unreachable")
    company.phone("101").is_free()
    call = anna.clicks(ivan.number)
    company.phone("101").rings()
    anna.sees(call, "calling")
    anna.hangs_up(call)
    anna.sees(call, "failed", "given-up")
    assert Widget(company, "Глеб").is_refused(ivan.number) == (409, "phone_unreachable")
    assert anna.is_refused("8 809 555-12-34") == (422, "number_not_allowed")
    assert anna.is_refused("102") == (422, "number_not_allowed")
    company.in_the_end(popups=(f"Анна: failed, {ivan.name} → «{ivan.lead}»",) * 3)


def test_a_client_who_is_not_reached_is_noted_once_with_the_reason(company: Company) -> None:
    ivan, olga, anna = company.client(), company.client(), Widget(company, "Анна")
    ivan.line.is_busy()
    busy = anna.clicks(ivan.number)
    company.phone("101").answers()
    anna.sees(busy, "failed", "busy")
    company.phone("101").is_over()
    given_up = anna.clicks(olga.number)
    company.phone("101").answers()
    olga.rings()
    anna.sees(given_up, "dialling")
    anna.hangs_up(given_up)
    anna.sees(given_up, "failed", "given-up")
    company.in_the_end(
        crm=(
            f"call_out {ivan.number} on lead «{ivan.lead}», Анна: busy, занято",
            f"call_out {olga.number} on lead «{olga.lead}», Анна: no answer, не дождались ответа",
        ),
        popups=(
            f"Анна: failed, {ivan.name} → «{ivan.lead}»",
            f"Анна: failed, {olga.name} → «{olga.lead}»",
        ),
    )


def test_nobody_else_can_touch_a_call(company: Company) -> None:
    ivan, anna, boris = company.client(), Widget(company, "Анна"), Widget(company, "Борис")
    stranger = Widget(company, "Галина", at=company.town.other)
    request = str(uuid.uuid4())
    call = anna.clicks(ivan.number, request)
    company.phone("101").answers()
    ivan.answers().talks(TALK)
    for other in (boris, stranger):
        assert refusal(other.asks(f"/api/calls/{call}/hangup")) == (404, "not_found")
        assert refusal(other.asks(f"/api/calls/{call}/transfer", to=boris.user, kind="blind")) == (404, "not_found")
    assert refusal(boris.asks("/api/calls", request, phone=ivan.number)) == (422, "invalid")
    assert stranger.is_refused(ivan.number) == (503, "pbx_not_connected")
    ivan.hangs_up()
    company.in_the_end(
        crm=(f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


@ON_22
def test_a_click_outlives_the_process_that_made_it(company: Company) -> None:
    """While the first phone rings the process that holds the line ends; the next one takes the click up, dials nobody
    anew, and tells of a phone that stopped ringing while nobody listened."""
    ivan, olga = company.client(), company.client()
    anna, boris = Widget(company, "Анна"), Widget(company, "Борис")
    answered, given_up = anna.clicks(ivan.number), boris.clicks(olga.number)
    company.phone("101").rings()
    company.phone("102").rings()
    links = company.station.links(company.account)
    end_pbx_process(company)
    company.phone("102").hangs_up()
    company.station.until(lambda: company.station.links(company.account) > links, "the line is up again")
    boris.sees(given_up, "failed", "own-no-answer")
    anna.sees(answered, "calling")
    company.phone("101").answers()
    ivan.answers().talks(TALK)
    anna.sees(answered, "talking")
    ivan.hangs_up()
    company.in_the_end(
        crm=(f"call_out {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»", f"Борис: failed, {olga.name} → «{olga.lead}»"),
    )


def end_pbx_process(company: Company) -> None:
    """The station's own child; when it has gone it is started again at once."""
    [pid] = [int(each) for each in children_of(company.station.pid) if b"pbx" in command_of(each).split(b"\0")]
    os.kill(pid, signal.SIGTERM)
    company.station.until(lambda: not Path(f"/proc/{pid}").exists(), "the process has ended")


def children_of(pid: int) -> list[str]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [child for each in found for child in each.read_text().split()]


def command_of(pid: str) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
