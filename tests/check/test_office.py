"""The check on a real Asterisk: a good PBX, and each thing that may be wrong with one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from backend.pbx.address import PbxAddress
from backend.pbx.dialplan import DIALPLAN, VERSION
from sandbox.pbx.office import Office
from tests.pbx.fake_ami import story

from .reading import checked, states, told

pytestmark = pytest.mark.asterisk
ALL = (
    "address", "login", "version", "rights", "filter", "clock", "extensions", "trunks", "dialplan", "transfer",
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
    assert "read= should have: call, agent, user, cdr, system" in told(report, "rights")
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
    assert "Set the pattern of trunks." in told(report, "trunks")
    both = await checked(address(office), trunks=["^sip-provider"], extensions=["^1"])
    assert "calls are not counted: trunk." in told(both, "trunks")


@story
async def test_a_dialplan_that_is_absent_old_or_current(office: Office) -> None:
    for text, state, words in (
        ("", "warn", "is not installed"),
        (DIALPLAN.replace(VERSION, "version-0"), "warn", "An older dialplan"),
        (DIALPLAN, "ok", "is installed"),
    ):
        office.installs(text)
        report = await checked(address(office))
        assert (states(report)["dialplan"], words in told(report, "dialplan")) == (state, True), words


@story
async def test_a_user_with_few_rights_is_told_each_that_is_missing(office: Office) -> None:
    poor = "[poor]\nsecret = poor\nread = all\nwrite = reporting\n"
    office.installs("")
    with user(office, poor):
        report = await checked(address(office, username="poor", secret="poor"), "101")
    assert states(report) == {
        "address": "ok", "login": "ok", "version": "ok", "rights": "fail", "filter": "warn", "clock": "ok",
        "extensions": "warn", "trunks": "warn", "dialplan": "warn", "transfer": "ok",
    }  # fmt: skip
    said = told(report, "rights")
    assert "Add to write= of the AMI user: originate, call, system." in said
    assert "no call from a card" in said
    assert "did not give the list" in told(report, "extensions")


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
    assert "Nobody listens" in told(report, "address")


@story
async def test_tls_as_it_should_be_and_as_it_should_not(office: Office) -> None:
    tls = {"port": office.ami.tls_port, "tls": True}
    own = await checked(address(office, **tls, certificate=office.ami.certificate.read_text()))
    assert told(own, "address") == "Connected, encrypted by TLS."
    assert states(own)["login"] == "ok"
    for wrong, what, words in (
        (tls, "address", "cannot be trusted (self-signed certificate)"),
        ({"tls": True}, "address", "There is no TLS on this port"),
        ({"port": office.ami.tls_port}, "login", "perhaps this port wants TLS"),
    ):
        report = await checked(address(office, **wrong))
        assert states(report)[what] == "fail"
        assert words in told(report, what)


@story
async def test_a_frozen_pbx_is_given_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.pbx.check.TO_LOG_IN", 0.2)
    await asyncio.to_thread(office.freeze)
    try:
        report = await checked(address(office))
    finally:
        await asyncio.to_thread(office.thaw)
    assert states(report) == {"address": "ok", "login": "fail"}
    assert "the login is not answered" in told(report, "login")
