"""The rights of the AMI user are reduced and given back: nothing is lost, and people are told what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from backend.pbx.dialplan import DIALPLAN
from sandbox.demo.station import StationDown
from tests.journeys.company import TALK, Company, Person
from tests.journeys.conftest import ON_22
from tests.journeys.test_breakdowns import linked_again

pytestmark = [pytest.mark.asterisk, pytest.mark.drill]

READ, WRITE = "read = call,agent,user,cdr,system", "write = originate,call,system"


@contextmanager
def reduced(company: Company) -> Iterator[None]:
    """No calls to hear, none to make; in force for whoever logs in from now on."""
    users = company.office.home / "pbx/etc/manager.conf"
    usual = users.read_text()
    assert READ in usual
    users.write_text(usual.replace(READ, "read = agent,user,cdr,system").replace(WRITE, "write = call,system"))
    company.office.pbx_act("Reload", Module="manager")
    try:
        yield
    finally:
        users.write_text(usual)
        company.office.pbx_act("Reload", Module="manager")


def talked(company: Company, person: Person) -> str:
    call = person.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    company.office.quiet()
    return f"call_in {person.number} on lead «{person.lead}», Анна: talked"


def pbx(company: Company) -> dict[str, Any]:
    told: dict[str, Any] = company.station.settings(company.account)["pbx"]
    return told


def alerts(company: Company) -> list[str]:
    """Inside amoCRM: what is not done yet."""
    tasks = company.account.state()["tasks"].values()
    return [task["text"] for task in tasks if not task["is_completed"] and "не сообщает о звонках" in task["text"]]


def is_old(company: Company) -> bool:
    """Once there is an outage it is over two minutes old."""
    older = "update outages set began_at = began_at - interval '3 minutes' where told_at is null and account_id = %s"
    return company.town.journal.execute(older, [company.account.id]).rowcount > 0


def is_steady(company: Company) -> None:
    """The line has been up for over two minutes."""
    older = "update account_pbx set link_since = link_since - interval '3 minutes' where account_id = %s"
    company.town.journal.execute(older, [company.account.id])


def is_over(company: Company) -> bool:
    query = "select from outages where ended_at is null and account_id = %s"
    return company.town.journal.execute(query, [company.account.id]).rowcount == 0


@ON_22
def test_rights_are_reduced_while_the_line_is_up_and_given_back(company: Company) -> None:
    """A login keeps its rights; the next one hears nothing, which is told. When they are given back the line is made
    anew by itself, and the PBX's own journal tells what was not heard."""
    heard, unheard, after = (company.client() for _ in range(3))
    company.office.installs(DIALPLAN)
    with reduced(company):
        crm = [talked(company, heard)]
        company.holds(*crm)
        assert pbx(company)["link_reason"] == ""
        with linked_again(company):
            company.office.restart_pbx()
        assert pbx(company)["link"] == "up"
        assert "read=call" in pbx(company)["link_reason"]
        assert "write=originate" in pbx(company)["link_reason"]
        with pytest.raises(StationDown, match="originate"):
            company.station.click(company.account, company.account.users[0]["id"], after.number)
        company.station.until(lambda: is_old(company), "the outage is noticed")
        company.station.until(lambda: len(alerts(company)) == 1, "an administrator is told inside amoCRM")
        crm.append(talked(company, unheard))
        company.holds(crm[0])
        links = company.station.links(company.account)
    company.station.until(lambda: company.station.links(company.account) > links, "the line is up with its rights")
    assert pbx(company)["link_reason"] == ""
    crm.append(talked(company, after))
    company.in_the_end(
        crm=tuple(crm),
        popups=(
            *(f"Анна: ended, {each.name} → «{each.lead}»" for each in (heard, unheard, after)),
            f"Анна: failed, {after.name} → «{after.lead}»",
        ),
    )
    is_steady(company)
    company.station.until(lambda: not alerts(company), "the task is completed")
