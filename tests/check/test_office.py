"""The check on a real Asterisk: a good PBX, and each thing that may be wrong with one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from backend.calls.rules.routing import DialplanTarget, Routing
from backend.pbx.address import PbxAddress
from backend.pbx.astdb import COUNTERS, JOURNAL
from backend.pbx.dialplan import DIALPLAN, VERSION, dialplan_for
from backend.pbx.dialplan.flavours import Flavour
from backend.pbx.dialplan.names import ROUTE
from sandbox.pbx.freepbx import FreePbx
from sandbox.pbx.office import Office
from tests.pbx.fake_ami import story

from .reading import checked, states, told

pytestmark = pytest.mark.asterisk
ALL = (
    "address", "login", "version", "rights", "shell", "filter", "clock", "modules", "extensions", "trunks", "dialplan",
    "transfer", "recording", "journal",
)  # fmt: skip


def address(office: Office, **changes: Any) -> PbxAddress:
    ami = office.ami
    known = {"host": ami.host, "port": ami.port, "username": ami.username, "secret": ami.secret}
    return PbxAddress(**{**known, **changes})


@contextmanager
def user(office: Office, text: str) -> Iterator[None]:
    """Another user in manager.conf for a while."""
    file = office.home / "pbx/etc/manager.conf"
    known = file.read_text()
    file.write_text(known + text)
    try:
        office.pbx_act("Reload", Module="manager")
        yield
    finally:
        file.write_text(known)
        office.pbx_act("Reload", Module="manager")


@story
async def test_a_good_pbx_is_told_to_be_good(office: Office) -> None:
    office.installs(DIALPLAN)
    report = await checked(address(office), "101", "102", "103", "104")
    assert states(report) == dict.fromkeys(ALL, "ok")
    assert report.version.startswith(f"{office.version}.")
    assert told(report, "version") == f"Asterisk {office.version}.{report.version.split('.')[1]}."
    assert told(report, "trunks", "ru") == "Внешних линий: 1 (trunk)."
    assert "read= must have: call, agent, user, cdr, system" in told(report, "rights")
    assert [(each.name, each.side.value, each.extension, each.state.value) for each in report.endpoints] == [
        ("101", "extension", "101", "free"),
        ("102", "extension", "102", "free"),
        ("103", "extension", "103", "free"),
        ("104", "extension", "104", "unreachable"),
        ("trunk", "trunk", None, "free"),
    ]


@story
async def test_extensions_are_compared_with_the_employees(office: Office) -> None:
    report = await checked(address(office), "101", "777")
    assert states(report)["extensions"] == "warn"
    said = told(report, "extensions", "ru")
    assert said == (
        "Внутренних номеров на АТС: 4. У сотрудников указаны номера, которых на АТС нет: 777."
        " Ни за кем не закреплены: 102, 103, 104."
    )


@story
async def test_a_trunk_pattern_that_fits_nothing(office: Office) -> None:
    report = await checked(address(office), trunks=["^sip-provider"])
    assert states(report)["trunks"] == "warn"
    assert "Set the Trunks pattern." in told(report, "trunks")
    both = await checked(address(office), trunks=["^sip-provider"], extensions=["^1"])
    assert "calls are not counted: trunk." in told(both, "trunks")


@story
async def test_a_dialplan_that_is_absent_old_incomplete_or_current(office: Office) -> None:
    without_route = DIALPLAN.replace(f"[{ROUTE}]", "[somebody-elses]")
    for text, words in (
        (
            "",
            "is not installed: paste its lines (they are below in the widget's settings; in a shell backend dialplan"
            " prints them). Without it, on a call from",
        ),
        (DIALPLAN.replace(VERSION, "version-0"), "An older dialplan"),
        (without_route, "missing: paste its lines again. Without it a client's call does not ring their manager first"),
    ):
        office.installs(text)
        report = await checked(address(office))
        assert (states(report)["dialplan"], words in told(report, "dialplan")) == ("warn", True), words
    office.installs(DIALPLAN)
    report = await checked(address(office))
    words = "The dialplan is installed. The first call will show whether your two lines lead to it."
    assert (states(report)["dialplan"], told(report, "dialplan")) == ("ok", words)
    assert report.flavour is Flavour.ASTERISK


@story
async def test_a_dialplan_for_the_numbers_of_another_country(office: Office) -> None:
    office.installs(DIALPLAN)
    report = await checked(address(office), routing=Routing(country="KZ"))
    assert states(report)["dialplan"] == "warn"
    assert "the numbers of another country" in told(report, "dialplan")
    office.installs(dialplan_for(Routing(country="KZ")))
    assert states(await checked(address(office), routing=Routing(country="KZ")))["dialplan"] == "ok"


@story
async def test_a_general_queue_that_is_not_there(office: Office) -> None:
    office.installs(DIALPLAN)
    for queue, state in (("500", "ok"), ("5000", "warn")):
        then = DialplanTarget(context="from-internal", extension=queue)
        report = await checked(address(office), routing=Routing(then=then))
        assert states(report)["dialplan"] == state
        assert ("no general queue 5000@from-internal" in told(report, "dialplan")) == (state == "warn")


@story
async def test_modules_that_are_not_there_are_told_with_what_is_lost(office: Office) -> None:
    for module in ("func_lock", "app_waitforcond", "cdr_manager"):
        office.pbx_act("ModuleLoad", Module=f"{module}.so", LoadType="unload")
    try:
        report = await checked(address(office))
    finally:
        for module in ("func_lock", "app_waitforcond", "cdr_manager"):
            office.pbx_act("ModuleLoad", Module=f"{module}.so", LoadType="load")
    said = told(report, "modules")
    assert said.startswith("Load these modules (modules.conf): app_waitforcond, func_lock.")
    assert "does not ask this service" in said
    assert "are not kept on the PBX" in said
    assert "Without them a client's call" not in said
    assert "map recordingfile" in told(report, "recording")


@story
async def test_the_pbxs_own_journal_is_counted(office: Office) -> None:
    for key, family in (("1", JOURNAL), ("2", JOURNAL), ("lost", COUNTERS)):
        office.pbx_act("DBPut", Family=family, Key=key, Val="3")
    report = await checked(address(office))
    for key, family in (("1", JOURNAL), ("2", JOURNAL), ("lost", COUNTERS)):
        office.pbx_act("DBDel", Family=family, Key=key)
    assert states(report)["journal"] == "warn"
    assert "entries waiting: 2. Entries overwritten before they were read: 3." in told(report, "journal")
    assert told(await checked(address(office)), "journal", "ru").endswith("ждут чтения: 0.")


@story
async def test_freepbx_is_known_by_its_shape_and_its_hooks_are_looked_at(office: Office) -> None:
    freepbx = FreePbx(office, 16 if office.version == 16 else 17)
    lines = dialplan_for(Routing(), Flavour.FREEPBX)
    freepbx.installs()
    try:
        bare = await checked(address(office))
        freepbx.customises(lines)
        whole = await checked(address(office))
        freepbx.customises(lines.replace("include => phone-station-inbound", "").replace("s,1(phone-station)", "s,1"))
        unhooked = await checked(address(office))
    finally:
        freepbx.goes()
    assert told(whole, "version").endswith("The dialplan is FreePBX's.")
    assert {bare.flavour, whole.flavour, unhooked.flavour} == {Flavour.FREEPBX}
    assert told(bare, "dialplan").endswith("This is FreePBX: it needs the lines for FreePBX.")
    assert (states(whole)["dialplan"], told(whole, "dialplan")) == ("ok", "The dialplan is installed.")
    assert "Inbound calls bypass it" in told(unhooked, "dialplan")
    assert "Outbound calls bypass it" in told(unhooked, "dialplan")


@story
async def test_a_user_with_few_rights_is_told_each_that_is_missing(office: Office) -> None:
    poor = "[poor]\nsecret = poor\nread = all\nwrite = reporting\n"
    office.installs("")
    with user(office, poor):
        report = await checked(address(office, username="poor", secret="poor"), "101")
    assert states(report) == {
        "address": "ok", "login": "ok", "version": "ok", "rights": "fail", "shell": "warn", "filter": "warn",
        "clock": "ok", "modules": "warn", "extensions": "warn", "trunks": "warn", "dialplan": "warn", "transfer": "ok",
        "recording": "warn", "journal": "ok",
    }  # fmt: skip
    said = told(report, "rights")
    assert "Add to write= of the AMI user: originate, call, system." in said
    assert "no calls from a card" in said
    assert "did not return its list" in told(report, "extensions")


@story
async def test_a_wrong_secret(office: Office) -> None:
    for wrong in ({"secret": "wrong"}, {"username": "nobody"}):
        report = await checked(address(office, **wrong))
        assert states(report) == {"address": "ok", "login": "fail"}
        assert "неверны имя или пароль" in told(report, "login", "ru")


@story
async def test_a_port_where_nobody_listens(office: Office) -> None:
    report = await checked(address(office, port=1))
    assert states(report) == {"address": "fail"}
    assert "There is no answer" in told(report, "address")


@story
async def test_tls_as_it_should_be_and_as_it_should_not(office: Office) -> None:
    tls = {"port": office.ami.tls_port, "tls": True}
    own = await checked(address(office, **tls, certificate=office.ami.certificate.read_text()))
    assert told(own, "address") == "Connected, encrypted with TLS."
    assert states(own)["login"] == "ok"
    for wrong, what, words in (
        (tls, "address", "cannot be trusted (self-signed certificate)"),
        ({"tls": True}, "address", "There is no TLS on this port"),
        ({"port": office.ami.tls_port}, "login", "this port may require TLS"),
    ):
        report = await checked(address(office, **wrong))
        assert states(report)[what] == "fail"
        assert words in told(report, what)


@story
async def test_a_frozen_pbx_is_given_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.pbx.check.check.TO_LOG_IN", 0.2)
    await asyncio.to_thread(office.freeze)
    try:
        report = await checked(address(office))
    finally:
        await asyncio.to_thread(office.thaw)
    assert states(report) == {"address": "ok", "login": "fail"}
    assert "does not answer the login" in told(report, "login")
