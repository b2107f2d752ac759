"""Which numbers a click may dial, and what the PBX is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.calls.numbers import phones
from backend.calls.numbers.dialling import DialFormat, Dialling, may_ask, number_to_dial

PLAIN = Dialling()


def dialled(raw: str, dialling: Dialling = PLAIN, country: str = "RU") -> str | None:
    key = phones.key(raw, country)
    return number_to_dial(key, dialling, country) if key else None


@pytest.mark.parametrize(
    ("raw", "form", "number"),
    [
        ("8 (916) 123-45-67", DialFormat.E164, "79161234567"),
        ("+7 916 123 45 67", DialFormat.PLUS, "+79161234567"),
        ("9161234567", DialFormat.NATIONAL, "89161234567"),
        ("8 800 555-35-35", DialFormat.E164, "78005553535"),
    ],
)
def test_any_spelling_becomes_what_the_dialplan_takes(raw: str, form: DialFormat, number: str) -> None:
    assert dialled(raw, replace(PLAIN, form=form)) == number
    assert dialled(raw, replace(PLAIN, form=form, prefix="9")) == f"9{number}"


@pytest.mark.parametrize("raw", ["8 809 555-12-34", "102", "112", "*43", "anonymous", "", "12345678901234567890"])
def test_costly_short_and_senseless_numbers_are_not_dialled(raw: str) -> None:
    assert dialled(raw) is None


def test_where_prefixes_are_allowed_nothing_else_is() -> None:
    mobiles = replace(PLAIN, allowed=("+79", "112"))
    assert dialled("8 916 123-45-67", mobiles) == "79161234567"
    assert dialled("112", mobiles) == "112"
    assert dialled("8 495 123-45-67", mobiles) is None
    assert dialled("+49 30 901820", mobiles) is None


def test_abroad_is_dialled_where_it_is_allowed() -> None:
    assert dialled("+49 30 901820") is None
    assert dialled("+7 701 123 45 67") is None
    abroad = replace(PLAIN, allowed=("7", "49"))
    assert dialled("+49 30 901820", abroad) == "4930901820"
    assert dialled("+49 30 901820", replace(abroad, form=DialFormat.NATIONAL)) == "8104930901820"
    assert dialled("+7 701 123 45 67", abroad) == "77011234567"


@pytest.mark.parametrize(
    ("key", "wide", "named"),
    [
        ("+78401234567", "7", "7840"),
        ("+79401234567", "79", "+7940"),
        ("+447012345678", "44", "4470"),
        ("+881612345678", "88", "881"),
        ("+870773123456", "8", "870"),
    ],
)
def test_ranges_of_fraud_are_meant_or_not_dialled(key: str, wide: str, named: str) -> None:
    assert number_to_dial(key, PLAIN, "RU") is None
    assert number_to_dial(key, replace(PLAIN, allowed=(wide,)), "RU") is None
    assert number_to_dial(key, replace(PLAIN, allowed=(wide, named)), "RU") == key[1:]
    assert not may_ask(key, (wide,), "RU")
    assert not may_ask(key, (), "RU")


def test_an_extension_is_called_by_the_template() -> None:
    assert PLAIN.channel_of("101") == "PJSIP/101"
    assert replace(PLAIN, channel="Local/{extension}@from-internal").channel_of("7") == "Local/7@from-internal"
