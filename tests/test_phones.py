"""Any spelling, one key."""

from __future__ import annotations

import phonenumbers
import pytest

from backend.calls import phones

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


def test_example_numbers_of_all_countries_have_one_key_in_both_formats() -> None:
    different = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number(region)
        formats = phonenumbers.PhoneNumberFormat
        e164 = phonenumbers.format_number(number, formats.E164)
        national = phonenumbers.format_number(number, formats.NATIONAL)
        keys = {phones.key(e164, "RU")}
        if len(phonenumbers.national_significant_number(number)) >= phones.SHORTEST_OUTSIDE:
            keys.add(phones.key(national, region))
        if keys != {e164}:
            different.append((region, e164, national))
    assert different == []
