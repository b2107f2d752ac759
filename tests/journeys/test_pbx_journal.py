"""While nobody hears the PBX it writes its calls down itself: afterwards the CRM holds them, each once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest
import requests

from backend.pbx.astdb import JOURNAL
from backend.pbx.dialplan import DIALPLAN
from sandbox.pbx.errors import Refused
from sandbox.pbx.numbers import MOBILE
from tests.journeys.company import TALK, Company, Person, await_value
from tests.journeys.opening import choices

pytestmark = pytest.mark.asterisk
RING = 4
NONSENSE = ("nonsense", "1&call=${SHELL(id)}&channel=x&began=nan&ended=1", "1&" + "a=b&" * 200)


@contextmanager
def unheard(company: Company) -> Iterator[None]:
    """The settings name a wrong port for a while."""
    station, account, ami = company.station, company.account, company.office.ami
    usual = choices(company.town)
    wrong = {"host": ami.host, "port": 1, "username": ami.username, "secret": ami.secret, "tls": False}
    station.choose(account, pbx=wrong, **usual)
    station.until(lambda: is_link(company, "down"), "the line is down")
    yield
    station.set_up(account, company.office, **usual)


def is_link(company: Company, state: str) -> bool:
    query = "select 1 from account_pbx where account_id = %s and link = %s"
    return company.town.journal.execute(query, [company.account.id, state]).fetchone() is not None


@pytest.fixture
def ring(company: Company) -> Iterator[None]:
    """The PBX has room for few calls."""
    company.office.installs(DIALPLAN.replace("% 2000", f"% {RING}"))
    with suppress(Refused):
        company.office.pbx_act("DBDelTree", Family=JOURNAL)
    yield
    company.office.installs(DIALPLAN)


def is_empty(company: Company) -> bool:
    """The PBX has nothing more to tell."""
    told = company.office.pbx_act("Command", Command=f"database show {JOURNAL}")
    return told["Output"].startswith("0 results")


def lost(company: Company) -> int:
    """What the account's health says."""
    token = company.account.widget_token(company.account.users[0]["id"])
    address = f"{company.station.url}/api/overview?days=1"
    told = requests.get(address, headers={"X-Auth-Token": token}, timeout=20)
    return int(told.json()["health"]["journal"]["lost"])


@pytest.mark.usefixtures("ring")
def test_calls_that_nobody_heard_are_told_by_the_pbx(company: Company) -> None:
    """Two more than it has room for, which is told; one was heard to ring and no more; nonsense does no harm."""
    before = lost(company)
    heard, ivan, stranger, busy, forgotten = (
        company.stranger(), company.client(), company.stranger(), company.client(), company.stranger()
    )  # fmt: skip
    busy.line.is_busy()
    rings = heard.calls(company.did.direct)
    company.rings(1)
    with unheard(company):
        for _ in range(2):
            forgotten.calls(company.did.ivr).talks_to_nobody(0).hangs_up()
        company.phone("101").answers().talks(TALK)
        rings.hangs_up()
        queued = ivan.calls(company.did.general)
        company.phone("102").answers().talks(TALK)
        queued.hangs_up()
        stranger.calls(company.did.ivr).talks_to_nobody(0).hangs_up()
        company.phone("101").dials(busy.dialled).is_over()
        company.office.quiet()
        for number, line in enumerate(NONSENSE):
            company.office.pbx_act("DBPut", Family=JOURNAL, Key=f"{RING + number}", Val=line)
    company.in_the_end(
        crm=(
            f"contact «{heard.name}» {heard.number}, Анна",
            f"lead «{heard.lead}» of «{heard.name}», Анна, Продажи/Первичный контакт",
            f"call_in {heard.number} on lead «{heard.lead}», Анна: talked",
            f"call_in {ivan.number} on lead «{ivan.lead}», Борис: talked",
            f"contact «{stranger.name}» {stranger.number}, Анна, hidden",
            f"lead «{stranger.lead}» of «{stranger.name}», Анна, Продажи/Неразобранное",
            f"unsorted sip «{stranger.lead}»: waits",
            f"call_in {stranger.number} on lead «{stranger.lead}», part of the record",
            f"call_out {busy.number} on lead «{busy.lead}», Анна: busy, занято",
        ),
        popups=(
            f"Анна: ended, {heard.name} → «{heard.lead}»",
            f"Борис: ended, {ivan.name} → «{ivan.lead}»",
            f"Глеб: missed, {stranger.name}",
        ),
    )
    assert lost(company) == before + 2
    company.station.until(lambda: is_empty(company), "the PBX's journal is empty")


@contextmanager
def stopped(company: Company) -> Iterator[None]:
    """The whole service is stopped, and started again."""
    company.station.__exit__(None, None, None)
    yield
    company.station.__enter__()
    company.town.reopen_journal()


@dataclass(frozen=True)
class Cast:
    """Whoever calls and is called in an hour; named after what becomes of it."""

    people: dict[str, Person]

    def __getattr__(self, role: str) -> Person:
        return self.people[role]

    def lines(self, company: Company) -> list[str]:
        """What the account gained, with roles for names and numbers."""
        return sorted(map(self._in_roles, company.gained()))

    def _in_roles(self, line: str) -> str:
        for role, person in self.people.items():
            for each in (person.lead, person.name, person.number, person.spoken):
                line = line.replace(each, role)
        return line


def cast(company: Company) -> Cast:
    known = {role: company.client() for role in ("queued", "grouped", "left_queue", "dialled", "passed", "to_mobile")}
    strangers = {role: company.stranger() for role in ("new", "left_menu", "picked_up", "given_up", "busy")}
    return Cast({**known, **strangers})


def an_hour(company: Company, people: Cast) -> None:
    """Of everything some, as quickly as phones can."""
    direct = people.new.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    queued = people.queued.calls(company.did.sales)
    company.phone("103").answers().talks(TALK)
    dialled = company.phone("102").dials(people.dialled.dialled)
    people.dialled.answers()
    dialled.talks(TALK)
    menu = people.left_menu.calls(company.did.ivr).talks_to_nobody(0)
    hidden = company.office.client("anonymous").calls(company.did.after_hours)
    for call in (direct, queued, dialled, menu):
        call.hangs_up()
    hidden.is_over()
    people.busy.line.is_busy()
    company.phone("101").dials(people.busy.dialled).is_over()
    given_up = company.phone("101").dials(people.given_up.dialled)
    people.given_up.rings()
    given_up.hangs_up()
    company.phone("103").forwards_to(MOBILE)
    mobile = people.to_mobile.calls(company.did.mobile)
    company.office.client(MOBILE).answers().talks(TALK)
    mobile.hangs_up()
    company.phone("103").forwards_nowhere()
    by_many_phones(company, people)


def by_many_phones(company: Company, people: Cast) -> None:
    picked = people.picked_up.calls(company.did.direct)
    company.phone("102").picks_up("101").talks(TALK)
    picked.hangs_up()
    group = people.grouped.calls(company.did.group_local)
    company.phone("102").answers().talks(TALK)
    group.hangs_up()
    company.office.quiet()
    left = people.left_queue.calls(company.did.general)
    for extension in ("101", "102", "103"):
        company.phone(extension).rings()
    left.hangs_up()
    company.office.quiet()
    passed = people.passed.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    consultation = company.phone("101").dials("102")
    company.phone("102").answers()
    consultation.talks(TALK)
    company.phone("101").transfers_to("102", attended=True)
    company.phone("102").talks(TALK)
    passed.hangs_up()
    company.office.quiet()


@pytest.mark.drill
def test_an_hour_of_calls_without_the_service_is_in_the_crm_afterwards(company: Company) -> None:
    """As with the service, but for how long each of a chain talked; and nothing more when the service starts again."""
    heard = cast(company)
    an_hour(company, heard)
    company.station.until(company.town.is_settled, "everything is done")
    expected = [line.replace("101 Анна m:ss →", "101 Анна →") for line in heard.lines(company)]
    company.office.reset()
    later = Company(company.town)
    written = cast(later)
    with stopped(later):
        an_hour(later, written)
    await_value(lambda: written.lines(later), expected, "the CRM")
    with stopped(later):
        pass
    later.station.until(lambda: is_link(later, "up"), "the line is up again")
    later.station.until(lambda: is_empty(later), "the PBX's journal is empty")
    later.station.until(later.town.is_settled, "everything is done")
    assert written.lines(later) == expected
