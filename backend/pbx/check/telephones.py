"""The telephones that a PBX knows: which are extensions, which are trunks, and what is amiss with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backend.calls.states import ExtensionState
from backend.calls.tracking.endpoints import Lines, Side
from backend.pbx.check.findings import (
    LONGEST_NAME,
    Answers,
    CheckedPart,
    Endpoint,
    Expected,
    Finding,
    named,
    ok,
    said,
    tidy,
    warn,
)
from backend.pbx.errors import PbxError
from backend.pbx.link.wire import Message
from backend.pbx.states import INSTANCE, SPOKEN, STATES

MOST_ENDPOINTS = 2000

# The lists of telephones → their technology, the header of the name, the header of the state.
LISTS: Mapping[str, tuple[str, str]] = {
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
    return sum(len(_rows(answers.lists[each])) for each in LISTS) > MOST_ENDPOINTS


def _endpoint(technology: str, name: str, state: str, lines: Lines) -> Endpoint:
    line = lines.whose(f"{technology}/{name}{INSTANCE}")
    word = state.partition(" (")[0]
    known = ANSWERING.get(word) or STATES.get(SPOKEN.get(word, word.upper()), ExtensionState.UNKNOWN)
    return Endpoint(name=name, side=line.side, extension=line.extension, state=known)


def extensions(answers: Answers, expected: Expected, endpoints: Sequence[Endpoint]) -> Finding:
    if all(isinstance(answers.lists[each], PbxError) for each in LISTS):
        return warn(CheckedPart.EXTENSIONS, said("unseen"))
    there = {each.extension for each in endpoints if each.extension is not None}
    if not there:
        return warn(CheckedPart.EXTENSIONS, said("none", count=len(endpoints)))
    is_cut = _is_cut(answers)
    absent, free = set() if is_cut else expected.extensions - there, there - expected.extensions
    says = [said("found", count=len(there))]
    says += [said("cut", count=MOST_ENDPOINTS)] if is_cut else []
    says += [said("absent", **named(absent))] if absent else []
    says += [said("free", **named(free))] if free else []
    return warn(CheckedPart.EXTENSIONS, *says) if absent else ok(CheckedPart.EXTENSIONS, *says)


def trunks(endpoints: Sequence[Endpoint]) -> Finding:
    trunks = [each.name for each in endpoints if each.side is Side.TRUNK]
    neither = [each.name for each in endpoints if each.side is Side.NEITHER]
    rest = [said("neither", **named(neither))] if neither else []
    if not trunks:
        return warn(CheckedPart.TRUNKS, said("none" if endpoints else "unseen"), *rest)
    return ok(CheckedPart.TRUNKS, said("found", **named(trunks)), *rest)
