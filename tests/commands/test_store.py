"""A command is taken once, in time, by who holds the line; whatever ends unclear is never done again."""

from __future__ import annotations

import asyncio
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text

from backend.config import Settings
from backend.pbx.errors import ActionRefused, ActionTimedOut, LinkDown, Trouble
from backend.processes.commands.command import CommandRefused
from backend.store import commands, db
from backend.store.commands import NOT_TAKEN, UNCLEAR, Command, CommandResult, CommandRow, TooOften
from tests.firm import Firm

from .conftest import Open

LONG = 20.0  # seconds; only ever spent by a test that fails
SECRET = "hunter2"


def order(firm: Firm, kind: str = "hangup", **body: Any) -> Command:
    command = Command(
        account_id=firm.id, request=str(uuid.uuid4()), user_id=1, kind=kind, call="c", body={"secret": SECRET, **body}
    )
    with firm.app.app_context():
        assert commands.order(command)
        db.session.commit()
    return command


def outcome(firm: Firm, command: Command, seconds: float = LONG) -> CommandResult:
    with firm.app.app_context():
        return commands.wait(command.account_id, command.request, seconds)


def row(firm: Firm, command: Command) -> dict[str, Any]:
    query = text("select * from commands where account_id = :account and request = :request")
    with firm.app.app_context():
        found = db.session.execute(query, {"account": command.account_id, "request": command.request})
        return dict(found.one()._mapping)


def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a command is too late as soon as it is written."""
    monkeypatch.setattr(commands, "TAKEN_WITHIN", 0.0)


def test_it_is_carried_out_once_by_who_holds_the_line(firm: Firm, other: Firm, opens: Open) -> None:
    """Two processes believe they hold it, a third holds another's."""
    one, two = opens("one", firm).listens(), opens("two", firm).listens()
    third = opens("third", other).listens()
    ordered = [order(firm, body=number) for number in range(20)]
    one.answers["hangup"] = two.answers["hangup"] = lambda: {"said": "done"}
    assert [outcome(firm, each).error for each in ordered] == [None] * 20
    assert sorted(each.request for each in (*one.done, *two.done)) == sorted(each.request for each in ordered)
    assert third.done == []
    assert {each.body["secret"] for each in (*one.done, *two.done)} == {SECRET}


def test_what_another_process_is_taking_is_passed_over_without_waiting(firm: Firm, ours: Settings) -> None:
    taken, free = order(firm), order(firm)
    with psycopg.connect(ours.libpq_url) as other, firm.app.app_context():
        other.execute("select 1 from commands where request = %s for update", [taken.request])
        db.session.execute(text("set local lock_timeout = '2s'"))
        assert [each.request for each in commands.take("one", up=[firm.id], anywhere=())] == [free.request]


def test_the_same_request_is_one_command(firm: Firm, other: Firm) -> None:
    first = order(firm)
    again = Command(account_id=firm.id, request=first.request, user_id=2, kind="call")
    elsewhere = Command(account_id=other.id, request=first.request, user_id=2, kind="call")
    with firm.app.app_context():
        assert not commands.order(again)
        assert commands.order(elsewhere)
        found = commands.find(firm.id, first.request)
        assert found is not None
        assert (found.user_id, found.kind) == (1, "hangup")
        db.session.rollback()


def test_what_nobody_takes_in_time_is_never_done_later(
    firm: Firm, opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    late(monkeypatch)
    command = order(firm)
    exchange = opens("one", firm)
    exchange.waits_for(exchange.orders.look())
    assert outcome(firm, command) == CommandResult(error=NOT_TAKEN)
    exchange.waits_for(exchange.orders.look())
    assert exchange.done == []


def test_who_begins_to_listen_finds_what_waits(firm: Firm, opens: Open) -> None:
    command = order(firm)
    exchange = opens("one", firm).listens()
    assert outcome(firm, command).error is None
    assert [each.request for each in exchange.done] == [command.request]


def test_who_waits_holds_no_connection_to_the_database(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process has few of them, and many may wait."""
    command, held = order(firm), []
    monkeypatch.setattr(commands.time, "sleep", lambda seconds: held.append(db.engine.pool.status()))
    with firm.app.app_context():
        idle = db.engine.pool.status()
        assert commands.wait(firm.id, command.request, 0.02) == CommandResult(error=UNCLEAR)
    assert set(held) == {idle}


def test_what_is_waited_for_in_vain_ends_unclear_and_keeps_no_secret(firm: Firm) -> None:
    """Its taker died, and nobody takes over what needs no line."""
    command = order(firm, "check")
    with firm.app.app_context():
        commands.take("dead", up=(), anywhere=("check",))
        assert commands.is_busy(firm.id, "check")
        assert commands.wait(firm.id, command.request, 0.0) == CommandResult(error=UNCLEAR)
        assert not commands.is_busy(firm.id, "check")
        found = commands.find(firm.id, command.request)
        assert found is not None
        assert (found.state, found.error, found.body) == ("failed", UNCLEAR, "{}")


def test_nobody_orders_more_than_a_person_would(firm: Firm, other: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST_A_MINUTE", 2)
    ordered = [order(firm), order(firm)]
    with pytest.raises(TooOften):
        order(firm)
    with firm.app.app_context():
        another = Command(account_id=firm.id, request=str(uuid.uuid4()), user_id=2, kind="hangup", call="c")
        assert commands.order(another)
        db.session.execute(
            text("update commands set created_at = created_at - interval '61 s' where request = :request"),
            {"request": ordered[0].request},
        )
        db.session.commit()
    for each in (firm, other):
        order(each)
    order(firm, "call")


def test_a_kind_without_a_line_is_anybodys(firm: Firm, opens: Open) -> None:
    exchange = opens("elsewhere").listens()
    exchange.answers["check"] = lambda: {"ok": True}
    assert outcome(firm, order(firm, "check")) == CommandResult(answer={"ok": True})
    call = order(firm, "call")
    exchange.waits_for(exchange.orders.look())
    assert row(firm, call)["state"] == "todo"


def test_an_end_that_nobody_knows_is_told_and_not_repeated(firm: Firm, other: Firm, opens: Open) -> None:
    """The process dies between taking and answering; another gets its lines."""
    command, foreign = order(firm), order(other)
    with firm.app.app_context():
        commands.take("dead", up=[firm.id], anywhere=())
        commands.take("living", up=[other.id], anywhere=())
    heir = opens("heir", firm)
    heir.waits_for(heir.orders.look([firm.id]))
    assert outcome(firm, command) == CommandResult(error=UNCLEAR)
    assert row(other, foreign)["state"] == "taken"
    assert heir.done == []
    with firm.app.app_context():  # the dead one was only frozen
        commands.end(command, "dead", CommandResult())
    assert outcome(firm, command) == CommandResult(error=UNCLEAR)


def test_a_process_that_ends_leaves_its_commands_unclear(firm: Firm, opens: Open) -> None:
    exchange = opens("one", firm).listens()
    begun = threading.Event()

    async def never() -> dict[str, Any]:
        begun.set()
        await asyncio.Event().wait()
        return {}

    exchange.answers["hangup"] = never
    command = order(firm)
    assert begun.wait(LONG)
    exchange.waits_for(exchange.orders.close())
    assert outcome(firm, command) == CommandResult(error=UNCLEAR)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (CommandRefused("busy_here"), CommandResult(error="busy_here")),
        (
            CommandRefused("pbx_refused", "no-such-extension"),
            CommandResult(error="pbx_refused", answer={"words": "no-such-extension"}),
        ),
        (ActionRefused("Hangup: no"), CommandResult(error="pbx_refused", answer={"words": "Hangup: no"})),
        (LinkDown("gone"), CommandResult(error=NOT_TAKEN)),
        (LinkDown("lost before the answer", trouble=Trouble.LOST), CommandResult(error=UNCLEAR)),
        (ActionTimedOut("silent"), CommandResult(error=UNCLEAR)),
        (ZeroDivisionError("our bug"), CommandResult(error=UNCLEAR)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_happens_the_end_is_told(firm: Firm, opens: Open, error: Exception, told: CommandResult) -> None:
    exchange = opens("one", firm).listens()

    def fail() -> None:
        raise error

    exchange.answers["hangup"] = fail
    assert outcome(firm, order(firm)) == told


def test_listening_survives_the_loss_of_its_connection(firm: Firm, opens: Open, ours: Settings) -> None:
    exchange = opens("one", firm).listens()
    assert outcome(firm, order(firm)).error is None
    with psycopg.connect(ours.libpq_url, autocommit=True) as connection:
        killed = connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and query ilike 'listen %'"
        ).fetchall()
    assert killed == [(True,)]
    assert outcome(firm, order(firm)).error is None
    assert len(exchange.done) == 2


def test_a_secret_is_encrypted_while_it_waits_and_gone_afterwards(firm: Firm, opens: Open) -> None:
    command = order(firm)
    assert SECRET not in repr(command)
    assert SECRET not in str(row(firm, command))
    opens("one", firm).listens()
    outcome(firm, command)
    with firm.app.app_context():
        found = commands.find(firm.id, command.request)
        assert found is not None
        assert found.body == "{}"


def test_old_commands_are_forgotten(app: Flask, firm: Firm) -> None:
    old, stuck, fresh = order(firm), order(firm), order(firm)
    with app.app_context():
        for each, ended in ((old, True), (stuck, False)):
            found = commands.find(firm.id, each.request)
            assert found is not None
            found.created_at = datetime.now(UTC) - timedelta(days=8)
            found.ended_at = found.created_at if ended else None
            found.state = "done" if ended else "taken"
        db.session.commit()
        assert commands.tidy(datetime.now(UTC) - timedelta(days=7), 100) == 1
        db.session.commit()
        rows = db.session.scalars(select(CommandRow).where(CommandRow.account_id == firm.id)).all()
        left = {each.request: each.error for each in rows}
    assert left == {stuck.request: UNCLEAR, fresh.request: None}
