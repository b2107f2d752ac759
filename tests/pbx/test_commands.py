"""Commands: what goes over the wire, and that no value can become anything else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.pbx.commands import Originate, hangup, originate
from backend.pbx.errors import ActionRefused, BadCommand
from backend.pbx.link.connection import check_fields

from .fake_ami import FakeAmi, linked, story

ORDER = Originate(
    channel="PJSIP/101",
    number="+79161234567",
    context="from-internal",
    channel_id="crm-1",
    caller_number="79161234567",
    caller_name="Иван Петров",
    timeout=20,
    variables={"__CRM_CLICK": "click-1"},
)


@story
async def test_originate() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, _):
        await originate(link, ORDER)
        told = await pbx.hears("Originate")
        told.pop("ActionID")
        assert told == {
            "Action": "Originate",
            "Channel": "PJSIP/101",
            "Exten": "+79161234567",
            "Context": "from-internal",
            "Priority": "1",
            "ChannelId": "crm-1",
            "CallerID": '"Иван Петров" <79161234567>',
            "Timeout": "20000",
            "Variable": "__CRM_CLICK=click-1",
            "Async": "true",
        }


@story
async def test_hangup() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, _):
        await hangup(link, "PJSIP/101-0000000a")
        assert (await pbx.hears("Hangup"))["Cause"] == "16"
        pbx.refuses["Hangup"] = "No such channel"
        with pytest.raises(ActionRefused, match="No such channel"):
            await hangup(link, "crm-1")
        for bad in ("", "PJSIP/101\r\nAction: x", "/^PJSIP.*$/"):  # an expression would end every call it fits
            with pytest.raises(BadCommand):
                await hangup(link, bad)


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "PJSIP/101\r\nApplication: System"},
        {"channel": "PJSIP/101&PJSIP/102"},
        {"number": "100,1"},
        {"number": ""},
        {"number": "${SHELL(id)}"},
        {"context": "a b"},
        {"channel_id": "a\n"},
        {"caller_number": "1\r2"},
        {"timeout": 0},
        {"timeout": 1e9},
        {"variables": {"A": "x,SHELL(id)=y"}},
        {"variables": {"SHELL(id)": "x"}},
        {"variables": {"A": 'x"'}},
    ],
)
def test_a_value_that_could_be_more_than_a_value_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadCommand):
        replace(ORDER, **changes)


@given(st.text(st.characters()))
def test_any_name_becomes_just_a_name(name: str) -> None:
    sent: dict[str, Any] = {}

    class Pbx:
        async def action(self, name: str, fields: Any = None, *, timeout: float = 5.0) -> dict[str, str]:
            sent.update(fields)
            return {}

    coroutine = originate(Pbx(), replace(ORDER, caller_name=name))
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert sent["CallerID"].endswith('" <79161234567>')
    check_fields(sent)
    assert not set(sent["CallerID"][1:-15]) & set('"<>\r\n')
