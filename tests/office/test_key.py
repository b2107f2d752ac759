"""The key of a caller's number, as the dialplan computes it, is the phonebook's own."""

from __future__ import annotations

import phonenumbers
import pytest

from backend.calls.numbers import phones
from backend.calls.rules.routing import Routing
from backend.pbx.dialplan import dialplan_for
from sandbox.pbx import Office

pytestmark = pytest.mark.asterisk

COUNTRIES = ("RU", "KZ", "BY", "UA", "GE", "DE", "US", "GB", "IL")
WAY_OUT = {"RU": "810", "KZ": "810", "BY": "810", "US": "011"}
HIDDEN = ("", "anonymous", "Restricted", "Unavailable", "unknown")
SHORT = ("101", "0611", "112", "+7", "12345", "900")
ODD = (
    "+7 (916) 123-45-67",
    " +79161234567",
    "8 800 555.35.35",
    "79161234567" * 7,
    "4512345678",
    "81234567890",
    "79161234567,1",
)
HOSTILE = ('"', "${EPOCH}", "$[1+1]", "7916)},1", "79161234567;ext=5", "sip:x@y", "(", ")", "{", "]", "'")

MISSED = {"US": {"4930123456"}}
"""A German number without its plus, which has the shape of an American one: their plan is too long for a dialplan."""

KEYS = """
[keys]
exten => s,1,Set(n=0)
 same => n(next),Gosub(phone-station-key,s,1(${DB(spelled/${n})}))
 same => n,Set(GLOBAL(key_${n})=${PHONE_STATION_KEY})
 same => n,Set(n=$[${n} + 1])
 same => n,GotoIf($[${DB_EXISTS(spelled/${n})}]?next)
 same => n,Answer()
"""


def spellings(home: str) -> list[str]:
    """As trunks show numbers: abroad with a plus, without, and after the way out; at home also as it is dialled."""
    found: list[str] = []
    for country in COUNTRIES:
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            number = phonenumbers.example_number_for_type(country, kind)
            assert number is not None
            whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            found += [whole, whole[1:], WAY_OUT.get(home, "00") + whole[1:]]
            if country == home:
                national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
                found += [national, phonenumbers.national_significant_number(number)]
    return [each for each in found if each not in MISSED.get(home, ())]


def keys(office: Office, routing: Routing, numbers: list[str]) -> dict[str, str]:
    """What the dialplan made of each."""
    office.installs(dialplan_for(routing) + KEYS)
    office.pbx_act("DBPut", Family="phone-station/settings", Key="route", Val=routing.told)
    for place, number in enumerate(numbers):
        office.pbx_act("DBPut", Family="spelled", Key=str(place), Val=number)
    office.pbx_act("Originate", Channel="Local/s@keys", Application="Wait", Data="0")
    made = {number: office.pbx_act("Getvar", Variable=f"key_{place}")["Value"] for place, number in enumerate(numbers)}
    for family in ("spelled", "phone-station"):
        office.pbx_act("DBDelTree", Family=family)
    return made


def of_phonebook(number: str, routing: Routing) -> str:
    return (phones.key(routing.unprefixed(number), routing.country) or "").lstrip("+")


@pytest.mark.parametrize("home", COUNTRIES)
def test_any_spelling_becomes_the_phonebooks_key(office: Office, home: str) -> None:
    routing = Routing(country=home)
    numbers = [*spellings(home), *HIDDEN, *SHORT, *(ODD if home == "RU" else ())]
    assert keys(office, routing, numbers) == {each: of_phonebook(each, routing) for each in numbers}


def test_what_the_pbx_puts_before_a_number_is_taken_away(office: Office) -> None:
    routing = Routing(shown_prefix="9")
    numbers = [f"9{each}" for each in spellings("RU") if each.isdigit()] + ["+79161234567", "9101"]
    assert keys(office, routing, numbers) == {each: of_phonebook(each, routing) for each in numbers}


def test_what_is_no_number_has_no_key_and_runs_nothing(office: Office) -> None:
    made = keys(office, Routing(), [*HOSTILE, "+79161234567"])
    assert made.pop("+79161234567") == "79161234567"  # the call goes on after all of them
    assert set(made.values()) == {""}
