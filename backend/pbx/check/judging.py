"""All that follows a good login, judged: the PBX itself, its telephones, and what was installed on it."""

from __future__ import annotations

import re

from backend.pbx.check import installed, telephones
from backend.pbx.check.findings import (
    LONGEST_NAME,
    Answers,
    CheckedPart,
    Expected,
    Finding,
    Report,
    fail,
    ok,
    refused,
    said,
    tidy,
    warn,
)
from backend.pbx.dialplan.flavours import Flavour
from backend.pbx.errors import ActionRefused, PbxError
from backend.pbx.link.rights import CLASSES, may

CLOCK_OFF = 5.0  # seconds; more makes the calls' times wrong to the eye

READ_CLASSES = ("call", "agent", "user", "cdr", "system")
# What came later than with the first of 16 → since which minor of a major; all later majors have it.
TREE_SINCE = {16: 28, 18: 14, 19: 6}  # DBGetTree, by which calls of an absence are read back
CONDITION_SINCE = {16: 20, 18: 6, 19: 0}  # WaitForCondition, by which the dialplan asks where a call is to go
OLDEST = 16  # what the tracker is tested with
TRANSFER_CODE = "transfer code"


def judge(answers: Answers, expected: Expected) -> Report:
    endpoints = telephones.endpoints_of(answers, expected.lines)
    return Report(
        findings=(
            _version(answers),
            _rights(answers),
            installed.shell(answers),
            _filter(answers),
            _clock(answers),
            installed.modules(answers),
            telephones.extensions(answers, expected, endpoints),
            telephones.trunks(endpoints),
            installed.dialplan(answers, expected.routing),
            _transfer(answers),
            installed.recording(answers),
            installed.journal(answers),
        ),
        version=tidy(answers.value("CoreSettings", "AsteriskVersion")),
        flavour=installed.flavour(answers),
        endpoints=endpoints,
    )


def _version(answers: Answers) -> Finding:
    told = answers.value("CoreSettings", "AsteriskVersion")
    number = re.search(r"(\d{1,3})\.(\d{1,3})", told)
    if number is None:
        return warn(CheckedPart.VERSION, said("unknown"))
    version, major, minor = number[0], int(number[1]), int(number[2])
    says = [said("too_old", version=version, oldest=OLDEST) if major < OLDEST else said("known", version=version)]
    says += [] if _has(TREE_SINCE, major, minor) else [said("no_tree")]
    says += [] if _has(CONDITION_SINCE, major, minor) else [said("no_condition")]
    whose = [said("freepbx")] if installed.flavour(answers) is Flavour.FREEPBX else []
    return ok(CheckedPart.VERSION, *says, *whose) if len(says) == 1 else warn(CheckedPart.VERSION, *says, *whose)


def _has(since: dict[int, int], major: int, minor: int) -> bool:
    return major > max(since) or minor >= since.get(major, 1000)


def _rights(answers: Answers) -> Finding:
    commands = answers.told["ListCommands"]
    if isinstance(commands, PbxError):  # everybody may ask this
        return fail(CheckedPart.RIGHTS, *refused(commands), said("read", classes=READ_CLASSES))
    missing = [name for name, action in CLASSES.items() if not may(action, commands[0])]
    if not missing:
        return ok(CheckedPart.RIGHTS, said("enough"), said("read", classes=READ_CLASSES))
    says = (said("missing", classes=missing), *(said(f"without_{name}") for name in missing))
    return fail(CheckedPart.RIGHTS, *says, said("read", classes=READ_CLASSES))


def _filter(answers: Answers) -> Finding:
    answer = answers.told["Filter"]
    if not isinstance(answer, PbxError):
        return ok(CheckedPart.FILTER, said("works"))
    if isinstance(answer, ActionRefused) and answer.no_right:
        return warn(CheckedPart.FILTER, said("no_right"))
    return warn(CheckedPart.FILTER, said("unfiltered"), *refused(answer))


def _clock(answers: Answers) -> Finding:
    ahead = answers.clock_ahead
    if ahead is None:
        return warn(CheckedPart.CLOCK, said("unknown"))
    if abs(ahead) <= CLOCK_OFF:
        return ok(CheckedPart.CLOCK, said("right"))
    return warn(CheckedPart.CLOCK, said("ahead" if ahead > 0 else "behind", seconds=round(min(abs(ahead), 1e9))))


def _transfer(answers: Answers) -> Finding:
    if isinstance(no := answers.told[TRANSFER_CODE], PbxError):
        return warn(CheckedPart.TRANSFER, *refused(no))
    code = tidy(answers.value(TRANSFER_CODE), LONGEST_NAME)
    return ok(CheckedPart.TRANSFER, said("works", code=code)) if code else warn(CheckedPart.TRANSFER, said("no_code"))
