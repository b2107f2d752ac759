"""One intent in execution: its row, its call, the API client, and the fence that keeps other workers from executing it
too."""

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
STALE = 1.0  # seconds after which the lock is checked again before sending
CLOCKS_APART = 300  # seconds that amoCRM's clock may be behind ours when an entity of ours is searched for
IN_FLIGHT = 10.0  # seconds that amoCRM has to complete a request whose sender died, before its result is searched for

Made = TypeVar("Made")

_HOLD = text("select 1 from procrastinate_jobs where id = :job and status = 'doing' for share")


class Fenced(Exception):
    """Another worker has taken over this account while this process was frozen: stop all work."""


@dataclass
class Fence:
    """Holds while procrastinate counts this job as running. `job` None: there are no competitors (tests, commands)."""

    job: int | None = None
    held_at: float = field(default=float("-inf"))

    def hold(self) -> None:
        """Locks the job for the open transaction. Raises Fenced."""
        if self.job is not None and db.session.execute(_HOLD, {"job": self.job}).first() is None:
            db.session.rollback()
            raise Fenced(f"job {self.job} runs elsewhere by now")
        self.held_at = time.monotonic()

    def hold_again_if_stale(self) -> None:
        """To be called right before sending a request: a process that was frozen meanwhile must not send it. Nothing
        may be uncommitted."""
        if time.monotonic() - self.held_at > STALE:
            self.hold()
            db.session.commit()


@dataclass(frozen=True)
class Desk:
    """The account's resources for executing intents."""

    account_id: int
    crm: Crm
    rules: Rules
    recording_link: Callable[[str], str]
    fence: Fence

    def commit(self) -> None:
        """Commits only while this worker owns the account's work. Raises Fenced."""
        self.fence.hold()
        db.session.commit()

    def send(self, request: Request) -> Any:
        """Sends a request that is safe to repeat: a read, or a change with the same result. Commits first, so that no
        database connection waits for amoCRM."""
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
    """One intent and its call. A step's changes to the rows are committed after the step."""

    desk: Desk
    row: IntentRow
    its_call: CallRow | None

    @property
    def call(self) -> CallRow:
        """Work of the whole account has no call and does not read this."""
        assert self.its_call is not None
        return self.its_call

    @cached_property
    def intent(self) -> Any:
        return intents.from_json(self.row.kind, self.row.body)

    @property
    def since(self) -> float:
        """The earliest time, by amoCRM's clock, at which this intent may have created an entity."""
        return self.row.created_at.timestamp() - CLOCKS_APART

    def turn_into(self, intent: Intent) -> None:
        """Replaces the intent; the next attempt executes the new one."""
        self.row.kind, self.row.body = intent.kind, intents.to_json(intent)
        self.__dict__["intent"] = intent  # a cached property of a frozen class

    def done(self, **outcome: Any) -> None:
        self.row.state = IntentState.DONE.value
        self.row.outcome = outcome
        self.row.error = None
        self.row.done_at = func.clock_timestamp()

    def put_off(self, seconds: float, error: str) -> None:
        """Not done; tried again after `seconds`. An unclear intent stays unclear."""
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
