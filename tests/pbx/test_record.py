"""A recording: what of a stream is kept, and what is hidden in it."""

from __future__ import annotations

import asyncio
import io
import re

import pytest

from backend.pbx.capture import record as recording
from backend.pbx.capture.masking import Mask
from backend.pbx.capture.record import record
from backend.pbx.errors import PbxNeedsPerson
from backend.pbx.link.link import LinkState
from backend.pbx.link.wire import Message, Wire

from .fake_ami import LOOPBACK, QUICK, SECRET, Changing, FakeAmi, ami, story


class States(Changing):
    def __init__(self) -> None:
        super().__init__()
        self.entered: list[LinkState] = []

    def __call__(self, state: LinkState, why: str) -> None:
        self.entered.append(state)
        self.changed()


async def recorded(pbx: FakeAmi, *messages: Message, mask_numbers: bool = False) -> list[Message]:
    """What a recording holds after the PBX said this."""
    file, states = io.BytesIO(), States()
    options = {"mask_numbers": mask_numbers, "allowed": LOOPBACK, "waits": QUICK, "on_state": states}
    run = asyncio.create_task(record(pbx.address(), file, **options))  # type: ignore[arg-type]
    await states.until(lambda: LinkState.UP in states.entered)
    pbx.says(ami(messages))
    pbx.hang_up()
    await states.until(lambda: LinkState.WAITING in states.entered)
    run.cancel()
    await asyncio.wait([run])
    return Wire().feed(file.getvalue())


@story
async def test_events_and_channels_are_recorded_with_their_time() -> None:
    async with FakeAmi() as pbx:
        pbx.channels = [{"Channel": "PJSIP/101-00000001"}]
        got = await recorded(
            pbx,
            {"Event": "Newchannel", "Channel": "PJSIP/102-00000002"},
            {"Event": "Hangup", "Timestamp": "1700000000.000001"},
        )
    assert [message["Event"] for message in got] == [
        *("CoreShowChannel", "CoreShowChannelsComplete", "Newchannel", "Hangup"),
    ]
    assert re.fullmatch(r"\d{10}\.\d{6}", got[2]["Timestamp"])
    assert got[3]["Timestamp"] == "1700000000.000001"


@story
async def test_what_the_link_does_not_need_is_not_recorded() -> None:
    async with FakeAmi() as pbx:
        got = await recorded(
            pbx,
            {"Event": "Newexten", "AppData": "CURL(https://x:y@z)"},
            {"Event": "VarSet", "Variable": "PIN", "Value": "1234"},
            {"Event": "VarSet", "Variable": "MIXMONITOR_FILENAME", "Value": "/spool/a.wav"},
            {"Response": "Success", "Secret": SECRET},
        )
    assert [message["Event"] for message in got] == ["CoreShowChannelsComplete", "VarSet"]
    assert got[1]["Value"] == "/spool/a.wav"


@story
async def test_half_a_message_does_not_spoil_the_next_connection() -> None:
    file, states = io.BytesIO(), States()
    async with FakeAmi() as pbx:
        pbx.adds["CoreShowChannels"] = b"Event: Hangup\r\nChannel: PJSIP/1"
        run = asyncio.create_task(
            record(pbx.address(), file, seconds=60, allowed=LOOPBACK, waits=QUICK, on_state=states)
        )
        for times in (1, 2):
            await states.until(lambda times=times: states.entered.count(LinkState.UP) == times)
            pbx.hang_up()
        run.cancel()
        await asyncio.wait([run])
    assert [m["Event"] for m in Wire().feed(file.getvalue())] == ["CoreShowChannelsComplete"] * 2


@story
async def test_a_recording_that_is_refused_says_so() -> None:
    async with FakeAmi() as pbx:
        pbx.refuses["Login"] = "Authentication failed"
        with pytest.raises(PbxNeedsPerson, match="Authentication failed"):
            await record(pbx.address(), io.BytesIO(), allowed=LOOPBACK, waits=QUICK)


@story
async def test_a_recording_ends_after_its_seconds() -> None:
    async with FakeAmi() as pbx:
        assert await record(pbx.address(), io.BytesIO(), seconds=0.2, allowed=LOOPBACK, waits=QUICK) == 1


@story
async def test_a_recording_stops_growing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "FILE_LIMIT", 500)
    async with FakeAmi() as pbx:
        got = await recorded(pbx, *[{"Event": "Hangup", "Channel": "x" * 50}] * 20)
    assert 2 <= len(got) < 8


def masked(*, people: bool = False, **headers: str) -> Message:
    return masked_by(Mask(people=people), **headers)


def masked_by(mask: Mask, **headers: str) -> Message:
    raw = ami([{"Event": "UserEvent", **headers}]).removesuffix(b"\r\n\r\n")
    [message] = Wire().feed(mask.message(raw) + b"\r\n\r\n")
    message.pop("Event")
    return message


def test_secrets_are_always_masked() -> None:
    for header in ("Secret", "AuthSecret", "Password", "ApiKey", "Token", "Authorization", "MD5Cred"):
        assert masked(**{header: "a"}) == {header: "***"}
    assert masked(ChanVariable="SIP_PASSWORD=qwe,x") == {"ChanVariable": "SIP_PASSWORD=***,x"}
    assert masked(Json='{"token": "abc", "to": 5}', Url="https://u:pw@host/x?api_key=1&b=2") == {
        "Json": '{"token": "***", "to": 5}',
        "Url": "https://u:***@host/x?api_key=***&b=2",
    }


def test_people_are_kept_unless_asked() -> None:
    told = {"CallerIDNum": "+79161234567", "CallerIDName": "Иван"}
    assert masked(**told) == told


def test_a_number_is_the_same_other_one_everywhere() -> None:
    mask = Mask(people=True)
    one = masked_by(
        mask,
        CallerIDNum="+79161234567",
        Exten="89161234567",
        Channel="PJSIP/79161234567-00000012",
        DestChannel="Local/79161234567@out-12345678;2",
        Recording="external-101-79161234567-20261123-101010-1795395461.77.wav",
    )
    fake = one["CallerIDNum"][-7:]
    assert fake != "1234567"
    assert one == {
        "CallerIDNum": f"+7916{fake}",
        "Exten": f"8916{fake}",
        "Channel": f"PJSIP/7916{fake}-00000012",
        "DestChannel": f"Local/7916{fake}@out-12345678;2",
        "Recording": f"external-101-7916{fake}-20261123-101010-1795395461.77.wav",
    }
    assert masked_by(mask, ConnectedLineNum="1234567", Other="7654321") != {"ConnectedLineNum": fake, "Other": fake}
    assert masked_by(mask, ConnectedLineNum="1234567") == {"ConnectedLineNum": fake}


def test_what_is_no_number_is_kept() -> None:
    told = {
        "Uniqueid": "1795395461.77",
        "Linkedid": "1795395461.70",
        "BridgeUniqueid": "12345678-1234-1234-1234-123456789012",
        "BridgeId": "12345678-1234-1234-1234-123456789012",
        "Timestamp": "1795395461.123456",
        "Exten": "101",
        "CallerIDNum": "12345",
        "CallerIDName": "<unknown>",
        "Duration": "00:01:02",
        "StartTime": "2026-11-23 10:10:10",
    }
    assert masked(people=True, **told) == told


def test_names_become_others() -> None:
    mask = Mask(people=True)
    assert masked_by(
        mask, CallerIDName="Иван Петров", DestConnectedLineName="Анна", CallerID='"Иван Петров" <101>', Queue="sales"
    ) == {"CallerIDName": "Name 1", "DestConnectedLineName": "Name 2", "CallerID": '"Name 1" <101>', "Queue": "sales"}
    assert masked_by(mask, ConnectedLineName="Иван Петров") == {"ConnectedLineName": "Name 1"}


def test_different_numbers_stay_different() -> None:
    mask = Mask(people=True)
    fakes = {masked_by(mask, Exten=f"7916{n:07d}")["Exten"] for n in range(2000)}
    assert len(fakes) == 2000
