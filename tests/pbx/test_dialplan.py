"""The lines to paste: whatever stands in the account's settings, each value stays a value."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.pbx.dialplan import ADDRESS_PLACE, DIALPLAN, SECRET_PLACE, VERSION, made_for
from backend.pbx.errors import BadCommand


def keys(text: str) -> list[str]:
    return [line.partition(" = ")[0] for line in text.splitlines() if not line.startswith(";")]


KEYS = ["secret", "deny", "permit", "read", "write"]


def test_a_user_that_is_stored_keeps_its_secret_to_itself() -> None:
    made = made_for("crm.user@office", address="10.8.0.7")
    assert keys(made.manager) == ["[crm.user@office]", *KEYS]
    assert f"secret = {SECRET_PLACE}\n" in made.manager
    assert "permit = 10.8.0.7/255.255.255.255\n" in made.manager
    assert made.version == VERSION


def test_a_user_that_is_not_there_yet_gets_a_strong_secret_each_time() -> None:
    one, other = made_for(None).manager, made_for(None).manager
    secret = re.search("^secret = (.*)$", one, re.MULTILINE)
    assert one != other
    assert secret is not None
    assert len(secret[1]) >= 32
    assert f"permit = {ADDRESS_PLACE}/255.255.255.255\n" in one


@given(st.text(), st.text())
def test_no_value_can_break_out_of_its_line(username: str, address: str) -> None:
    with suppress(BadCommand):
        assert keys(made_for(username, address=address).manager) == [f"[{username}]", *KEYS]


@pytest.mark.parametrize("address", ["fe80::1%x\n[evil]\nsecret = 1", "10.8.0.7\n", "10.8.0.7 ; x", "::1%1/128", ""])
def test_an_address_that_could_be_more_than_an_address_is_refused(address: str) -> None:
    with pytest.raises(BadCommand, match="address"):
        made_for(None, address=address)


@pytest.mark.parametrize("username", ["a]\nwrite = all", "a b", "", "[x", "a;b", "ы", "a\n"])
def test_a_name_that_could_be_more_than_a_name_is_refused(username: str) -> None:
    with pytest.raises(BadCommand, match=r"pbx\.username"):
        made_for(username)


def test_the_dialplan_is_marked_and_runs_only_what_it_shows() -> None:
    applications = re.findall(r"(?:,\d+|n),([A-Za-z]+)\(", DIALPLAN)
    assert set(applications) == {
        "Dial", "ExecIf", "Gosub", "GosubIf", "Goto", "GotoIf", "Hangup", "NoOp", "Playback", "Return", "Set",
        "StackPop", "TryExec", "UserEvent",
    }  # fmt: skip
    assert DIALPLAN.count(f"exten => {VERSION},1,") == len(re.findall(r"^\[phone-station-", DIALPLAN, re.MULTILINE))
