"""How a country's telephone numbers are dialled at home: what a PBX needs to make one key of a caller's spellings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata

LONGEST_PREFIX = 4  # digits of a way out of a country (Israel: 0105) or of a trunk prefix
MOST_PREFIXES = 12  # of a kind; what a country has beyond is seldom shown
LONGEST_PATTERN = 3500  # what an expression of a dialplan holds beside a number (4096 bytes, Asterisk 16 to 22)
ANY = "^[0-9]+$"
KINDS = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan",
    "voicemail",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """`code` of the country; `ways_out` and `trunks` are what is dialled before a foreign and a national number, the
    longest first. A national number fits `shape` and `pattern`, POSIX extended expressions of a whole number."""

    code: str
    ways_out: tuple[str, ...]
    trunks: tuple[str, ...]
    shape: str
    pattern: str


@lru_cache(maxsize=64)
def numbering(country: str) -> Numbering:
    """Of a country by its two letters, one that the phone library knows."""
    plan = PhoneMetadata.metadata_for_region(country, None)
    assert plan is not None
    return Numbering(
        code=str(plan.country_code),
        ways_out=_prefixes(plan.international_prefix),
        trunks=_prefixes(plan.national_prefix_for_parsing),
        shape=_either(shape for each in _alike(plan) for shape in _shapes(each, ("general_desc",))),
        pattern=_pattern(plan),
    )


def _prefixes(expression: str | None) -> tuple[str, ...]:
    if not expression:
        return ()
    fits = re.compile(expression).fullmatch
    found = [each for each in _digits() if fits(each)]
    return tuple(sorted(found, key=len, reverse=True)[:MOST_PREFIXES])


def _digits() -> Iterator[str]:
    for length in range(1, LONGEST_PREFIX + 1):
        yield from map("".join, itertools.product("0123456789", repeat=length))


def _pattern(plan: PhoneMetadata) -> str:
    """As the library counts a number valid; where that is too long (the plan of North America has 25 countries), any
    number that has the shape."""
    found = _either(shape for each in _alike(plan) for shape in _shapes(each, KINDS))
    return found if len(found) <= LONGEST_PATTERN else ANY


def _alike(plan: PhoneMetadata) -> Iterator[PhoneMetadata]:
    """All who share the country's code."""
    assert plan.country_code is not None
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[plan.country_code]
    return (each for region in regions if (each := PhoneMetadata.metadata_for_region(region, None)))


def _shapes(plan: PhoneMetadata, kinds: Iterable[str]) -> Iterator[str]:
    for kind in kinds:
        described = getattr(plan, kind)
        if described and described.national_number_pattern:
            yield described.national_number_pattern


def _either(patterns: Iterable[str]) -> str:
    """A POSIX extended expression of any of the library's."""
    joined = "|".join(dict.fromkeys(re.sub(r"\s", "", each) for each in patterns))
    return "^(" + joined.replace("(?:", "(").replace(r"\d", "[0-9]") + ")$"
