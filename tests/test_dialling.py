"""Which numbers a click may dial, and what the PBX is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.calls.numbers import phones
from backend.calls.numbers.dialling import DialFormat, Dialling, number_to_dial

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
        ("+49 30 901820", DialFormat.E164, "4930901820"),
        ("+49 30 901820", DialFormat.NATIONAL, "8104930901820"),
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


def test_an_extension_is_called_by_the_template() -> None:
    assert PLAIN.channel_of("101") == "PJSIP/101"
    assert replace(PLAIN, channel="Local/{extension}@from-internal").channel_of("7") == "Local/7@from-internal"
