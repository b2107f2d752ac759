"""Commands to an account's PBX: written by `web`, taken once by the `pbx` process that holds the line.

A command not taken in time fails and is never carried out later: the employee is no longer waiting for their phone to
ring. If its process died, the result is unknown: the command fails too, and is not repeated.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, func, literal_column, select, text, update
from sqlalchemy import delete as delete_rows
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.base.crypto import Secret

CHANNEL = "commands"  # of LISTEN and NOTIFY; the payload is `ACCOUNT KIND`
TAKEN_WITHIN = 5.0  # seconds
FIRST_LOOK, LONGEST_LOOK = 0.02, 0.3  # seconds between reads of a command that is waited for
MOST_A_MINUTE = 20  # commands of one kind, of one user: far more than a person needs
STATION = 0  # the user of the service's own commands; they are not counted
STUCK = 60.0  # seconds after which no process waits for a command any more
NOT_TAKEN = "pbx_not_connected"
UNCLEAR = "unclear"


class TooOften(Exception):
    """The user has reached the limit of such commands."""


class CommandState(StrEnum):
    TODO = "todo"
    TAKEN = "taken"
    DONE = "done"
    FAILED = "failed"


WAITED = (CommandState.TODO.value, CommandState.TAKEN.value)


class CommandRow(Base):
    """`request` is a UUID of the widget: repeating it creates no second command. `body` is JSON, and may hold a secret.

    `error` is a kind of refusal (docs/api.md); `answer` is its detail, or the result.
    """

    __tablename__ = "commands"
    __table_args__ = (
        Index("ix_commands_waiting", "account_id", postgresql_where=text("state in ('todo', 'taken')")),
        Index("ix_commands_created_at", "created_at"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    request: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    call: Mapped[str | None]
    body: Mapped[str] = mapped_column(Secret)
    state: Mapped[str] = mapped_column(default=CommandState.TODO.value, server_default="todo")
    answer: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    taken_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_until: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command for the process that carries it out; its repr holds no secret."""

    account_id: int
    request: str
    user_id: int
    kind: str
    call: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """`error` None means done; else it is a kind of refusal, and `answer` may hold the PBX's own text as `words`."""

    error: str | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)


def order(command: Command) -> bool:
    """Writes a command and notifies the processes that may take it when this commits. Does not commit. Raises TooOften.

    False when this account already has a command of this request: nothing is written.
    """
    if command.user_id != STATION and _ordered_lately(command) >= MOST_A_MINUTE:
        raise TooOften(command.kind)
    row = {
        "account_id": command.account_id, "request": command.request, "user_id": command.user_id,
        "kind": command.kind, "call": command.call, "body": json.dumps(dict(command.body), ensure_ascii=False),
        "due_until": func.clock_timestamp() + timedelta(seconds=TAKEN_WITHIN),
    }  # fmt: skip
    fresh = insert(CommandRow).values(row).on_conflict_do_nothing().returning(CommandRow.request)
    if db.session.scalar(fresh) is None:
        return False
    db.session.execute(select(func.pg_notify(CHANNEL, f"{command.account_id} {command.kind}")))
    return True


def _ordered_lately(command: Command) -> int:
    query = select(func.count()).where(
        CommandRow.account_id == command.account_id,
        CommandRow.user_id == command.user_id,
        CommandRow.kind == command.kind,
        CommandRow.created_at > func.clock_timestamp() - timedelta(minutes=1),
    )
    return db.session.scalar(query) or 0


def alone(account_id: int, what: str) -> None:
    """Locks `what` of this account against all other transactions, until this one ends."""
    lock = select(func.pg_advisory_xact_lock(func.hashtextextended(f"{account_id} {what}", 0)))
    db.session.execute(lock)


def is_busy(account_id: int, kind: str) -> bool:
    """Whether a command of this kind is pending."""
    mine = (CommandRow.account_id == account_id, CommandRow.kind == kind)
    query = select(CommandRow.request).where(*mine, CommandRow.state.in_(WAITED), _is_fresh())
    return db.session.scalar(query.limit(1)) is not None


def find(account_id: int, request: str) -> CommandRow | None:
    return db.session.get(CommandRow, (account_id, request))


def take(
    owner: str, *, up: Collection[int], anywhere: Collection[str], account_id: int | None = None
) -> Sequence[Command]:
    """Takes the pending commands for this process, and commits: of accounts in `up`, whose lines it holds, and of kinds
    that need no line; only of one account if it is named. Late commands are not taken."""
    mine = CommandRow.kind.in_(anywhere) | (CommandRow.account_id.in_(up) & CommandRow.kind.not_in(anywhere))
    waits = _is(CommandState.TODO)
    waiting = select(CommandRow.account_id, CommandRow.request).where(
        waits, CommandRow.due_until > func.clock_timestamp(), mine
    )
    if account_id is not None:
        waiting = waiting.where(CommandRow.account_id == account_id)
    taken = waiting.order_by(CommandRow.created_at).with_for_update(skip_locked=True).subquery()
    rows = db.session.scalars(
        update(CommandRow)
        .where(CommandRow.account_id == taken.c.account_id, CommandRow.request == taken.c.request, waits)
        .values(state=CommandState.TAKEN.value, taken_by=owner, taken_at=func.clock_timestamp())
        .returning(CommandRow)
    ).all()
    commands = [_command(row) for row in sorted(rows, key=lambda each: each.created_at)]
    db.session.commit()
    return commands


def end(command: Command, owner: str, outcome: CommandResult) -> None:
    """Stores the result of a command that `owner` took, and commits."""
    mine = (CommandRow.account_id == command.account_id, CommandRow.request == command.request)
    _end(outcome, *mine, _is(CommandState.TAKEN), CommandRow.taken_by == owner)
    db.session.commit()


def leave_unclear(owner: str, accounts: Collection[int], anywhere: Collection[str]) -> None:
    """Marks as unclear the commands that other processes took for these accounts, whose lines `owner` holds now.
    Commits."""
    others = (CommandRow.account_id.in_(accounts), CommandRow.kind.not_in(anywhere), CommandRow.taken_by != owner)
    _end(CommandResult(error=UNCLEAR), *others, _is(CommandState.TAKEN))
    db.session.commit()


def wait(account_id: int, request: str, seconds: float) -> CommandResult:
    """A command's result as soon as it is known; after `seconds` it counts as unclear.

    A command not taken in time fails here, and is never taken. Ends the session's transaction, and holds no database
    connection between two reads.
    """
    deadline, pause = time.monotonic() + seconds, FIRST_LOOK
    mine = (CommandRow.account_id == account_id, CommandRow.request == request)
    is_late = CommandRow.due_until <= func.clock_timestamp()
    look = select(CommandRow.state, CommandRow.error, CommandRow.answer, is_late).where(*mine)
    while True:
        state, error, answer, was_late = db.session.execute(look).one()
        if state == CommandState.TODO and was_late:
            _end(CommandResult(error=NOT_TAKEN), *mine, _is(CommandState.TODO))
        elif state not in WAITED:
            db.session.commit()
            return CommandResult(error=error, answer=answer or {})
        elif time.monotonic() > deadline:
            _end(CommandResult(error=UNCLEAR), *mine, CommandRow.state.in_(WAITED))
        else:
            db.session.commit()
            time.sleep(pause)
            pause = min(1.3 * pause, LONGEST_LOOK)


def tidy(than: datetime, limit: int) -> int:
    """Fails abandoned commands, and deletes those that ended before `than`; returns the number of deleted ones.

    A bounded number at a time, of all accounts. Does not commit.
    """
    _end(CommandResult(error=UNCLEAR), CommandRow.state.in_(WAITED), ~_is_fresh())
    keys = (CommandRow.account_id, CommandRow.request)
    old = select(*keys).where(CommandRow.ended_at < than).order_by(CommandRow.created_at).limit(limit).subquery()
    gone = delete_rows(CommandRow).where(keys[0] == old.c.account_id, keys[1] == old.c.request)
    return len(db.session.scalars(gone.returning(CommandRow.request)).all())


def _command(row: CommandRow) -> Command:
    return Command(
        account_id=row.account_id, request=row.request, user_id=row.user_id, kind=row.kind, call=row.call,
        body=json.loads(row.body),
    )  # fmt: skip


def _is_fresh() -> ColumnElement[bool]:
    return CommandRow.created_at > func.clock_timestamp() - timedelta(seconds=STUCK)


def _is(state: CommandState) -> ColumnElement[bool]:
    """A literal instead of a bound parameter: a prepared statement must be able to use the partial index."""
    return CommandRow.state == literal_column(f"'{state.value}'")


def _end(outcome: CommandResult, *which: ColumnElement[bool]) -> None:
    """An ended command no longer needs its body, so the secret in it is deleted at once."""
    state = CommandState.FAILED if outcome.error else CommandState.DONE
    values = {"state": state.value, "error": outcome.error, "answer": dict(outcome.answer), "body": "{}"}
    db.session.execute(update(CommandRow).where(*which).values(**values, ended_at=func.clock_timestamp()))
