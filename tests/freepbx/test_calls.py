"""Calls through FreePBX's contexts with our lines in extensions_custom.conf."""

from __future__ import annotations

import pytest

from sandbox.pbx.freepbx import OUTSIDE, TO_EXTENSION, TO_QUEUE, UNROUTED, FreePbx
from sandbox.pbx.lines import Client, Leg

from .conftest import ON_22

pytestmark = pytest.mark.asterisk
IVAN, NAME = "+79161234567", "Иван Петров"


def knows(freepbx: FreePbx, extension: str, number: str = IVAN) -> Client:
    """A client of whom the PBX has a copy, with his responsible."""
    freepbx.writes("phone-station/clients", number[1:], f"{extension}|{NAME}")
    return freepbx.office.client(number)


def written(freepbx: FreePbx) -> int:
    """How many lines the PBX's own journal has."""
    return int(freepbx.reads("phone-station/counters", "written") or 0)


def journal(freepbx: FreePbx) -> str:
    """Its latest line."""
    return freepbx.reads("phone-station/journal", str(written(freepbx)))


def name(leg: Leg) -> str:
    return leg.tell("CALLERID(name)")


def test_a_client_rings_his_responsible_by_name_and_then_goes_where_freepbx_sends_him(freepbx: FreePbx) -> None:
    ivan, office = knows(freepbx, "101"), freepbx.office
    call = ivan.calls(TO_QUEUE)
    assert name(office.phone("101").rings()) == NAME
    queue = office.phone("102").rings()  # after the responsible's seconds
    assert name(queue) == NAME
    queue.answers().talks().hangs_up()
    call.is_over()


def test_who_the_responsible_has_answered_stays_with_him(freepbx: FreePbx) -> None:
    ivan, office = knows(freepbx, "101"), freepbx.office
    ivan.calls(TO_EXTENSION)
    office.phone("101").answers().talks()
    ivan.hangs_up()
    office.quiet()
    assert not _rang(freepbx, "102")
    assert TO_EXTENSION in journal(freepbx)


def test_an_outbound_call_leaves_its_line(freepbx: FreePbx) -> None:
    office = freepbx.office
    office.phone("102").dials(f"{OUTSIDE}79160001122")
    client = office.client("79160001122")
    client.answers().talks().hangs_up()
    office.quiet()
    assert "79160001122" in journal(freepbx)
    assert "PJSIP%2F102-" in journal(freepbx)


def test_a_number_that_no_trunk_reaches_leaves_one_line(freepbx: FreePbx) -> None:
    """FreePBX tries one trunk after the other, each with its hook, in the same channel."""
    office = freepbx.office
    office.phone("102").dials(f"{OUTSIDE}{office.number.unreachable}").is_over()
    office.quiet()
    assert written(freepbx) == 1


@ON_22
def test_who_is_not_to_be_rung_is_not_and_no_mailbox_takes_the_call(freepbx: FreePbx) -> None:
    """Forwarded, not to be disturbed, without a phone, unknown, talking without call waiting: on at once."""
    office = freepbx.office
    for family, value in (("CF", "79037770103"), ("DND", "YES")):
        freepbx.writes(family, "101", value)
        _goes_on(freepbx, "101")
        freepbx.writes(family, "101", "")
    _goes_on(freepbx, "104")
    _goes_on(freepbx, "777")
    office.phone("101").dials("103")
    office.phone("103").answers().talks()
    _goes_on(freepbx, "101")
    freepbx.writes("CW", "101", "ENABLED")
    knows(freepbx, "101").calls(TO_EXTENSION)
    office.phone("101").rings()


def _goes_on(freepbx: FreePbx, responsible: str) -> None:
    call = knows(freepbx, responsible).calls(TO_EXTENSION)
    freepbx.office.phone("102").rings()
    assert not _rang(freepbx, responsible)
    call.hangs_up()


def _rang(freepbx: FreePbx, extension: str) -> bool:
    """Whether a call reached that phone which nobody has looked at yet."""
    return any(each.who == extension for each in freepbx.office.world_channels.arrivals)


@ON_22
def test_all_devices_of_an_extension_ring(freepbx: FreePbx) -> None:
    freepbx.writes("AMPUSER/101", "device", "101&103&999")
    knows(freepbx, "101").calls(TO_EXTENSION)
    freepbx.office.phone("101").rings()
    freepbx.office.phone("103").rings()


@ON_22
def test_who_is_on_the_blacklist_rings_nobody(freepbx: FreePbx) -> None:
    ivan = knows(freepbx, "101")
    freepbx.writes("blacklist", IVAN, "1")
    ivan.calls(TO_EXTENSION).is_answered().is_over()
    assert not _rang(freepbx, "101")


def test_a_hidden_caller_goes_where_freepbx_sends_him(freepbx: FreePbx) -> None:
    freepbx.office.client("anonymous").calls(TO_EXTENSION)
    freepbx.office.phone("102").rings()


@ON_22
def test_a_number_without_an_inbound_route_is_refused_as_before(freepbx: FreePbx) -> None:
    knows(freepbx, "101").calls(UNROUTED).is_over()
    freepbx.office.quiet()
    assert written(freepbx) == 0


@ON_22
def test_the_responsibles_call_is_recorded_as_freepbx_records_his_calls(freepbx: FreePbx) -> None:
    freepbx.writes("AMPUSER/101/recording/in", "external", "yes")
    knows(freepbx, "101").calls(TO_EXTENSION)
    freepbx.office.phone("101").answers().talks(0.1)
    freepbx.office.client(IVAN).hangs_up()
    freepbx.office.quiet()
    assert [file.name for file in freepbx.office.recordings.rglob("external-101-*.wav")]


@ON_22
def test_a_custom_destination_routes_some_calls_and_the_journal_has_all(freepbx: FreePbx) -> None:
    """The inbound route of TO_EXTENSION leads to the custom destination; that of TO_QUEUE stays as it is."""
    office = freepbx.office
    freepbx.customises(freepbx.custom.replace("include => phone-station-inbound", "include => phone-station-noted"))
    freepbx.leads(TO_EXTENSION, "customdests,dest-1,1")
    ivan = knows(freepbx, "101")
    ivan.calls(TO_QUEUE)
    office.phone("102").rings()
    ivan.hangs_up()
    office.quiet()
    ivan.calls(TO_EXTENSION)
    office.phone("101").rings()
    office.phone("101").rings()
    ivan.hangs_up()
    office.quiet()
    assert written(freepbx) == 2
