"""One intent being carried out: its row, its call, the line to amoCRM, and the fence that keeps it the only one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import func, text

from backend.amocrm.client import ApiClient as Crm
from backend.amocrm.errors import NeedsPerson, Rejected, TryLater, Unclear
from backend.amocrm.requests import Request
from backend.calls import intents
from backend.calls.intents import Intent
from backend.calls.rules.rules import Rules
from backend.store import db
from backend.store.journal import journal, refusals
from backend.store.journal.journal import CallRow, IntentRow, IntentState

LONGEST_ERROR = 500
STALE = 1.0  # seconds after which "I am the only one" is asked again before sending
CLOCKS_APART = 300  # seconds that amoCRM's clock may be behind ours when we look for what we made
IN_FLIGHT = 10.0  # seconds that amoCRM is given to carry out a request whose sender died, before anybody looks for it

Made = TypeVar("Made")

_HOLD = text("select 1 from procrastinate_jobs where id = :job and status = 'doing' for share")


class Fenced(Exception):
    """Another worker has taken this account over while we were frozen: let go of everything."""


@dataclass
class Fence:
    """Holds while procrastinate still counts our job as running. `job` None: nobody competes (tests, commands)."""

    job: int | None = None
    held_at: float = field(default=float("-inf"))

    def hold(self) -> None:
        """Makes the open transaction ours alone until it ends. Raises Fenced."""
        if self.job is not None and db.session.execute(_HOLD, {"job": self.job}).first() is None:
            db.session.rollback()
            raise Fenced(f"job {self.job} runs elsewhere by now")
        self.held_at = time.monotonic()

    def hold_again_if_stale(self) -> None:
        """To be called right before a request is sent: a process that was frozen meanwhile must not send it.
        Nothing must be left uncommitted."""
        if time.monotonic() - self.held_at > STALE:
            self.hold()
            db.session.commit()


@dataclass(frozen=True)
class Desk:
    """Everything that carrying out needs and that belongs to the account."""

    account_id: int
    crm: Crm
    rules: Rules
    recording_link: Callable[[str], str]
    fence: Fence

    def commit(self) -> None:
        """Commits only while we are the one who carries this account's work out. Raises Fenced."""
        self.fence.hold()
        db.session.commit()

    def send(self, request: Request) -> Any:
        """Sends what may be done twice: a read, or a change that leaves the same. Commits first, so that no
        connection to the database waits for amoCRM."""
        self.commit()
        return self.crm.send(request)

    def write(self, rows: Sequence[IntentRow], request: Request, read: Callable[[Any], Sequence[Made]]) -> list[Made]:
        """Sends what must not be done twice, and returns what was made, for each row: first it is written down that
        the request may have reached amoCRM, and that whoever takes over from us looks for it only when amoCRM has had
        its time. Raises what the client raises; Unclear too for an answer that does not say what was made."""
        for row in rows:
            row.unclear, row.due_at = True, _in(IN_FLIGHT)
        self.commit()
        try:
            made = read(self.crm.send(request))
        except (TryLater, NeedsPerson, Rejected):  # nothing was done
            _settle(rows)
            raise
        if len(made) != len(rows):
            raise Unclear("the answer does not say what was made")
        _settle(rows)
        return list(made)


def _settle(rows: Sequence[IntentRow]) -> None:
    for row in rows:
        row.unclear, row.due_at = False, _in(0)


def _in(seconds: float) -> Any:
    return func.clock_timestamp() + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Job:
    """One intent and its call. What a step changes in the rows is committed when the step is over."""

    desk: Desk
    row: IntentRow
    its_call: CallRow | None

    @property
    def call(self) -> CallRow:
        """Work that belongs to the whole account has none, and does not ask."""
        assert self.its_call is not None
        return self.its_call

    @cached_property
    def intent(self) -> Any:
        return intents.from_json(self.row.kind, self.row.body)

    @property
    def since(self) -> float:
        """What this intent has made is not older, by amoCRM's clock."""
        return self.row.created_at.timestamp() - CLOCKS_APART

    def turn_into(self, intent: Intent) -> None:
        """What is to be done turned out otherwise; the next attempt does this instead."""
        self.row.kind, self.row.body = intent.kind, intents.to_json(intent)
        self.__dict__["intent"] = intent  # a cached property of a frozen class

    def done(self, **outcome: Any) -> None:
        self.row.state = IntentState.DONE.value
        self.row.outcome = outcome
        self.row.error = None
        self.row.done_at = func.clock_timestamp()

    def put_off(self, seconds: float, error: str) -> None:
        """Not done; tried again then. What is known to be unclear stays so."""
        self.row.attempts += 1
        self.row.error = error[:LONGEST_ERROR]
        self.row.due_at = _in(seconds)

    def refuse(self, error: str) -> None:
        """amoCRM will not have it: it waits in sight of the account's health, holds up nothing, and is tried again by
        itself, ever more seldom."""
        self.row.state = IntentState.REFUSED.value
        self.row.error = error[:LONGEST_ERROR]
        self.row.refusals += 1
        self.row.due_at = func.clock_timestamp() + refusals.wait(self.row.refusals)

    def write(self, request: Request, read: Callable[[Any], Sequence[Made]]) -> Made:
        return self.desk.write([self.row], request, read)[0]


def jobs(desk: Desk, rows: Sequence[IntentRow]) -> list[Job]:
    calls = journal.calls(desk.account_id, [row.call for row in rows])
    return [Job(desk, row, calls.get(row.call)) for row in rows]
