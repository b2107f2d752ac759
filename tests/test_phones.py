"""Any spelling, one key."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from backend.calls.numbers import phones

CLIENT = "+79161234567"


@pytest.mark.parametrize(
    "spelling",
    [
        "+79161234567", "79161234567", "89161234567", "9161234567", "+7 (916) 123-45-67", "8-916-123-45-67",
        "8 916 123 45 67 доб. 12", "+79161234567,,101", "+7 916 123-45-67 ext 5", "*6789161234567",
        "#31#+79161234567", " 89161234567 ", "WhatsApp +7 916 123-45-67", "p.+79161234567", "work: 8 916 1234567",
        "+7 (916) 123-45-67 (ext. 5)",
    ],
)  # fmt: skip
def test_every_spelling_of_a_number_has_one_key(spelling: str) -> None:
    assert phones.key(spelling, "RU") == CLIENT


@pytest.mark.parametrize("hidden", [None, "", "anonymous", "Anonymous", "<unknown>", "restricted", "Unavailable"])
def test_a_hidden_number_has_no_key(hidden: str | None) -> None:
    assert phones.key(hidden, "RU") is None


@pytest.mark.parametrize("short", ["112", "101", "0911", "*8101"])
def test_short_numbers_keep_their_digits(short: str) -> None:
    key = phones.key(short, "RU")
    assert key is not None
    assert not phones.is_outside(key)


def test_foreign_numbers_lose_nothing_when_the_plus_is_missing() -> None:
    assert phones.key("380671234567", "RU") == "+380671234567"
    assert phones.key("+1 202-555-0143", "RU") == "+12025550143"


def test_the_same_digits_mean_another_number_in_another_country() -> None:
    assert phones.key("0671234567", "UA") == "+380671234567"
    assert phones.key("0671234567", "RU") != "+380671234567"


def test_amocrm_is_searched_for_a_number_without_its_country() -> None:
    assert phones.search_digits("+79161234567") == "9161234567"
    assert phones.search_digits("+37120001234") == "20001234"


@pytest.mark.parametrize("garbage", ["☎", "()", "+", "\x00", "x" * 100_000])
def test_what_holds_no_digit_is_no_number(garbage: str) -> None:
    assert phones.key(garbage, "RU") is None


FORMS = {name: getattr(PhoneNumberFormat, name) for name in ("E164", "INTERNATIONAL", "NATIONAL", "RFC3966")}
EXAMPLES = [
    (region, number)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in PhoneNumberType.values()
    if (number := phonenumbers.example_number_for_type(region, kind)) and phonenumbers.is_valid_number(number)
]
HOMES = ["RU", "DE", "US"]


@pytest.mark.parametrize("form", FORMS)
def test_every_countrys_examples_have_one_key_however_they_are_written(form: str) -> None:
    """In the country's own account; nationally only what is no shorter than extensions may be."""
    different = []
    for region, number in EXAMPLES:
        written, key = phonenumbers.format_number(number, FORMS[form]), _key(number)
        if phones.key(written, region) != key and not (_is_short(number) and form == "NATIONAL"):
            different.append((region, written, phones.key(written, region), key))
    assert different == []


@pytest.mark.parametrize("home", HOMES)
def test_every_countrys_examples_have_one_key_as_they_are_dialled_from_abroad(home: str) -> None:
    different = []
    for region, number in EXAMPLES:
        written, key = phonenumbers.format_out_of_country_calling_number(number, home), _key(number)
        is_at_home = number.country_code == phonenumbers.country_code_for_region(home)
        if phones.key(written, home) != key and not (_is_short(number) and is_at_home):
            different.append((region, written, phones.key(written, home), key))
    assert different == []


def _key(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _is_short(number: phonenumbers.PhoneNumber) -> bool:
    return len(phonenumbers.national_significant_number(number)) < phones.SHORTEST_OUTSIDE


@given(st.sampled_from(EXAMPLES), st.data())
def test_decoration_changes_no_key(example: tuple[str, phonenumbers.PhoneNumber], data: st.DataObject) -> None:
    """Signs between the digits, words before them, and what is dialled after them."""
    region, number = example
    signs = st.sampled_from(["", " ", "-", ".", ") ", " (", "\u00a0", "\u2011"])
    digits = "".join(each + data.draw(signs) for each in _key(number)[1:])
    before = data.draw(st.sampled_from(["", "tel:", "моб. ", "(", "*67", "#31#", " "]))
    after = data.draw(st.sampled_from(["", ",101", ";102", " доб. 12", " доб12", " ext 5", " x5", "#7", " (ext. 5)"]))
    assert phones.key(f"{before}+{digits}{after}", region) == _key(number)


@given(st.text(max_size=80), st.sampled_from(["RU", "US", "DE"]))
def test_a_key_is_digits_with_at_most_a_plus_and_is_its_own_key(raw: str, country: str) -> None:
    key = phones.key(raw, country)
    assert key is None or re.fullmatch(r"\+?[0-9]+", key)
    if key and key.startswith("+"):
        assert phones.key(key, country) == key


@pytest.mark.parametrize(
    ("prefix", "dialled", "found"),
    [
        ("9", "989161234567", "89161234567"), ("9", "9101", "101"), ("", "9161234567", "9161234567"),
        ("9", "9161234567", "9161234567"), ("9", "89161234567", "89161234567"), ("00", "0089161234567", "89161234567"),
    ],
)  # fmt: skip
def test_the_number_behind_a_prefix_of_the_pbx(prefix: str, dialled: str, found: str) -> None:
    assert phones.behind(prefix, dialled, "RU") == found
