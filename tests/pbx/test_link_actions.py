"""Actions: answered, refused, too late, or not run at all; never run late."""

from __future__ import annotations

import asyncio

import pytest

from backend.pbx.errors import ActionRefused, ActionTimedOut, BadCommand, LinkDown
from backend.pbx.link.connection import ACTIONS_AT_ONCE
from backend.pbx.link.link import LinkState
from backend.pbx.link.session import STATES

from .fake_ami import Ear, FakeAmi, linked, running, story


@story
async def test_an_action_is_answered() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, _):
        answer = await link.action("Setvar", {"Variable": "X", "Value": "Иван: да"})
        assert answer["Response"] == "Success"
        assert (await pbx.hears("Setvar", times=1 + len(STATES)))["Value"] == "Иван: да"


@story
async def test_a_list_field_becomes_several_lines() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, _):
        await link.action("Originate", {"Variable": ["a=1", "b=2"]})
        assert (await pbx.hears("Originate"))["Variable"] == "b=2"  # the fake keeps the last of two


@story
async def test_a_list_is_answered_by_its_rows() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, _):
        pbx.channels = [{"Channel": "a"}, {"Channel": "b"}]
        assert [row["Channel"] for row in await link.rows("CoreShowChannels")] == ["a", "b"]


@story
async def test_a_refused_action_says_why() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, _):
        pbx.refuses = {"Hangup": "No such channel", "Originate": "Permission denied", "DBGetTree": "Permission denied"}
        with pytest.raises(ActionRefused, match="Hangup: No such channel"):
            await link.action("Hangup")
        with pytest.raises(ActionRefused, match="add originate to write=") as refused:
            await link.action("Originate")
        assert refused.value.no_right
        with pytest.raises(ActionRefused, match="add system to write="):
            await link.rows("DBGetTree")


@story
async def test_an_unanswered_action_times_out_and_the_link_stays() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, _):
        pbx.ignores.add("Originate")
        with pytest.raises(ActionTimedOut, match="Originate"):
            await link.action("Originate", timeout=0.01)
        assert await link.action("Ping")


@story
async def test_an_answer_after_its_deadline_is_nobodys() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, ear):
        pbx.ignores.add("Originate")
        with pytest.raises(ActionTimedOut):
            await link.action("Originate", timeout=0.01)
        late = (await pbx.hears("Originate"))["ActionID"]
        pbx.says({"Response": "Success", "ActionID": late})
        pbx.says({"Event": "Hangup"})
        await ear.hears("Hangup")
        assert ear.events == ["Hangup"]


@story
async def test_an_action_asked_while_down_fails_at_once_and_never_runs() -> None:
    async with FakeAmi() as pbx:
        await pbx.stop()
        async with running(pbx.address()) as (link, ear):
            await ear.enters(LinkState.WAITING)
            with pytest.raises(LinkDown, match="no connection"):
                await link.action("Originate")
            await pbx.start()
            await ear.enters(LinkState.UP)
            await link.action("Ping")
            assert pbx.asked()["Originate"] == 0


@story
async def test_an_action_cut_off_by_a_lost_connection_fails_and_never_runs_again() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, ear):
        pbx.ignores.add("Originate")
        asking = asyncio.create_task(link.action("Originate", timeout=60))
        await pbx.hears("Originate")
        pbx.hang_up()
        with pytest.raises(LinkDown):
            await asking
        await ear.enters(LinkState.UP, times=2)
        pbx.says({"Event": "FullyBooted"})  # panoramisk sent its waiting actions then
        await ear.hears("FullyBooted")
        await link.action("Ping")
        assert pbx.asked()["Originate"] == 1


@story
async def test_more_actions_than_fit_take_turns_and_those_cut_off_fail() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, _):
        pbx.ignores.add("Originate")
        asking = [asyncio.create_task(link.action("Originate", timeout=60)) for _ in range(ACTIONS_AT_ONCE + 50)]
        await pbx.hears("Originate", times=ACTIONS_AT_ONCE)
        pbx.hang_up()
        ends = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(end) for end in ends} == {LinkDown}
        assert pbx.asked()["Originate"] == ACTIONS_AT_ONCE


@story
async def test_an_originate_is_answered_at_once_and_its_outcome_is_an_event() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, ear):
        pbx.adds["Originate"] = b"Event: OriginateResponse\r\nActionID: none\r\nUniqueid: before\r\n\r\n"
        answer = await link.action("Originate", {"Async": "true"})
        assert answer["Response"] == "Success"
        outcome = {"Event": "OriginateResponse", "ActionID": answer["ActionID"], "Uniqueid": "crm-1"}
        pbx.says(outcome)
        assert await ear.hears("OriginateResponse", times=2) == outcome


@story
async def test_an_outcome_that_overtakes_its_answer_is_an_event_too() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, ear):
        pbx.ignores.add("Originate")
        asking = asyncio.create_task(link.action("Originate", {"Async": "true"}))
        action_id = (await pbx.hears("Originate"))["ActionID"]
        pbx.says({"Event": "OriginateResponse", "ActionID": action_id, "Response": "Failure"})
        await ear.hears("OriginateResponse")
        pbx.says({"Response": "Success", "ActionID": action_id, "Message": "Originate successfully queued"})
        assert (await asking)["Message"] == "Originate successfully queued"


@pytest.mark.parametrize(
    "fields",
    [
        {"Channel": "PJSIP/101\r\nAction: Command"},
        {"Channel": "PJSIP/101\nX: y"},
        {"Variable": ["a=1", "b=2\r\n"]},
        {"Bad name": "x"},
        {"Channel\r\nX": "y"},
        {"Channel": "я" * 600},
        {"Channel": "a\x00b"},
        {"Channel": "a\ud800"},
    ],
)
def test_what_would_not_be_one_line_is_not_sent(fields: dict[str, str]) -> None:
    @story
    async def told() -> None:
        async with FakeAmi() as pbx, linked(pbx) as (link, _):
            with pytest.raises(BadCommand):
                await link.action("Hangup", fields)
            await link.action("Ping")
            assert pbx.asked()["Hangup"] == 0

    told()


@story
async def test_a_list_that_never_ends_is_refused() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, ear):
        pbx.ignores.add("DBGetTree")
        asking = asyncio.create_task(link.rows("DBGetTree", timeout=60))
        action_id = (await pbx.hears("DBGetTree"))["ActionID"]
        pbx.says({"Response": "Success", "EventList": "start", "ActionID": action_id})
        row = {"Event": "DBGetTreeResponse", "ActionID": action_id, "Val": "x" * 200_000}
        while not asking.done():
            pbx.says(row)
            await asyncio.sleep(0)
        with pytest.raises(ActionRefused, match="too long"):
            await asking
        assert isinstance(ear, Ear)
        await link.action("Ping")
