"""The check against what only a fake can be: silent, odd, or out for harm."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import Any

import pytest

from backend.calls.tracking.endpoints import Lines
from backend.pbx.address import PbxAddress
from backend.pbx.check import check as checking
from backend.pbx.check.check import _Visit, check
from backend.pbx.check.findings import Expected
from backend.pbx.check.telephones import MOST_ENDPOINTS
from backend.pbx.dialplan import USUAL
from tests.pbx.fake_ami import Message, story

from .fake_pbx import Pbx
from .reading import checked, states, told


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TO_CONNECT", "TO_LOG_IN", "TO_ANSWER"):
        monkeypatch.setattr(checking, name, 0.5)


@story
@pytest.mark.parametrize(
    ("version", "state", "words"),
    [
        ("16.28.0", "ok", "Asterisk 16.28."),
        ("16.27.9", "warn", "cannot be restored"),
        ("18.13.0", "warn", "cannot be restored"),
        ("certified/18.9-cert4", "warn", "cannot be restored"),
        ("19.6.0", "ok", "Asterisk 19.6."),
        ("17.9.4", "warn", "cannot be restored"),
        ("16.19.0", "warn", "no WaitForCondition"),
        ("18.14.0", "ok", "Asterisk 18.14."),
        ("13.38.3", "warn", "no WaitForCondition"),
        ("20.0.0", "ok", "Asterisk 20.0."),
        ("13.38.3", "warn", "tested from 16 on"),
        ("GIT-master", "warn", "could not be determined"),
    ],
)
async def test_versions(version: str, state: str, words: str) -> None:
    async with Pbx(version=version) as pbx:
        report = await checked(pbx.address())
    assert states(report)["version"] == state
    assert words in told(report, "version")


@story
@pytest.mark.parametrize(("clock", "words"), [(4, "is right"), (90, "90 s ahead"), (-3600, "3600 s behind")])
async def test_clocks(clock: float, words: str) -> None:
    async with Pbx(clock=clock) as pbx:
        assert words in told(await checked(pbx.address()), "clock")


@story
async def test_a_clock_out_of_this_world() -> None:
    for clock in (float("nan"), float("inf")):
        async with Pbx(clock=clock) as pbx:
            assert "could not be determined" in told(await checked(pbx.address()), "clock")


@story
async def test_without_a_code_for_it_there_is_no_attended_transfer() -> None:
    async with Pbx() as pbx:
        report = await checked(pbx.address())
        assert states(report)["transfer"] == "warn"
        pbx.values["FEATUREMAP(atxfer)"] = "*2"
        assert "(feature code *2)" in told(await checked(pbx.address()), "transfer")


@story
async def test_what_is_refused_is_told_in_the_pbxs_words() -> None:
    async with Pbx() as pbx:
        pbx.refuses |= {"Filter": "<b>No</b> such {thing}", "Getvar": "Permission denied"}
        report = await checked(pbx.address())
    assert "The PBX refused: <b>No</b> such {thing}." in told(report, "filter")
    assert "lacks the permission" in told(report, "dialplan")


@story
async def test_a_flood_of_telephones_with_hostile_names_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "TO_ANSWER", 15.0)  # a busy machine may read it slowly
    names = ["101", "<img onerror=alert(1)>", "ц" * 5000, "\u202egpj.exe", "{0.__class__}"]
    rows = [{"ObjectName": name, "DeviceState": "In use"} for name in names]
    rows += [{"ObjectName": f"x{number}"} for number in range(3 * MOST_ENDPOINTS)]
    async with Pbx(endpoints=rows) as pbx:
        report = await checked(pbx.address(), "777")
    assert len(report.endpoints) == MOST_ENDPOINTS
    assert max(len(each.name) for each in report.endpoints) <= 80
    assert told(report, "trunks").startswith("Trunks: 1999 (<img onerror=alert(1)>, ")
    assert told(report, "trunks").endswith(" and 1979 more).")
    assert (
        told(report, "extensions")
        == "Extensions on the PBX: 1. Only the first 2000 phones were checked. Not assigned to any employee: 101."
    )
    shown = json.dumps([asdict(each) for each in report.findings])
    assert "\\u202e" not in shown
    assert len(shown) < 20_000


@story
async def test_an_endless_list_is_not_listened_to_for_ever() -> None:
    row = b"Event: EndpointList\r\nActionID: %b\r\nObjectName: x\r\n\r\n"

    class Endless(Pbx):
        def _take(self, action: Message, writer: asyncio.StreamWriter) -> None:
            if action["Action"] != "PJSIPShowEndpoints":
                return super()._take(action, writer)
            opening = f"Response: Success\r\nActionID: {action['ActionID']}\r\nEventList: start\r\n\r\n"
            writer.write(opening.encode() + row % action["ActionID"].encode() * 50_000)

    async with Endless() as pbx:
        report = await checked(pbx.address())
    assert states(report)["extensions"] == "warn"


@story
async def test_a_pbx_that_says_nothing_after_the_login() -> None:
    async with Pbx() as pbx:
        pbx.ignores |= {
            "Ping",
            "ListCommands",
            "CoreSettings",
            "Filter",
            "Getvar",
            "PJSIPShowEndpoints",
            "ModuleCheck",
            "DBGetTree",
        }
        report = await checked(pbx.address())
    assert states(report)["login"] == "ok"
    assert states(report)["rights"] == "fail"
    assert "did not answer in time" in told(report, "rights")


@story
async def test_a_pbx_that_hangs_up_after_the_login() -> None:
    class Quitter(Pbx):
        def _take(self, action: Message, writer: asyncio.StreamWriter) -> None:
            if action["Action"] in ("Challenge", "Login"):
                super()._take(action, writer)
            else:
                writer.close()

    async with Quitter() as pbx:
        report = await checked(pbx.address())
    assert states(report) == {"address": "ok", "login": "fail"}


@story
async def test_a_pbx_that_is_shutting_down() -> None:
    async with Pbx() as pbx:
        pbx.refuses["Login"] = "Asterisk is shutting down"
        assert "does not accept logins now: Asterisk is shutting down" in told(await checked(pbx.address()), "login")


@asynccontextmanager
async def server(greeting: bytes, *, closes: bool) -> AsyncIterator[PbxAddress]:
    """Something that is no AMI."""

    served: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        if not closes:
            with suppress(ConnectionError):
                await reader.read()
        writer.transport.abort()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.create_task(serve(reader, writer)))

    async with await asyncio.start_server(begin, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        yield PbxAddress(host="127.0.0.1", port=port, username="crm", secret="not-a-secret")
        await asyncio.wait(served)


@story
@pytest.mark.parametrize("closes", [True, False])
async def test_something_else_than_ami(closes: bool) -> None:
    async with server(b"SSH-2.0-OpenSSH_9.2\r\n", closes=closes) as address:
        report = await checked(address)
    assert states(report) == {"address": "ok", "login": "fail"}
    assert "Another program answers" in told(report, "login")


@story
async def test_a_server_that_only_listens() -> None:
    async with server(b"", closes=False) as address:
        assert "does not answer the login" in told(await checked(address), "login")


@story
async def test_addresses_that_lead_nowhere_or_where_they_must_not() -> None:
    known: dict[str, Any] = {"port": 5038, "username": "crm", "secret": "not-a-secret"}
    nowhere = await checked(PbxAddress(host="nobody.invalid", **known))
    assert told(nowhere, "address", "ru") == "Имя nobody.invalid не найдено в DNS."
    inside = await check(PbxAddress(host="127.0.0.1", **known), Expected(lines=Lines.of(), routing=USUAL))
    assert "127.0.0.1 is not a public address" in told(inside, "address")


@story
async def test_modules_that_run_programs_are_named() -> None:
    async with Pbx() as pbx:
        pbx.refuses_module = "func_shell"
        report = await checked(pbx.address())
    assert states(report)["shell"] == "warn"
    assert "app_system, res_agi" in told(report, "shell")
    assert "func_shell" not in told(report, "shell")


@pytest.mark.parametrize(
    ("ip", "tls", "state"), [("198.51.100.1", False, "ok"), ("8.8.8.8", False, "warn"), ("8.8.8.8", True, "ok")]
)
def test_a_line_across_the_internet_without_tls_is_warned_of(ip: str, tls: bool, state: str) -> None:
    known = PbxAddress(host=ip, port=5038, username="u", secret="s", tls=tls)
    assert _Visit(known, (), USUAL)._reached(ip).state.value == state
