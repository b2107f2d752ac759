"""What a check found, without words: each thing that must be so, how it is, and what there is to say of it.

`Said.kind` is a key of whoever has the words; whatever the PBX itself said is data, made short and printable here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backend.calls.rules.routing import Routing
from backend.calls.states import ExtensionState
from backend.calls.tracking.endpoints import Lines, Side
from backend.pbx.dialplan.flavours import Flavour
from backend.pbx.errors import ActionRefused, PbxError
from backend.pbx.link.wire import Message

MOST_NAMED = 20  # in one sentence
LONGEST_NAME, LONGEST_DETAIL = 80, 200  # characters

YES = "1"
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class CheckedPart(StrEnum):
    """In the order in which a person would mend them."""

    ADDRESS = "address"
    LOGIN = "login"
    VERSION = "version"
    RIGHTS = "rights"
    SHELL = "shell"
    FILTER = "filter"
    CLOCK = "clock"
    MODULES = "modules"
    EXTENSIONS = "extensions"
    TRUNKS = "trunks"
    DIALPLAN = "dialplan"
    TRANSFER = "transfer"
    RECORDING = "recording"
    JOURNAL = "journal"


class FindingState(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence whose words are elsewhere."""

    kind: str
    values: Mapping[str, Any]


def said(kind: str, **values: Any) -> Said:
    return Said(kind=kind, values=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    what: CheckedPart
    state: FindingState
    says: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`extension` is set for an extension alone."""

    name: str
    side: Side
    extension: str | None
    state: ExtensionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`flavour`: whose lines fit this PBX; None where it is not known."""

    findings: tuple[Finding, ...]
    version: str = ""
    flavour: Flavour | None = None
    endpoints: tuple[Endpoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the account has set: whose is an endpoint, its employees' extensions, and how it routes."""

    lines: Lines
    routing: Routing
    extensions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """By question: what the PBX answered, or why it did not. `clock_ahead` is in seconds, None where it told none."""

    clock_ahead: float | None
    told: Mapping[str, list[Message] | PbxError]
    lists: Mapping[str, list[Message] | PbxError]

    def is_yes(self, question: str) -> bool:
        """Whether the PBX said so of its dialplan."""
        return self.value(question) == YES

    def value(self, question: str, header: str = "Value") -> str:
        """Empty where the question was not answered."""
        answer = self.told[question]
        return "" if isinstance(answer, PbxError) else answer[0].get(header, "")


def tidy(told: str, longest: int = LONGEST_DETAIL) -> str:
    """What a PBX said, as text that is safe to keep and to show."""
    return " ".join(_UNPRINTABLE.sub(" ", told).split())[:longest]


def refused(error: PbxError) -> tuple[Said, ...]:
    """Why a question was not answered."""
    if isinstance(error, ActionRefused) and error.no_right:
        return (said("no_right"),)
    return (said(error.trouble.value, detail=tidy(error.detail)),)


def ok(what: CheckedPart, *says: Said) -> Finding:
    return Finding(what=what, state=FindingState.OK, says=says)


def warn(what: CheckedPart, *says: Said) -> Finding:
    return Finding(what=what, state=FindingState.WARN, says=says)


def fail(what: CheckedPart, *says: Said) -> Finding:
    return Finding(what=what, state=FindingState.FAIL, says=says)


def named(names: Collection[str]) -> dict[str, Any]:
    """How many, and the first of them."""
    return {"count": len(names), "names": sorted(names)[:MOST_NAMED]}
