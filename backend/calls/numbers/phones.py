"""Any spelling of a phone number becomes one key.

A key is E.164 (`+79161234567`) where the number can be built in its country's plan, else the bare digits.
Short and internal numbers (under seven digits) keep their digits and are only ever equal, never alike.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

HIDDEN = frozenset(
    {"", "<unknown>", "anonymous", "restricted", "unavailable", "unknown", "private", "withheld", "asterisk"}
)
SHORTEST_OUTSIDE = 7  # shorter ones are service codes and extensions (docs/amocrm-contract.md gotcha 22)
SHORTEST_PIECE = 3  # digits of a number that are worth looking for
LONGEST = 64  # a number with its extension never needs more; what is longer is not a number

_EXTENSION = re.compile(r"(?<=\d)[^\w,;#]*(?:[,;#wp]|доб|ext|x\s*\d).*$", re.IGNORECASE)  # after a number only
_SERVICE_PREFIX = re.compile(r"^\s*(?:[*#]\d{2,3}[#*]?)+")  # *67, #31#: "hide my number" and the like
_NOT_DIGIT = re.compile(r"\D")
_PLUS = re.compile(r"[^\d+\uff0b]*[+\uff0b]")  # before the first digit
_NUMBER = re.compile(r"[\s0-9+().\-]{1,64}")


def key(raw: str | None, country: str) -> str | None:
    """The key of a number as somebody wrote or dialled it in `country` (ISO 3166, two letters).

    None when the number is hidden or holds no digit.
    """
    return None if raw is None else _key(raw[:LONGEST], country)


def behind(prefix: str, dialled: str, country: str) -> str:
    """The number behind the digits that a PBX wants before it; all of it where only all of it is a number."""
    if not prefix or not dialled.startswith(prefix):
        return dialled
    bare, whole = key(dialled[len(prefix) :], country), key(dialled, country)
    is_whole = whole is not None and whole.startswith("+") and not (bare or "").startswith("+")
    return dialled if is_whole else dialled[len(prefix) :]


@lru_cache(maxsize=65536)
def _key(raw: str, country: str) -> str | None:
    if raw.strip().lower() in HIDDEN:
        return None
    written = _EXTENSION.sub("", _SERVICE_PREFIX.sub("", raw))
    digits = phonenumbers.normalize_digits_only(written)
    is_international = _PLUS.match(written) is not None
    if not digits:
        return None
    if len(digits) < SHORTEST_OUTSIDE and not is_international:
        return digits
    return _e164(digits, country, is_international) or digits


def _e164(digits: str, country: str, is_international: bool) -> str | None:
    """International first when it says so; else the country's own plan; else digits that lack only their plus."""
    attempts = ["+" + digits] if is_international else [digits, "+" + digits]
    for attempt in attempts:
        try:
            number = phonenumbers.parse(attempt, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def search_digits(key: str) -> str:
    """What to ask amoCRM's fuzzy search for: the number without its country (docs/amocrm-contract.md §3.5), at most ten
    digits."""
    if key.startswith("+"):
        return phonenumbers.national_significant_number(phonenumbers.parse(key))[-10:]
    return key[-10:]


def pieces(raw: str, country: str) -> tuple[str, ...]:
    """What keys hold whose number somebody has begun to type, with or without the country's trunk prefix; nothing for
    what is not a number, or under three digits of it."""
    if not _NUMBER.fullmatch(raw):
        return ()
    whole, digits = key(raw, country) or "", _NOT_DIGIT.sub("", raw)
    if whole.startswith("+"):
        return (whole,)
    plan = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
    typed = (digits, digits.removeprefix(plan.national_prefix or "") if plan else digits)
    return tuple(dict.fromkeys(each for each in typed if len(each) >= SHORTEST_PIECE))


def is_outside(key: str) -> bool:
    """Whether this is a whole telephone number, not a short code or an extension."""
    return len(key.lstrip("+")) >= SHORTEST_OUTSIDE


def spoken(key: str | None) -> str:
    """A key as people write it: `+7 916 123-45-67`."""
    if key is None:
        return "номер скрыт"
    if not key.startswith("+"):
        return key
    return phonenumbers.format_number(phonenumbers.parse(key), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
