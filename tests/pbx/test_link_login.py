"""Login: what the PBX is told, and a refusal that a person has to mend."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network

import pytest

from backend.pbx.errors import LinkDown
from backend.pbx.link.link import SOURCE_FILTER, Link, LinkState, Waits

from .fake_ami import LOOPBACK, QUICK, SECRET, USER, Ear, FakeAmi, key_of, linked, running, story


@story
async def test_the_link_logs_in_and_filters_and_looks_around() -> None:
    async with FakeAmi() as pbx, linked(pbx) as (link, ear):
        _, login, *_ = pbx.told
        assert (login["Username"], login["Key"], login["Events"]) == (USER, key_of(SECRET), "on")
        assert not any(SECRET in value for message in pbx.told for value in message.values())
        assert (await pbx.hears("Filter"))["Filter"] == SOURCE_FILTER
        assert ear.snapshots == [[]]
        assert ear.states[-1] == (LinkState.UP, "")
        assert link.clock_ahead is not None


def test_the_filter_fits_the_line_a_pbx_takes() -> None:
    assert len(f"Filter: {SOURCE_FILTER}") < 1000


@story
async def test_a_refused_login_stops_and_tells() -> None:
    async with FakeAmi() as pbx:
        pbx.refuses["Login"] = "Authentication failed"
        ear = Ear()
        link = Link(pbx.address(), ear, waits=QUICK, allowed=LOOPBACK)
        await link.run()
        assert pbx.connections == 1
        assert link.state is LinkState.REFUSED
        assert "Authentication failed" in link.why
        assert SECRET not in link.why
        with pytest.raises(LinkDown, match="Authentication failed"):
            await link.action("Ping")


@story
async def test_a_refused_link_tries_again_when_told() -> None:
    async with FakeAmi() as pbx:
        pbx.refuses["Login"] = "Authentication failed"
        ear = Ear()
        link = Link(pbx.address(), ear, waits=QUICK, allowed=LOOPBACK)
        await link.run()
        pbx.refuses.clear()
        again = asyncio.create_task(link.run())
        await ear.enters(LinkState.UP)
        await link.close()
        await again
        assert link.state is LinkState.CLOSED


@pytest.mark.parametrize("refusal", ["Login Already In Use", "Asterisk is shutting down"])
def test_a_refusal_that_passes_by_itself_is_tried_again(refusal: str) -> None:
    @story
    async def told() -> None:
        async with FakeAmi() as pbx:
            pbx.refuses["Login"] = refusal
            async with running(pbx.address()) as (_, ear):
                assert refusal in await ear.enters(LinkState.WAITING, times=2)
                pbx.refuses.clear()
                await ear.enters(LinkState.UP)

    told()


@story
async def test_a_port_that_says_nothing_is_no_login() -> None:
    async with FakeAmi() as pbx:
        pbx.ignores.add("Login")
        async with running(pbx.address(), Waits(connect=0.05, first_pause=0.01)) as (_, ear):
            assert "login: no answer" in await ear.enters(LinkState.WAITING)


@story
async def test_a_user_without_rights_is_linked_and_told_of() -> None:
    async with FakeAmi() as pbx:
        pbx.refuses = {"Filter": "Permission denied", "CoreShowChannels": "Permission denied"}
        async with linked(pbx) as (_, ear):
            why = ear.states[-1][1]
            assert "no right for Filter; add system to write=" in why
            assert "no right for CoreShowChannels; add system to write=" in why
            assert ear.snapshots == []
            pbx.says({"Event": "HangupRequest"})
            pbx.says({"Event": "Hangup"})
            await ear.hears("Hangup")
            assert ear.events == ["Hangup"]


@story
async def test_a_link_to_a_forbidden_address_is_refused_before_it_is_tried() -> None:
    async with FakeAmi() as pbx:
        link = Link(pbx.address(), Ear(), waits=QUICK)
        await link.run()
        assert link.state is LinkState.REFUSED
        assert "not a public address" in link.why
        assert pbx.connections == 0


@story
async def test_a_name_leads_to_ipv4_where_there_is_one() -> None:
    async with FakeAmi() as pbx:
        ear = Ear()
        both = [*LOOPBACK, ip_network("::1/128")]
        link = Link(pbx.address(host="localhost"), ear, waits=QUICK, allowed=both)
        run = asyncio.create_task(link.run())
        await ear.enters(LinkState.UP)
        await link.close()
        await run


@story
async def test_a_name_that_leads_nowhere_is_tried_again() -> None:
    async with FakeAmi() as pbx, running(pbx.address(host="x" * 64 + ".invalid")) as (_, ear):
        assert "could not be found" in await ear.enters(LinkState.WAITING)
