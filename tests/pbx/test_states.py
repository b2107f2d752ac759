"""How phones are, from what a PBX tells of its devices."""

from __future__ import annotations

import pytest

from backend.calls.states import ExtensionState
from backend.calls.tracking.endpoints import Lines
from backend.pbx.states import Phones

from .fake_ami import FakeAmi, linked, story

FREE, TALKING, UNREACHABLE = ExtensionState.FREE, ExtensionState.TALKING, ExtensionState.UNREACHABLE


def phones(lines: Lines | None = None) -> Phones:
    return Phones(lines or Lines(), ("101", "102"))


def change(device: str, state: str) -> dict[str, str]:
    return {"Event": "DeviceStateChange", "Device": device, "State": state}


def test_a_change_is_told_once() -> None:
    heard = phones()
    assert heard.hear(change("PJSIP/101", "RINGING")) == {"101": ExtensionState.RINGING}
    assert heard.hear(change("PJSIP/101", "RINGING")) == {}
    assert heard.hear(change("SIP/101", "INUSE")) == {"101": TALKING}
    assert heard.hear(change("PJSIP/101", "UNAVAILABLE")) == {}
    assert heard.hear(change("SIP/101", "UNAVAILABLE")) == {"101": UNREACHABLE}
    assert heard.hear(change("SIP/101", "a new word")) == {}
    assert heard.states == {"101": UNREACHABLE}


@pytest.mark.parametrize(
    "device", ["PJSIP/103", "PJSIP/trunk", "Queue:q_pause_PJSIP/101", "Custom:101", "Local/101@x", "", "101", "/"]
)
def test_what_is_nobodys_phone_is_passed_over(device: str) -> None:
    assert phones().hear(change(device, "INUSE")) == {}
    assert phones().states == {}


def test_a_name_with_a_dash_is_read_whole() -> None:
    heard = phones(Lines.of(extensions=[r"^desk-(\d+)$"]))
    assert heard.hear(change("SIP/desk-101", "NOT_INUSE")) == {"101": FREE}


def test_devices_of_an_extension_are_bounded() -> None:
    heard = phones(Lines.of(extensions=[r"(\d{3})$"]))
    for number in range(100):
        heard.hear(change(f"SIP/x{number}101", "NOT_INUSE"))
    assert heard.hear(change("SIP/one-more-101", "INUSE")) == {}


@story
async def test_where_the_list_of_devices_is_not_to_be_had_the_endpoints_are_asked() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, _):
        pbx.refuses["DeviceStateList"] = "Invalid/unknown command"
        pbx.lists["PJSIPShowEndpoints"] = [
            {"Event": "EndpointList", "ObjectName": "101", "DeviceState": "Not in use"},
            {"Event": "EndpointList", "ObjectName": "102", "DeviceState": "Unavailable"},
        ]
        assert await phones().ask(link) == {"101": FREE, "102": UNREACHABLE}
        pbx.refuses["PJSIPShowEndpoints"] = "Permission denied"
        assert await phones().ask(link) == {}
