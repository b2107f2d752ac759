"""Will this PBX do? One connection of its own, logged in for the sake of a few bounded questions."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import closing
from dataclasses import replace

from backend.calls.rules.routing import Routing
from backend.pbx.address import Networks, PbxAddress, is_public, resolve
from backend.pbx.check import installed, telephones
from backend.pbx.check.findings import Answers, CheckedPart, Expected, Finding, FindingState, Report, said, tidy
from backend.pbx.check.judging import TRANSFER_CODE, judge
from backend.pbx.errors import PbxError, Trouble
from backend.pbx.link.connection import Connection, Fields, PendingAction, rows_of, within
from backend.pbx.link.link import SOURCE_FILTER
from backend.pbx.link.wire import Message

# Seconds; together under 15, which is as long as a person waits for the page.
TO_RESOLVE, TO_CONNECT, TO_LOG_IN, TO_ANSWER = 3.0, 4.0, 3.0, 4.0

# Question → action and fields. `Getvar` runs a dialplan function even without a channel (Asterisk 16 and 22).
QUESTIONS: dict[str, tuple[str, Fields]] = {
    "ListCommands": ("ListCommands", {}),
    "CoreSettings": ("CoreSettings", {}),
    "Filter": ("Filter", {"Operation": "Add", "Filter": SOURCE_FILTER}),
    TRANSFER_CODE: ("Getvar", {"Variable": "FEATUREMAP(atxfer)"}),
    **installed.QUESTIONS,
}
LISTS: dict[str, tuple[str, Fields]] = {**{each: (each, {}) for each in telephones.LISTS}, **installed.LISTS}
BANNER = b"Asterisk Call Manager/"
WORDLESS = {Trouble.LOST, Trouble.SILENT}  # after which the first bytes tell whether AMI speaks there at all


async def check(address: PbxAddress, expected: Expected, allowed: Networks = ()) -> Report:
    """What works and what does not, in the order in which one would try; within 15 s, whatever is at the address."""
    visit = _Visit(address, allowed, expected.routing)
    try:
        answers = await visit.answers()
    except PbxError as error:
        return Report(findings=visit.until(error))
    report = judge(answers, expected)
    return replace(report, findings=(*visit.done, *report.findings))


class _Visit:
    """Address, login, questions; `done` is what went well."""

    def __init__(self, address: PbxAddress, allowed: Networks, routing: Routing) -> None:
        self.done: list[Finding] = []
        self._routing = routing
        self._address = address
        self._allowed = allowed
        self._first = b""

    async def answers(self) -> Answers:
        ip = await within(TO_RESOLVE, resolve(self._address, self._allowed), "the name of the PBX")
        connection = Connection(self._address, ip, wanted=(), on_event=lambda event: None, tap=self._hear)
        with closing(connection):
            await within(TO_CONNECT, connection.reach(), "connecting")
            self.done.append(self._reached(ip))
            await within(TO_LOG_IN, connection.log_in(), "login")
            self.done.append(Finding(what=CheckedPart.LOGIN, state=FindingState.OK, says=(said("works"),)))
            answers = await _ask(connection, self._routing)
            if connection.lost.done():
                raise connection.lost.result()
            return answers

    def until(self, error: PbxError) -> tuple[Finding, ...]:
        """What went well, and what did not."""
        is_other = self._first and not self._first.startswith(BANNER) and error.trouble in WORDLESS
        why = said("not_ami" if is_other else error.trouble.value, detail=tidy(error.detail))
        failed = CheckedPart.LOGIN if self.done else CheckedPart.ADDRESS
        return (*self.done[:1], Finding(what=failed, state=FindingState.FAIL, says=(why,)))

    def _reached(self, ip: str) -> Finding:
        if not self._address.tls and is_public(ip):
            return Finding(what=CheckedPart.ADDRESS, state=FindingState.WARN, says=(said("public"),))
        kind = "tls" if self._address.tls else "works"
        return Finding(what=CheckedPart.ADDRESS, state=FindingState.OK, says=(said(kind),))

    def _hear(self, data: bytes) -> None:
        self._first = self._first or data[: len(BANNER)]


async def _ask(connection: Connection, routing: Routing) -> Answers:
    """Everything at once, so that a PBX that hangs costs the time of one question."""
    questions = {**QUESTIONS, **installed.questions_of(routing)}
    clock_ahead, told, lists = await asyncio.gather(
        _clock_ahead(connection),
        asyncio.gather(*(_asked(connection, *question) for question in questions.values())),
        asyncio.gather(*(_asked(connection, *question, as_list=True) for question in LISTS.values())),
    )
    return Answers(
        clock_ahead=clock_ahead,
        told=dict(zip(questions, told, strict=True)),
        lists=dict(zip(LISTS, lists, strict=True)),
    )


async def _clock_ahead(connection: Connection) -> float | None:
    """By how many seconds the PBX's clock is ahead of ours."""
    asked_at = time.time()
    answer = await _asked(connection, "Ping", {})
    try:
        told = None if isinstance(answer, PbxError) else float(answer[0]["Timestamp"])
    except (KeyError, ValueError):
        return None
    return told - (asked_at + time.time()) / 2 if told is not None and math.isfinite(told) else None


async def _asked(
    connection: Connection, action: str, fields: Fields, *, as_list: bool = False
) -> list[Message] | PbxError:
    try:
        answers: list[Message] = await within(
            TO_ANSWER, connection.ask(PendingAction(action, fields), as_list=as_list), action
        )
    except PbxError as error:
        return error
    return rows_of(answers) if as_list else answers
