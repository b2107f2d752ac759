"""What a check found, without words: each thing that must be so, how it is, and what there is to say of it.

`Said.kind` is a key of whoever has the words; whatever the PBX itself said is data, made short and printable here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backend.calls.lines import Lines, Side
from backend.calls.states import ExtensionState

from .errors import ActionRefused, PbxError
from .rights import may
from .states import INSTANCE, SPOKEN, STATES
from .wire import Message

MOST_ENDPOINTS = 2000
MOST_NAMED = 20  # in one sentence
LONGEST_NAME, LONGEST_DETAIL = 80, 200  # characters
CLOCK_OFF = 5.0  # seconds; more makes the calls' times wrong to the eye

# The class of `write=` in manager.conf → an action that only it allows (Asterisk 16 and 22).
CLASSES = {"originate": "Originate", "call": "Setvar", "system": "Filter"}
READ_CLASSES = ("call", "agent", "user", "cdr", "system")
TREE_SINCE = {16: 28, 18: 14, 19: 6}  # DBGetTree, by which calls of an absence are read back; all of 20 and later
OLDEST = 16  # what the tracker is tested with

# What is asked beside actions of that name.
IS_INSTALLED, IS_CURRENT, TRANSFER_CODE = "is installed", "is current", "transfer code"
YES = "1"

# The lists of telephones → their technology, the header of the name, the header of the state.
LISTS = {
    "PJSIPShowEndpoints": ("PJSIP", "DeviceState"),
    "SIPpeers": ("SIP", "Status"),
    "IAXpeerlist": ("IAX2", "Status"),
}
# chan_sip and chan_iax2 tell only whether a telephone answers: `OK (5 ms)`, `LAGGED (2100 ms)`.
ANSWERING = {
    "OK": ExtensionState.FREE,
    "LAGGED": ExtensionState.FREE,
    "UNREACHABLE": ExtensionState.UNREACHABLE,
}

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class What(StrEnum):
    """In the order in which a person would mend them."""

    ADDRESS = "address"
    LOGIN = "login"
    VERSION = "version"
    RIGHTS = "rights"
    FILTER = "filter"
    CLOCK = "clock"
    EXTENSIONS = "extensions"
    TRUNKS = "trunks"
    DIALPLAN = "dialplan"
    TRANSFER = "transfer"


class State(StrEnum):
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
    what: What
    state: State
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
    findings: tuple[Finding, ...]
    version: str = ""
    endpoints: tuple[Endpoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the account has set: whose is an endpoint, and its employees' extensions."""

    lines: Lines
    extensions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """By question: what the PBX answered, or why it did not. `clock_ahead` is in seconds, None where it told none."""

    clock_ahead: float | None
    told: Mapping[str, list[Message] | PbxError]
    lists: Mapping[str, list[Message] | PbxError]

    def value(self, question: str, header: str = "Value") -> str:
        """Empty where the question was not answered."""
        answer = self.told[question]
        return "" if isinstance(answer, PbxError) else answer[0].get(header, "")


def judge(answers: Answers, expected: Expected) -> Report:
    """All that follows a good login."""
    endpoints = endpoints_of(answers, expected.lines)
    return Report(
        findings=(
            _version(answers),
            _rights(answers),
            _filter(answers),
            _clock(answers),
            _extensions(answers, expected, endpoints),
            _trunks(endpoints),
            _dialplan(answers),
            _transfer(answers),
        ),
        version=tidy(answers.value("CoreSettings", "AsteriskVersion")),
        endpoints=endpoints,
    )


def endpoints_of(answers: Answers, lines: Lines) -> tuple[Endpoint, ...]:
    """The telephones that the PBX told of, by name; of more than MOST_ENDPOINTS rows the first."""
    rows = [
        (technology, row.get("ObjectName", ""), row.get(state, ""))
        for action, (technology, state) in LISTS.items()
        for row in _rows(answers.lists[action])
    ]
    found = {
        (technology, name): _endpoint(technology, name, state, lines)
        for technology, told, state in rows[:MOST_ENDPOINTS]
        if (name := tidy(told, LONGEST_NAME))
    }
    return tuple(sorted(found.values(), key=lambda each: each.name))


def _rows(listed: list[Message] | PbxError) -> Sequence[Message]:
    return () if isinstance(listed, PbxError) else listed[: MOST_ENDPOINTS + 1]


def _is_cut(answers: Answers) -> bool:
    return sum(len(_rows(each)) for each in answers.lists.values()) > MOST_ENDPOINTS


def _endpoint(technology: str, name: str, state: str, lines: Lines) -> Endpoint:
    line = lines.whose(f"{technology}/{name}{INSTANCE}")
    word = state.partition(" (")[0]
    known = ANSWERING.get(word) or STATES.get(SPOKEN.get(word, word.upper()), ExtensionState.UNKNOWN)
    return Endpoint(name=name, side=line.side, extension=line.extension, state=known)


def tidy(told: str, longest: int = LONGEST_DETAIL) -> str:
    """What a PBX said, as text that is safe to keep and to show."""
    return " ".join(_UNPRINTABLE.sub(" ", told).split())[:longest]


def _version(answers: Answers) -> Finding:
    told = answers.value("CoreSettings", "AsteriskVersion")
    number = re.search(r"(\d{1,3})\.(\d{1,3})", told)
    if number is None:
        return _warn(What.VERSION, said("unknown"))
    version, major, minor = number[0], int(number[1]), int(number[2])
    if major < OLDEST:
        return _warn(What.VERSION, said("too_old", version=version, oldest=OLDEST))
    if major < 20 and minor < TREE_SINCE.get(major, 1000):
        return _warn(What.VERSION, said("known", version=version), said("no_tree"))
    return _ok(What.VERSION, said("known", version=version))


def _rights(answers: Answers) -> Finding:
    commands = answers.told["ListCommands"]
    if isinstance(commands, PbxError):  # everybody may ask this
        return _fail(What.RIGHTS, *_refused(commands), said("read", classes=READ_CLASSES))
    missing = [name for name, action in CLASSES.items() if not may(action, commands[0])]
    if not missing:
        return _ok(What.RIGHTS, said("enough"), said("read", classes=READ_CLASSES))
    says = (said("missing", classes=missing), *(said(f"without_{name}") for name in missing))
    return _fail(What.RIGHTS, *says, said("read", classes=READ_CLASSES))


def _filter(answers: Answers) -> Finding:
    answer = answers.told["Filter"]
    if not isinstance(answer, PbxError):
        return _ok(What.FILTER, said("works"))
    if isinstance(answer, ActionRefused) and answer.no_right:
        return _warn(What.FILTER, said("no_right"))
    return _warn(What.FILTER, said("unfiltered"), *_refused(answer))


def _clock(answers: Answers) -> Finding:
    ahead = answers.clock_ahead
    if ahead is None:
        return _warn(What.CLOCK, said("unknown"))
    if abs(ahead) <= CLOCK_OFF:
        return _ok(What.CLOCK, said("right"))
    return _warn(What.CLOCK, said("ahead" if ahead > 0 else "behind", seconds=round(min(abs(ahead), 1e9))))


def _extensions(answers: Answers, expected: Expected, endpoints: Sequence[Endpoint]) -> Finding:
    if all(isinstance(listed, PbxError) for listed in answers.lists.values()):
        return _warn(What.EXTENSIONS, said("unseen"))
    there = {each.extension for each in endpoints if each.extension is not None}
    if not there:
        return _warn(What.EXTENSIONS, said("none", count=len(endpoints)))
    is_cut = _is_cut(answers)
    absent, free = set() if is_cut else expected.extensions - there, there - expected.extensions
    says = [said("found", count=len(there))]
    says += [said("cut", count=MOST_ENDPOINTS)] if is_cut else []
    says += [said("absent", **_named(absent))] if absent else []
    says += [said("free", **_named(free))] if free else []
    return _warn(What.EXTENSIONS, *says) if absent else _ok(What.EXTENSIONS, *says)


def _trunks(endpoints: Sequence[Endpoint]) -> Finding:
    trunks = [each.name for each in endpoints if each.side is Side.TRUNK]
    neither = [each.name for each in endpoints if each.side is Side.NEITHER]
    rest = [said("neither", **_named(neither))] if neither else []
    if not trunks:
        return _warn(What.TRUNKS, said("none" if endpoints else "unseen"), *rest)
    return _ok(What.TRUNKS, said("found", **_named(trunks)), *rest)


def _dialplan(answers: Answers) -> Finding:
    if isinstance(refused := answers.told[IS_INSTALLED], PbxError):
        return _warn(What.DIALPLAN, *_refused(refused))
    if answers.value(IS_INSTALLED) != YES:
        return _warn(What.DIALPLAN, said("absent"))
    if answers.value(IS_CURRENT) != YES:
        return _warn(What.DIALPLAN, said("old"))
    return _ok(What.DIALPLAN, said("current"))


def _transfer(answers: Answers) -> Finding:
    if isinstance(refused := answers.told[TRANSFER_CODE], PbxError):
        return _warn(What.TRANSFER, *_refused(refused))
    code = tidy(answers.value(TRANSFER_CODE), LONGEST_NAME)
    return _ok(What.TRANSFER, said("works", code=code)) if code else _warn(What.TRANSFER, said("no_code"))


def _refused(error: PbxError) -> tuple[Said, ...]:
    """Why a question was not answered."""
    if isinstance(error, ActionRefused) and error.no_right:
        return (said("no_right"),)
    return (said(error.trouble.value, detail=tidy(error.detail)),)


def _ok(what: What, *says: Said) -> Finding:
    return Finding(what=what, state=State.OK, says=says)


def _warn(what: What, *says: Said) -> Finding:
    return Finding(what=what, state=State.WARN, says=says)


def _fail(what: What, *says: Said) -> Finding:
    return Finding(what=what, state=State.FAIL, says=says)


def _named(names: Collection[str]) -> dict[str, Any]:
    """How many, and the first of them."""
    return {"count": len(names), "names": sorted(names)[:MOST_NAMED]}
