"""A client who calls in rings his manager first, who sees his name; then the call goes on, whatever befell us."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from backend.pbx.dialplan import DIALPLAN
from sandbox.crm.faults import Kind
from tests.journeys.company import GLANCE, TALK, Company, Person, await_value
from tests.journeys.conftest import ON_22
from tests.journeys.opening import choices
from tests.journeys.test_breakdowns import kill, linked_again, pid

pytestmark = pytest.mark.asterisk

EVERYBODY = ("Анна", "Борис", "Вера", "Глеб")
A_HUNDRED = 180  # seconds for their records, at seven requests a second
HEADERS = ("From", "P-Asserted-Identity")


@pytest.fixture(autouse=True)
def _routed(company: Company) -> None:
    """The dialplan is installed, and the station says that it answers."""
    company.office.installs(DIALPLAN)
    told = company.office.pbx_act("DBGet", Family="phone-station/settings", Key="route")
    assert told
    await_value(lambda: is_fresh(company), True, "the heartbeat")


def is_fresh(company: Company) -> bool:
    at = company.office.pbx_act("Getvar", Variable="PHONE_STATION_HEARTBEAT")["Value"]
    return bool(at) and time.time() - int(at) < 4


def name_on(company: Company, extension: str) -> str:
    """Of the client, in the message that the phone got."""
    phone = company.phone(extension).rings()
    told = {phone.tell(f"PJSIP_HEADER(read,{header})").partition(" <")[0] for header in HEADERS}
    assert len(told) == 1
    return told.pop().strip('"')


def test_the_responsible_of_the_open_lead_rings_not_the_contacts(company: Company) -> None:
    petr = company.client("with a lead of another")
    call = petr.calls(company.did.routed)
    assert name_on(company, "103") == petr.name
    company.shows(f"Вера: ringing, {petr.name} → «{petr.lead}»")
    company.phone("103").answers().talks(TALK)
    call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {petr.number} on lead «{petr.lead}», Вера: talked",),
        popups=(f"Вера: ended, {petr.name} → «{petr.lead}»",),
    )


def test_without_an_open_lead_the_contacts_responsible_rings(company: Company) -> None:
    olga = company.client("without a lead")
    call = olga.calls(company.did.routed)
    assert name_on(company, "102") == olga.name
    company.phone("102").answers().talks(TALK)
    call.hangs_up()
    company.in_the_end(
        crm=(
            f"lead «{olga.lead}» of «{olga.name}», Борис, Продажи/Первичный контакт",
            f"call_in {olga.number} on lead «{olga.lead}», Борис: talked",
        ),
        popups=(f"Борис: ended, {olga.name} → «{olga.lead}»",),
    )


def is_busy(company: Company) -> None:
    company.phone("103").is_busy()


def is_unreachable(company: Company) -> None:
    company.phone("103").is_unreachable()


def does_not_answer(company: Company) -> None:
    """For the ten seconds of the settings."""


@pytest.mark.parametrize(
    ("manager", "rang"),
    [(is_busy, ("Борис",)), (is_unreachable, ("Борис",)), (does_not_answer, ("Борис", "Вера"))],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_when_the_manager_does_not_take_it_the_queue_does_and_it_is_one_call(
    company: Company, manager: Callable[[Company], None], rang: tuple[str, ...]
) -> None:
    petr = company.client("with a lead of another")
    manager(company)
    call = petr.calls(company.did.routed)
    if manager is does_not_answer:
        phone = company.phone("103").rings()
        time.sleep(8)
        assert not phone.channel.gone
        phone.is_over()
    assert name_on(company, "101") == petr.name
    company.rings(1 + len(rang))
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {petr.number} on lead «{petr.lead}», Анна: talked",),
        popups=(f"Анна: ended, {petr.name} → «{petr.lead}»", *(f"{who}: closed" for who in rang)),
    )


@ON_22
def test_whose_manager_has_no_phone_and_a_stranger_go_to_the_queue(company: Company) -> None:
    """Nobody takes the calls: each is missed, once."""
    inna, stranger = company.client("of who has no phone"), company.stranger()
    calls = [each.calls(company.did.routed) for each in (inna, stranger)]
    assert {company.phone("101").rings().tell("CALLERID(name)") for _ in calls} == {inna.name, ""}
    company.rings(6)
    for call in calls:
        call.hangs_up()
    company.in_the_end(
        crm=(
            f"lead «{inna.lead}» of «{inna.name}», Анна, Продажи/Неразобранное",
            f"unsorted sip «{inna.lead}»: waits",
            f"call_in {inna.number} on lead «{inna.lead}», part of the record",
            f"contact «{stranger.name}» {stranger.number}, Анна, hidden",
            f"lead «{stranger.lead}» of «{stranger.name}», Анна, Продажи/Неразобранное",
            f"unsorted sip «{stranger.lead}»: waits",
            f"call_in {stranger.number} on lead «{stranger.lead}», part of the record",
        ),
        popups=(
            *(f"{who}: closed" for who in ("Анна", "Анна", "Борис", "Борис", "Вера", "Вера")),
            f"Глеб: missed, {inna.name}",
            f"Глеб: missed, {stranger.name}",
        ),
    )


def test_another_responsible_is_rung_at_the_next_call(company: Company) -> None:
    """And another spelling is seen on his phone, when the settings say so."""
    petr = company.client("with a lead of another")
    (lead,) = (each for each in company.account.leads if each["name"] == petr.lead)
    anna = company.account.users[0]["id"]
    company.account.change("leads", lead, responsible_user_id=anna)
    await_value(lambda: responsible(company, petr), anna, "the phonebook")
    company.station.choose(company.account, **choices(company.town), routing={"names": "latin"})
    petr.calls(company.did.routed)
    assert name_on(company, "101") == petr.name.replace("Пётр", "Petr")
    company.phone("101").answers().talks(TALK)
    petr.hangs_up()
    company.station.choose(company.account, **choices(company.town))
    company.in_the_end(
        crm=(
            f"call_in {petr.number} on lead «{petr.lead}», Анна: talked",
            f"changed lead «{petr.lead}»: responsible_user_id {anna}",
        ),
        popups=(f"Анна: ended, {petr.name} → «{petr.lead}»",),
    )


def responsible(company: Company, client: Person) -> int:
    """Of his lead, as the phonebook has it."""
    query = "select responsible from phonebook_leads where account_id = %s and name = %s"
    found = company.town.journal.execute(query, [company.account.id, client.lead]).fetchone()
    return int(found[0]) if found else 0


@ON_22
def test_with_amocrm_down_the_manager_rings(company: Company) -> None:
    petr = company.client("with a lead of another")
    company.town.crm.spoil(Kind.STATUS, status=503)
    try:
        petr.calls(company.did.routed)
        assert name_on(company, "103") == petr.name
        company.phone("103").answers().talks(TALK)
        petr.hangs_up()
        company.office.quiet()
    finally:
        company.town.crm.mend()
    company.station.until(company.town.is_settled, "what amoCRM did not take is tried again")
    company.in_the_end(
        crm=(f"call_in {petr.number} on lead «{petr.lead}», Вера: talked",),
        popups=(f"Вера: ended, {petr.name} → «{petr.lead}»",),
    )


@ON_22
def test_a_service_that_hangs_is_not_waited_for(company: Company) -> None:
    """The copy knows the client, and nobody the stranger; when the service comes to itself it tells of both calls."""
    petr, stranger = company.client("with a lead of another"), company.stranger()
    popups = (
        *(f"{who}: missed, {petr.name} → «{petr.lead}»" for who in EVERYBODY),
        *(f"{who}: closed" for who in ("Анна", "Борис", "Вера")),
        f"Глеб: missed, {stranger.name}",
    )
    copied(company, petr)
    with hanging(company):
        calls = [petr.calls(company.did.routed), stranger.calls(company.did.routed)]
        assert name_on(company, "103") == petr.name
        for extension in ("101", "102", "103"):
            company.phone(extension).rings()
        for call in calls:
            call.hangs_up()
        company.office.quiet()
    company.shows(*popups)
    await_value(company.town.is_settled, True, "the journal")
    company.in_the_end(
        crm=(
            f"call_in {petr.number} on lead «{petr.lead}», Вера: no answer",
            f"contact «{stranger.name}» {stranger.number}, Анна, hidden",
            f"lead «{stranger.lead}» of «{stranger.name}», Анна, Продажи/Неразобранное",
            f"unsorted sip «{stranger.lead}»: waits",
            f"call_in {stranger.number} on lead «{stranger.lead}», part of the record",
        ),
        popups=popups,
    )


@ON_22
@pytest.mark.drill
def test_a_service_killed_before_during_and_after_a_question(company: Company) -> None:
    """Three clients of one manager: one whom it sent to him, one it was asked about, one nobody asks about any more.
    All reach him, and all is told afterwards."""
    after, during, before = (company.client("with a lead of another") for _ in range(3))
    for each in (after, during, before):
        copied(company, each)
    with linked_again(company):
        calls = [after.calls(company.did.routed)]
        assert name_on(company, "103") == after.name
        with hanging(company):
            calls.append(during.calls(company.did.routed))
            kill(company)
        assert name_on(company, "103") == during.name
        calls.append(before.calls(company.did.routed))
        assert name_on(company, "103") == before.name
    for call in calls:
        call.hangs_up()
    company.in_the_end(
        crm=tuple(f"call_in {each.number} on lead «{each.lead}», Вера: no answer" for each in (after, during, before)),
        popups=tuple(
            f"{who}: missed, {each.name} → «{each.lead}»" for each in (after, during, before) for who in EVERYBODY
        ),
    )


@ON_22
@pytest.mark.drill
def test_a_hundred_strangers_at_once_are_all_in_the_queue(company: Company) -> None:
    records = len(company.account.unsorted)
    calls = [company.stranger().calls(company.did.routed) for _ in range(100)]
    await_value(lambda: waiting(company), len(calls), "the queue")
    for call in calls:
        call.hangs_up()
    company.office.quiet()
    deadline = time.monotonic() + A_HUNDRED
    while len(company.account.unsorted) - records < len(calls):
        assert time.monotonic() < deadline
        time.sleep(GLANCE)
    company.station.until(company.town.is_settled, "all is done")
    assert len(company.account.unsorted) - records == len(calls)


def copied(company: Company, client: Person) -> None:
    """The PBX knows him by now, by this name."""
    asked = f"database get phone-station/clients {client.number.lstrip('+')}"

    def name() -> str:
        return company.office.pbx_act("Command", Command=asked).get("Output", "").rpartition("|")[2]

    await_value(name, client.name, "the copy")


@contextmanager
def hanging(company: Company) -> Iterator[None]:
    """The `pbx` process hears nothing and says nothing; it may be killed meanwhile."""
    os.kill(pid(company), signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid(company), signal.SIGCONT)


def waiting(company: Company) -> int:
    return sum(each.name.startswith("PJSIP/trunk") for each in company.office.pbx_channels.live.values())
