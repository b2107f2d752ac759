"""After the day: whoever looks plays an employee himself, with phones and clients that answer by themselves."""

from __future__ import annotations

from functools import partial

from sandbox.demo.day import IVAN, IVANS_LEAD
from sandbox.demo.scene import Company
from sandbox.demo.tell import bold, say

STRANGER = "+79150004455"


def invite(company: Company) -> None:
    """Says where to look and what to press; the buttons stand on every page of the CRM."""
    office, anna, boris = company.office.everybody_obliges(), company.user(0), company.user(1)
    for user in company.account.users:
        company.station.close_popups(company.account, user["id"])
    buttons = company.crm.parts.buttons
    buttons["Иван Сидоров звонит Анне"] = partial(_calls, company, IVAN, office.did.direct)
    buttons["Иван Сидоров звонит на общий номер"] = partial(_calls, company, IVAN, office.did.routed)
    buttons["Незнакомый номер звонит Анне"] = partial(_calls, company, STRANGER, office.did.direct)
    buttons["Звонок после закрытия офиса"] = partial(_calls, company, STRANGER, office.did.after_hours)
    lead = next(lead for lead in company.account.leads if lead["name"] == IVANS_LEAD)
    enter = f"{company.account.url}/enter"
    say(bold("\nNow you: phones and clients answer by themselves, five seconds after they ring."))
    say(f"  you are Анна, on Иван's card   {enter}/{anna['id']}?to=/leads/detail/{lead['id']}")
    say("    click his phone number, choose «Телефонная станция»: see the popup of a real call, live")
    say("    «телефоны» at the top of each page lets a client call you; hang up or transfer in the popup;")
    say("    by the main number Иван reaches Борис first; what was said plays in the card a few seconds later")
    say(f"  Борис's board, in another browser or a private window   {enter}/{boris['id']}")
    say(f"  a site: leave a number, the team's phones ring, whoever answers has the popup   {company.site.url}")
    say(f"  settings and overview   {enter}/{anna['id']}?to=/settings/widgets")
    say("  Ctrl-C stops everything.")


def _calls(company: Company, number: str, did: str) -> None:
    company.office.client(number).calls(did)
