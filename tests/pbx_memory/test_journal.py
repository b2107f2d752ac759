"""The PBX's own journal arrives: late, twice, of calls half known; and what its ring lost."""

from __future__ import annotations

import time
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from backend.calls.facts import CallAnswered, CallStarted, Direction
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.pbx_journal import Left, read
from backend.desk.arrive import arrive
from backend.desk.pbx import journal as desk
from backend.store import db, popups
from backend.store.journal import journal
from backend.store.journal.journal import CallRow, IntentRow

from .conftest import MINE, OTHER

CALL = "1795426104.0"


def line(ended: float, **values: str) -> Left:
    """Of a call that lasted ten seconds, eight of which 101 talked."""
    told = {
        "call": CALL, "channel": "PJSIP/trunk-00000000", "from": "79161234567", "to": "74951000002",
        "began": f"{ended - 10}", "ended": f"{ended}", "up": f"{ended - 8}", "status": "ANSWER",
        "peer": "PJSIP/101-00000001", "talked": "8", "partner": "101", **values,
    }  # fmt: skip
    return read("1&" + "&".join(f"{name}={value}" for name, value in told.items()), ahead=0, now=time.time())


def take(left: Left, *, is_late: bool = False) -> bool:
    return desk.take(MINE, left, Lines(), partial(arrive, MINE, is_late=is_late))


def call() -> CallRow:
    found = journal.call(MINE, CALL)
    assert found is not None
    assert journal.call(OTHER, CALL) is None
    return found


@pytest.mark.parametrize("status", ["ANSWER", "NOANSWER"])
def test_what_is_late_comes_to_no_screen_and_after_what_happens_now(app: Flask, status: str) -> None:
    """It is in the missed list and on its way to the CRM, with its true times."""
    with app.app_context():
        ended = time.time() - 3600
        assert take(line(ended, status=status, talked="", application="Dial"), is_late=True)
        assert (call().ended, call().started) == (pytest.approx(ended), pytest.approx(ended - 10))
        assert popups.of_call(MINE, CALL) == []
        intents = db.session.scalars(select(IntentRow).where(IntentRow.call == CALL)).all()
        assert {row.account_id for row in intents} == {MINE}
        assert [row.backfill for row in intents] == [True] * len(intents) != []
        at = next(row.body["at"] for row in intents if row.kind == "log-call")
        assert at == pytest.approx(ended - 8 if status == "ANSWER" else ended)


def test_what_is_recent_is_shown(app: Flask) -> None:
    with app.app_context():
        take(line(time.time() - 5))
        assert [popup.state for popup in popups.of_call(MINE, CALL)] == ["ended"]


def test_a_call_told_twice_is_one(app: Flask) -> None:
    with app.app_context():
        left = line(time.time() - 5)
        assert take(left)
        before = len(journal.intents_of(MINE, CALL))
        assert not take(left)
        assert len(journal.intents_of(MINE, CALL)) == before


def test_a_call_that_was_heard_to_begin_gets_its_end(app: Flask) -> None:
    """Its answer was decided when it was heard, and is not decided again; the screen that shows it is told of the end
    even when it is late."""
    with app.app_context():
        ended = time.time() - 3600
        known = {"call": CALL, "direction": Direction.INBOUND, "client": "79161234567", "did": "74951000002"}
        arrive(MINE, CallStarted(at=ended - 10, **known))  # type: ignore[arg-type]
        arrive(MINE, CallAnswered(at=ended - 8, extension="102", **known))  # type: ignore[arg-type]
        assert desk.open_calls(MINE, [CALL]) == {CALL}
        assert take(line(ended, partner="102"), is_late=True)
        assert desk.ended_calls(MINE, [CALL]) == {CALL}
        assert [talk["extension"] for talk in call().talks] == ["102"]
        assert [(popup.state, popup.details["duration"]) for popup in popups.of_call(MINE, CALL)] == [("ended", 8)]
        assert [row.kind for row in journal.intents_of(MINE, CALL)].count("log-call") == 1


def test_lines_that_were_written_over_are_counted_where_nobody_heard_the_calls(app: Flask) -> None:
    """The PBX counts on and on; another PBX, or one made anew, counts from the beginning."""
    with app.app_context():
        told = partial(desk.was_read, MINE, broken=0)
        assert told(5, after_absence=True) == 5
        assert told(5, after_absence=True) == 0
        assert told(9, after_absence=False) == 0
        assert told(10, after_absence=True) == 1
        assert told(2, after_absence=True) == 2
        assert (desk.shown(MINE)["lost"], desk.shown(OTHER)["lost"]) == (8, 0)
        desk.cannot_read(MINE, "no_tree")
        assert desk.shown(MINE)["trouble"] == "no_tree"
        told(2, after_absence=True)
        assert desk.shown(MINE)["trouble"] == ""
