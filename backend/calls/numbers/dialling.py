"""May a number be dialled for an account, and what exactly is asked of its PBX."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberType

COSTLY = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})
CLIENTS = frozenset(
    {
        PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.VOIP,
    }
)  # fmt: skip
DENIED = (
    "7840", "7940",  # Abkhazia, outside the Russian plan's prices
    "870", "881", "882", "883", "888", "878", "979",  # satellites, networks without a country
    "4470",  # personal numbers of the United Kingdom, which pay their owner
)  # fmt: skip
"""Numbers by which strangers and stolen logins make money; dialled only where the account names them as allowed."""
EXTENSION_PLACE = "{extension}"
CLICK = "click-"
_NOT_DIGIT = re.compile(r"\D")


class DialFormat(StrEnum):
    """How the PBX's dialplan wants a number of the plan: 79161234567, +79161234567, 89161234567."""

    E164 = "e164"
    PLUS = "plus"
    NATIONAL = "national"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialling:
    """`channel` is how an extension's phone is called, `PJSIP/{extension}`; `context` is where outside numbers are
    dialled, `prefix` what stands before them. `allowed` empty: every number of the account's own country but costly and
    short ones."""

    channel: str = "PJSIP/{extension}"
    context: str = "from-internal"
    prefix: str = ""
    form: DialFormat = DialFormat.E164
    allowed: tuple[str, ...] = ()
    ring_seconds: int = 30

    def channel_of(self, extension: str) -> str:
        return self.channel.replace(EXTENSION_PLACE, extension)


def click_name(request: str) -> str:
    """What a call by click is called from the first moment: its channel's id on the PBX, and so its name here."""
    return CLICK + request


def is_click(call: str) -> bool:
    return call.startswith(CLICK)


def number_to_dial(key: str, dialling: Dialling, country: str) -> str | None:
    """The digits for the PBX; None when the account does not allow this number. `key` is of `phones.key`."""
    is_allowed = _is_named(key, dialling.allowed) if dialling.allowed else _is_ordinary(key, country)
    if not is_allowed or _is_denied(key, dialling.allowed):
        return None
    return dialling.prefix + _in_form(key, dialling.form, country)


def may_ask(key: str, allowed: tuple[str, ...], country: str) -> bool:
    """Whether a stranger may have this number called: a client's own kind of line, in the prefixes that the account
    allows, or, where it names none, in its own country. `key` is of `phones.key`."""
    if not key.startswith("+") or _is_denied(key, allowed):
        return False
    number = phonenumbers.parse(key)
    if phonenumbers.number_type(number) not in CLIENTS:
        return False
    return _is_named(key, allowed) if allowed else phonenumbers.region_code_for_number(number) == country


def _is_named(key: str, prefixes: tuple[str, ...]) -> bool:
    return any(key.lstrip("+").startswith(each.lstrip("+")) for each in prefixes)


def _is_denied(key: str, allowed: tuple[str, ...]) -> bool:
    """Of the denied ranges, and none of the account's prefixes says that just this range is meant."""
    denied = [each for each in DENIED if key.lstrip("+").startswith(each)]
    meant = [each.lstrip("+") for each in allowed if _is_named(key, (each,))]
    return any(not any(prefix.startswith(each) for prefix in meant) for each in denied)


def _is_ordinary(key: str, country: str) -> bool:
    if not key.startswith("+"):
        return False
    number = phonenumbers.parse(key)
    is_home = phonenumbers.region_code_for_number(number) == country
    return is_home and phonenumbers.number_type(number) not in COSTLY


def _in_form(key: str, form: DialFormat, country: str) -> str:
    if not key.startswith("+") or form is DialFormat.PLUS:
        return key
    if form is DialFormat.E164:
        return key[1:]
    return _NOT_DIGIT.sub("", _national(phonenumbers.parse(key), country))


def _national(number: phonenumbers.PhoneNumber, country: str) -> str:
    """As it is dialled within the country; a foreign number with the country's way out (Russia: 8 10)."""
    written: str = phonenumbers.format_out_of_country_calling_number(number, country)
    return written
