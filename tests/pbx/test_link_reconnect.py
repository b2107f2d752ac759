"""A lost connection: noticed, told, and made again with growing waits."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from backend.pbx.link.link import LinkState, Waits

from .fake_ami import QUICK, FakeAmi, linked, running, story

IMPATIENT = replace(QUICK, silence=0.02, ping=0.05)


@story
async def test_a_closed_connection_is_made_again_and_looks_around_again() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (_, ear):
        pbx.channels = [{"Channel": "PJSIP/101-00000001"}]
        pbx.hang_up()
        await ear.enters(LinkState.UP, times=2)
        assert ear.snapshots == [[], ["PJSIP/101-00000001"]]


@story
async def test_a_pbx_that_is_away_is_waited_for() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (_, ear):
        await pbx.stop()
        assert "cannot connect" in [await ear.enters(LinkState.WAITING, times=n) for n in (1, 2, 3)][2]
        await pbx.start()
        await ear.enters(LinkState.UP, times=2)


@story
async def test_a_silent_pbx_is_noticed() -> None:
    async with FakeAmi() as pbx:
        async with linked(pbx, waits=IMPATIENT) as (_, ear):
            await pbx.hears("Ping", times=3)
            assert ear.states[-1][0] is LinkState.UP
            pbx.ignores.add("Ping")
            assert "silent" in await ear.enters(LinkState.WAITING)
        assert pbx.asked()["Ping"] < 50  # unanswered pings do not pile up


@story
async def test_a_pbx_that_talks_instead_of_answering_a_ping_is_alive() -> None:
    async with FakeAmi() as pbx, linked(pbx, waits=replace(QUICK, silence=0.02, ping=0.3)) as (_, ear):
        pbx.ignores.add("Ping")
        for times in range(2, 5):
            await pbx.hears("Ping", times=times)
            pbx.says({"Event": "Hangup"})
        assert [state for state, _ in ear.states] == [LinkState.CONNECTING, LinkState.UP]


@story
async def test_a_pbx_that_refuses_a_ping_is_alive() -> None:
    async with FakeAmi() as pbx, linked(pbx, waits=replace(QUICK, silence=0.02)) as (_, ear):
        pbx.refuses["Ping"] = "Asterisk is shutting down"
        await pbx.hears("Ping", times=4)
        assert [state for state, _ in ear.states] == [LinkState.CONNECTING, LinkState.UP]


@story
async def test_a_silent_list_of_channels_is_not_waited_for_without_end() -> None:
    async with FakeAmi() as pbx:
        pbx.ignores.add("CoreShowChannels")
        async with running(pbx.address(), replace(QUICK, prepare=0.02)) as (_, ear):
            assert "CoreShowChannels: no answer" in await ear.enters(LinkState.WAITING)


def test_pauses_grow_up_to_a_cap_and_differ() -> None:
    waits = Waits(first_pause=1, longest_pause=60)
    rounds = [list(islice(waits.pauses(), 10)) for _ in range(50)]
    for turn, cap in enumerate([1, 2, 4, 8, 16, 32, 60, 60, 60, 60]):
        pauses = [pauses[turn] for pauses in rounds]
        assert all(cap / 2 <= pause <= cap for pause in pauses)
        assert len(set(pauses)) > 1


@story
async def test_pauses_start_anew_after_success() -> None:
    async with FakeAmi() as pbx:
        growing = replace(QUICK, first_pause=0.001, longest_pause=3600)
        async with linked(pbx, waits=growing) as (_, ear):
            for times in range(2, 30):  # without the reset the 29th pause would be days
                pbx.hang_up()
                await ear.enters(LinkState.UP, times=times)


@story
async def test_closing_ends_a_pause_at_once() -> None:
    async with FakeAmi() as pbx:
        address = pbx.address()
    async with running(address, replace(QUICK, first_pause=3600, longest_pause=3600)) as (link, ear):
        await ear.enters(LinkState.WAITING)
        await link.close()
        assert link.state is LinkState.CLOSED


@story
async def test_cancelling_closes_the_connection() -> None:
    async with FakeAmi() as pbx:
        async with linked(pbx) as (link, _):
            pass
        assert link.state is LinkState.CLOSED
        await pbx.until(lambda: not pbx._writers)
