"""Whose is a channel: an employee's extension, a trunk to the outside, or neither. And whose is a number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from backend.calls.tracking.patterns import LONGEST_NAME, NamePattern, compile_pattern

NOT_TELEPHONES = frozenset(
    "Local Agent Announcer AsyncGoto AudioSocket Bridge CBAnn CBRec Message MulticastRTP Null Parked Recorder Snoop"
    " Substitute Surrogate UnicastRTP WebSocket".lower().split()
)
HIDDEN_NUMBERS = frozenset(
    (
        "<unknown>", "anonymous", "hidden", "none", "null", "private", "restricted", "s", "unavailable", "unknown",
        "withheld",
    )
)  # fmt: skip
SHORT_ENDPOINT = re.compile(r"\d{2,5}")
INSTANCE = re.compile(r"(-[0-9a-fA-F]+)?(;[12])?(<\w+>)*$")  # 101-0000001a, x-00000001;2, 101-0000001a<ZOMBIE>
SCHEME = re.compile(r"^(sips?|tel):")
DIALLED = re.compile(r"(?=\D*[0-9])\+?[0-9*#().\- ]+")  # one digit at least


class Side(Enum):
    EXTENSION = "extension"
    TRUNK = "trunk"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRole:
    """`extension` is set for an extension alone."""

    side: Side
    extension: str | None = None


NEITHER = EndpointRole(side=Side.NEITHER)
TRUNK = EndpointRole(side=Side.TRUNK)


def extension(number: str) -> EndpointRole:
    return EndpointRole(side=Side.EXTENSION, extension=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """What is a trunk and what an extension: patterns searched in `101` and in `PJSIP/101`; trunks win.

    Without any patterns an endpoint of 2 to 5 digits is an extension and every other telephone a trunk. Patterns of one
    side alone leave every other telephone to the other side; patterns of both leave it to neither.
    `mobiles`: the last digits of an outside number → the extension it stands for.
    """

    trunks: tuple[NamePattern, ...] = ()
    extensions: tuple[NamePattern, ...] = ()
    mobiles: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        *,
        trunks: Iterable[str] = (),
        extensions: Iterable[str] = (),
        mobiles: Mapping[str, str] | None = None,
    ) -> Lines:
        """Raises BadPattern."""
        return cls(
            trunks=tuple(map(compile_pattern, trunks)),
            extensions=tuple(map(compile_pattern, extensions)),
            mobiles=mobiles or {},
        )

    def whose(self, channel: str) -> EndpointRole:
        """`channel` is a channel's full name, `PJSIP/101-0000001a`."""
        technology, _, rest = channel[:LONGEST_NAME].partition("/")
        name = INSTANCE.sub("", rest, count=1)
        if not name or technology.lower() in NOT_TELEPHONES:
            return NEITHER
        spellings = (f"{technology}/{name}", name)
        if any(each.search(spelling) is not None for each in self.trunks for spelling in spellings):
            return TRUNK
        for each in self.extensions:
            for spelling in spellings:
                if (found := each.search(spelling)) is not None:
                    return extension(found or name)
        return self._by_default(name)

    def _by_default(self, name: str) -> EndpointRole:
        if self.extensions:
            return NEITHER if self.trunks else TRUNK
        return extension(name) if self.trunks or SHORT_ENDPOINT.fullmatch(name) else TRUNK

    def mobile(self, number: str | None) -> str | None:
        """The extension that an outside number stands for."""
        digits = re.sub(r"\D", "", number or "")
        return next((whose for tail, whose in self.mobiles.items() if tail and digits.endswith(tail)), None)


def shown(number: str | None) -> str | None:
    """A caller's number as the PBX shows it, None where it is hidden."""
    number = (number or "").strip()
    return None if number.lower() in HIDDEN_NUMBERS else number or None


def dialled_number(dial_string: str) -> str | None:
    """The number in `7916…@trunk`, `trunk/7916…`, `trunk/sip:7916…@host`; None when there is none."""
    _, slash, rest = dial_string.partition("/")
    target = rest if slash else dial_string if "@" in dial_string else ""
    users = (SCHEME.sub("", part).split("@")[0].split(";")[0] for part in target.split("/"))
    return next(filter(dialable, users), None)


def dialable(number: str | None) -> str | None:
    return number if number and DIALLED.fullmatch(number) else None
