"""The dialplan we generate, with the service away or dumb: nobody waits for it, and the copy does what it can."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from backend.calls.numbers.dialling import EXTENSION_PLACE
from backend.calls.numbers.phone_display import shown_name
from backend.calls.rules.routing import DialplanTarget, Routing
from backend.pbx.dialplan import DIALPLAN
from backend.pbx.dialplan.route import LOOK
from sandbox.pbx import Office

pytestmark = pytest.mark.asterisk
IVAN, NAME = "+79161234567", shown_name("Иван Петров")
ROUTING = Routing()
AGAIN = """
[again]
exten => s,1,Gosub(phone-station-route,s,1)
 same => n,Dial(PJSIP/101)
"""
ANSWERED = "Set(PHONE_STATION_ANSWER=103|Другой)\n same => n,TryExec(WaitFor"
SHORT_RING = "1|PJSIP/||||"
THROUGH_THE_PBX = replace(ROUTING, channel=f"Local/{EXTENSION_PLACE}@from-internal/n")


@pytest.fixture
def routed(office: Office) -> Iterator[Office]:
    """The copy has Ivan, whose manager is at 102; nobody has ever heard of the service."""
    office.installs(DIALPLAN)
    tell(office, ROUTING.told)
    know(office, f"102|{NAME}")
    yield office
    office.pbx_act("DBDelTree", Family="phone-station")
    beat(office, 0)


def tell(office: Office, told: str) -> None:
    office.pbx_act("DBPut", Family="phone-station/settings", Key="route", Val=told)


def know(office: Office, entry: str) -> None:
    office.pbx_act("DBPut", Family="phone-station/clients", Key=IVAN[1:], Val=entry)


def beat(office: Office, at: float) -> None:
    office.pbx_act("Setvar", Variable="PHONE_STATION_HEARTBEAT", Value=str(int(at)))


@pytest.mark.parametrize("routing", [ROUTING, THROUGH_THE_PBX], ids=["his phone", "through the PBX's dialplan"])
def test_a_known_client_reaches_his_manager_with_his_name(routed: Office, routing: Routing) -> None:
    tell(routed, routing.told)
    call = routed.client("8 (916) 123-45-67").calls(routed.did.routed, "Trunk's own")
    phone = routed.phone("102").rings()
    seen = [phone.tell(f"PJSIP_HEADER(read,{header})") for header in ("From", "P-Asserted-Identity")]
    assert all(each.startswith(f'"{NAME}" <sip:') for each in seen)
    phone.answers().talks()
    call.hangs_up()


def test_who_answers_with_a_plain_no_is_followed_by_the_queue(routed: Office) -> None:
    call = routed.client(IVAN).calls(routed.did.routed)
    routed.phone("102").rings().rejects()
    assert routed.phone("101").rings().tell("CALLERID(name)") == NAME
    routed.phone("103").answers().talks()
    call.hangs_up()


@pytest.mark.parametrize("trouble", ["busy", "unreachable", "not registered", "not there", "not answered"])
def test_whatever_is_with_the_phone_the_queue_follows(routed: Office, trouble: str) -> None:
    if trouble == "busy":
        routed.phone("102").is_busy()
    elif trouble == "unreachable":
        routed.phone("102").is_unreachable()
    elif trouble == "not answered":
        tell(routed, SHORT_RING)
    else:
        know(routed, f"{'104' if trouble == 'not registered' else '777'}|{NAME}")
    routed.client(IVAN).calls(routed.did.routed)
    assert routed.phone("101").rings().tell("CALLERID(name)") == NAME


def test_then_it_goes_where_the_settings_say(routed: Office) -> None:
    tell(routed, replace(ROUTING, then=DialplanTarget(context="from-internal", extension="103")).told)
    routed.phone("102").is_busy()
    routed.client(IVAN).calls(routed.did.routed)
    routed.phone("103").rings()
    assert not routed.phone("101").legs


@pytest.mark.parametrize("place", ["no-such-place 103", "from-internal no-such"])
def test_a_place_that_this_pbx_has_not_is_passed_by(routed: Office, place: str) -> None:
    context, extension = place.split()
    tell(routed, replace(ROUTING, then=DialplanTarget(context=context, extension=extension)).told)
    routed.phone("102").is_busy()
    routed.client(IVAN).calls(routed.did.routed)
    assert routed.phone("101").rings().tell("CALLERID(name)") == NAME


@pytest.mark.parametrize("number", ["+79161112233", "anonymous", "101", '"${SHELL(true)}'], ids=str)
def test_a_stranger_goes_to_the_queue_under_the_name_he_has(routed: Office, number: str) -> None:
    routed.client(number).calls(routed.did.routed, "Of the trunk")
    assert routed.phone("101").rings().tell("CALLERID(name)") == "Of the trunk"


def test_where_no_phone_is_rung_first_the_name_is_shown_all_the_same(routed: Office) -> None:
    tell(routed, replace(ROUTING, rings_responsible=False).told)
    routed.client(IVAN).calls(routed.did.routed)
    assert routed.phone("101").rings().tell("CALLERID(name)") == NAME


@pytest.mark.parametrize("number", [IVAN, "+79161112233"], ids=["known", "a stranger"])
def test_a_service_that_says_nothing_is_not_waited_for_long(routed: Office, number: str) -> None:
    beat(routed, time.time())
    routed.client(number).calls(routed.did.routed)
    routed.phone("102" if number == IVAN else "101").rings()


@pytest.mark.parametrize("at", [-60, 60], ids=["of a minute ago", "of a clock that runs ahead"])
def test_a_heartbeat_that_is_not_of_now_asks_nobody(routed: Office, at: int) -> None:
    routed.installs(DIALPLAN.replace(f",{LOOK:g}))", f",{LOOK:g}))\n same => n,Wait(3600)"))
    beat(routed, time.time() + at)
    routed.client("+79161112233").calls(routed.did.routed)
    routed.phone("101").rings()


def test_an_answer_wins_over_the_copy(routed: Office) -> None:
    beat(routed, time.time())
    routed.installs(DIALPLAN.replace("TryExec(WaitFor", ANSWERED))
    routed.client(IVAN).calls(routed.did.routed)
    assert routed.phone("103").rings().tell("CALLERID(name)") == "Другой"


def test_a_pbx_that_cannot_wait_goes_on(routed: Office) -> None:
    routed.installs(DIALPLAN.replace("WaitForCondition(", "NoSuchApplication("))
    beat(routed, time.time())
    routed.client(IVAN).calls(routed.did.routed)
    assert routed.phone("102").rings().tell("CALLERID(name)") == NAME


def test_a_call_that_comes_here_twice_is_routed_once(routed: Office) -> None:
    """A queue's place may be a number that comes from outside, too."""
    routed.installs(f"{DIALPLAN}\n{AGAIN}")
    tell(routed, replace(ROUTING, then=DialplanTarget(context="again", extension="s")).told)
    routed.phone("102").is_busy()
    routed.client(IVAN).calls(routed.did.routed)
    routed.phone("101").rings()
