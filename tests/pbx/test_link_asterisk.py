"""The link on a real Asterisk: rights, TLS, filter, restart, freeze; what a fake could only repeat after us."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from backend.pbx.address import PbxAddress
from backend.pbx.capture.record import record
from backend.pbx.commands import Originate, hangup, originate
from backend.pbx.errors import ActionRefused, LinkDown, Trouble
from backend.pbx.link.link import EVENTS, Link, LinkState
from backend.pbx.link.wire import Wire
from sandbox.pbx.office import Office

from .fake_ami import LOOPBACK, QUICK, Ear, running, story

pytestmark = pytest.mark.asterisk
WATCHFUL = replace(QUICK, silence=0.1, ping=0.5, hearing=0.5, rights=0.1)
CALLER = "+79161234567"


@pytest.fixture(scope="module", params=[22, 16])
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    with Office(version=request.param) as office:
        yield office


@pytest.fixture(autouse=True)
def _quiet(office: Office) -> Iterator[None]:
    yield
    office.reset()


def address(office: Office, **changes: Any) -> PbxAddress:
    ami = office.ami
    known = {"host": ami.host, "port": ami.port, "username": ami.username, "secret": ami.secret}
    return PbxAddress(**{**known, **changes})


@asynccontextmanager
async def linked(office: Office, **changes: Any) -> AsyncIterator[tuple[Link, Ear]]:
    async with running(address(office, **changes), WATCHFUL) as (link, ear):
        await ear.enters(LinkState.UP)
        yield link, ear


async def aside(verb: Callable[..., Any], *args: Any) -> Any:
    """The office's verbs wait for the PBX, so they wait in a thread."""
    return await asyncio.to_thread(verb, *args)


@story
async def test_the_least_rights_are_enough(office: Office) -> None:
    async with linked(office) as (link, ear):
        assert ear.states[-1] == (LinkState.UP, "")
        assert link.clock_ahead is not None
        assert abs(link.clock_ahead) < 2


@story
async def test_tls_with_the_pbxs_own_certificate(office: Office) -> None:
    tls = {"port": office.ami.tls_port, "tls": True}
    async with linked(office, **tls, certificate=office.ami.certificate.read_text()) as (link, _):
        assert await link.action("Ping")
    async with linked(office, **tls, verify=False) as (link, _):
        assert await link.action("Ping")
    async with running(address(office, **tls)) as (_, ear):
        assert "not trusted" in await ear.enters(LinkState.REFUSED)


@story
async def test_a_wrong_password_is_tried_once(office: Office) -> None:
    ear = Ear()
    await Link(address(office, secret="wrong"), ear, waits=QUICK, allowed=LOOPBACK).run()
    assert [state for state, _ in ear.states] == [LinkState.CONNECTING, LinkState.REFUSED]
    assert "Authentication failed" in ear.states[-1][1]


@story
async def test_only_what_is_needed_is_sent(office: Office) -> None:
    heard: list[bytes] = []
    async with running(address(office), tap=heard.append) as (_, ear):
        await ear.enters(LinkState.UP)
        await aside(a_missed_call, office)
        await ear.hears("Hangup", times=2)
    names = {message["Event"] for message in Wire().feed(b"".join(heard)) if "Event" in message}
    assert {"Newchannel", "DialBegin", "Hangup"} <= names
    assert names <= {*EVENTS, "CoreShowChannelsComplete"}


def a_missed_call(office: Office) -> None:
    client = office.client(CALLER)
    client.calls(office.did.direct)
    office.phone("101").rings()
    client.hangs_up()
    office.quiet()


@story
async def test_a_call_already_up_is_in_the_snapshot_after_a_reconnect(office: Office) -> None:
    async with linked(office) as (_, ear):
        assert ear.snapshots == [[]]
        await aside(office.client(CALLER).calls, office.did.direct)
        await aside(office.phone("101").rings)
    async with linked(office) as (_, ear):
        assert sorted(name.partition("-")[0] for name in ear.snapshots[0]) == ["PJSIP/101", "PJSIP/trunk"]


@story
async def test_a_restarted_pbx_is_found_again(office: Office) -> None:
    async with linked(office) as (link, ear):
        await aside(office.restart_pbx)
        await ear.enters(LinkState.UP, times=2)
        assert LinkState.WAITING in [state for state, _ in ear.states]
        assert "Shutdown" in ear.events
        assert await link.action("Ping")


@story
async def test_a_frozen_pbx_is_noticed_and_what_was_asked_of_it_is_not_repeated(office: Office) -> None:
    async with linked(office) as (link, ear):
        await aside(office.freeze)
        try:
            asking = asyncio.create_task(link.action("Setvar", {"Variable": "X", "Value": "1"}, timeout=60))
            assert "silent" in await ear.enters(LinkState.WAITING)
            with pytest.raises(LinkDown):
                await asking
            with pytest.raises(LinkDown, match="no connection"):
                await link.action("Ping")
        finally:
            await aside(office.thaw)
        await ear.enters(LinkState.UP, times=2)


@story
async def test_a_user_without_rights_hears_everything_and_is_told_what_to_add(office: Office) -> None:
    async with user(office, read="all", write="reporting") as poor, linked(office, **poor) as (link, ear):
        why = ear.states[-1][1]
        assert "no right for Filter; add system to write=" in why
        assert "no right for Originate; add originate to write=" in why
        assert told(link) == (Trouble.NO_RIGHT, "write=originate, write=call, write=system")
        assert ear.snapshots == [[]]
        await aside(a_missed_call, office)
        await ear.hears("Hangup", times=2)
        assert set(ear.events) <= set(EVENTS)
        with pytest.raises(ActionRefused, match="add call to write=") as refused:
            await hangup(link, "PJSIP/101-00000001")
        assert refused.value.no_right


@story
async def test_a_user_who_hears_no_calls_is_noticed_and_heard_as_soon_as_he_may(office: Office) -> None:
    async with (
        user(office, read="system", write="originate,call,system") as poor,
        linked(office, **poor) as (link, ear),
    ):
        assert "add call to read=" in ear.states[-1][1]
        assert told(link) == (Trouble.DEAF, "read=call")
        async with user(office, read="system,call", write="originate,call,system"):
            await ear.enters(LinkState.UP, times=2)
            assert told(link) is None
            await aside(a_missed_call, office)
            await ear.hears("Hangup", times=2)


@story
async def test_a_login_keeps_its_rights_until_it_ends(office: Office) -> None:
    """So nothing is lost while the line is up; what is lacking is told after the next login."""
    usual, none = {"read": "system,call", "write": "originate,call,system"}, {"read": "none", "write": "reporting"}
    async with user(office, **usual) as poor, linked(office, **poor) as (link, ear), user(office, **none):
        await aside(a_missed_call, office)
        await ear.hears("Hangup", times=2)
        async with linked(office, **poor) as (other, _):
            assert told(other) is not None
        assert told(link) is None


def told(link: Link) -> tuple[Trouble, str] | None:
    """Of a line that is up."""
    return (link.failure.trouble, link.failure.detail) if link.failure else None


@asynccontextmanager
async def user(office: Office, *, read: str, write: str) -> AsyncIterator[dict[str, str]]:
    """Another AMI user, or the same with other rights; how to log in as him."""
    users = office.home / "pbx/etc/manager.conf"
    before = users.read_text()
    others = before.partition("[poor]")[0]
    try:
        users.write_text(f"{others}[poor]\nsecret = poor\nread = {read}\nwrite = {write}\n")
        await aside(reload_users, office)
        yield {"username": "poor", "secret": "poor"}
    finally:
        users.write_text(before)
        await aside(reload_users, office)


def reload_users(office: Office) -> None:
    office.pbx_act("Reload", Module="manager")


@story
async def test_a_click_rings_the_phone_under_our_id_and_hangs_up(office: Office) -> None:
    order = Originate(
        channel="PJSIP/101",
        number="89161234567",
        context="from-internal",
        channel_id="crm-click-1",
        caller_number="89161234567",
        caller_name='Иван "Ёж" Петров',
        variables={"__CRM_CLICK": "1"},
    )
    async with linked(office) as (link, ear):
        await originate(link, order)
        await aside(office.phone("101").rings)
        assert (await ear.hears("Newchannel"))["Uniqueid"] == "crm-click-1"
        assert "Иван Ёж Петров" in [e.get("CallerIDName") for k, e in ear.heard if k == "event"]
        await hangup(link, "crm-click-1")
        assert (await ear.hears("OriginateResponse"))["Uniqueid"] == "crm-click-1"
        with pytest.raises(ActionRefused, match="No such channel"):
            await hangup(link, "crm-click-1")


@story
async def test_a_click_on_a_phone_that_does_not_exist_fails_by_an_event(office: Office) -> None:
    order = Originate(
        channel="PJSIP/nobody", number="101", context="from-internal", channel_id="crm-click-2", caller_number="101"
    )
    async with linked(office) as (link, ear):
        await originate(link, order)
        outcome = await ear.hears("OriginateResponse")
        assert (outcome["Response"], outcome["Uniqueid"]) == ("Failure", "crm-click-2")


@story
async def test_a_recording_of_a_call_reads_back_without_its_number(office: Office) -> None:
    file = io.BytesIO()
    up = asyncio.Event()
    states = {"on_state": lambda state, why: up.set() if state is LinkState.UP else None}
    run = asyncio.create_task(record(address(office), file, mask_numbers=True, allowed=LOOPBACK, waits=QUICK, **states))
    await up.wait()
    await aside(a_missed_call, office)
    run.cancel()
    await asyncio.wait([run])
    messages = Wire().feed(file.getvalue())
    assert "Hangup" in {message["Event"] for message in messages}
    assert all("Timestamp" in message for message in messages)
    assert office.ami.secret.encode() not in file.getvalue()
    assert CALLER[-7:].encode() not in file.getvalue()
