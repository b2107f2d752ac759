"""The lines that real Asterisks wrote down of each story, read: who, when, and what a line cannot tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.calls.facts import (
    CallAnswered,
    CallEnded,
    CallPassed,
    CallStarted,
    Direction,
    EmployeeAnswered,
    Fact,
    Reason,
    RecordingNamed,
    Result,
    Talk,
)
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.pbx_journal import BadLine, facts, read
from sandbox.pbx.stories import STORIES

HERE = Path(__file__).parent
NOW = 4e9
UNTOLD = {
    "blind_transfer": ("102",),  # who talked before a blind transfer that was answered
    "blind_transfer_by_code": ("102",),
    "blind_transfer_from_queue": ("102",),
    "outbound_transfer": ("101",),  # what became of the client after the caller had passed him on
}
LINE = (
    "1&call=1795426104.0&channel=PJSIP%2Ftrunk-00000000&from=%2B79161234567&to=74951000002%7Cs%7C%7C74951000002%7C%7C"
    "&began=1795426104.670&ended=1795426114.670&up=1795426105.670&status=ANSWER&peer=PJSIP%2F101-00000001&dialled=101"
    "&talked=8&partner=101&leg=PJSIP%2F101-00000001&transferer=&application=Dial&queue=&abandoned=&cause=16&causes="
    "&recording=%2Fvar%2Fspool%2Fin-1.wav"
)
BEGAN = 1795426104.670


def recorded(version: str) -> list[tuple[str, str]]:
    rows = (HERE / f"lines-{version}.txt").read_text().splitlines()
    return [(story, line) for story, _, line in (row.partition(" ") for row in rows)]


def by_story(version: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for story, line in recorded(version):
        found.setdefault(story, []).append(line)
    return found


def told(line: str, known: tuple[Fact, ...] = (), lines: Lines | None = None) -> tuple[Fact, ...]:
    return facts(read(line, ahead=0, now=NOW), lines or Lines(), known)


def changed(**values: str) -> str:
    parts = [part.partition("=") for part in LINE.split("&")]
    return "&".join(f"{name}={values.pop(name, value)}" if equals else name for name, equals, value in parts)


def _talkers(end: CallEnded) -> tuple[str, ...]:
    return tuple(talk.extension for talk in end.talks)


def _text(reason: Reason | None) -> str | None:
    return str(reason) if reason else None


@pytest.mark.parametrize("version", ["22", "16"])
@pytest.mark.parametrize("story", [name for name in STORIES if not name.startswith("callback")])
def test_a_line_tells_what_the_events_do(version: str, story: str) -> None:
    """Every story that was played on a real Asterisk; one without an external call leaves none."""
    lines = Lines.of(mobiles={each: each for each in STORIES[story].mobiles})
    ends = [told(line, lines=lines)[-1] for line in by_story(version).get(story, [])]
    found: list[Any] = [
        (str(end.direction), end.client, end.did, str(end.result), _text(end.reason), _talkers(end))
        for end in ends
        if isinstance(end, CallEnded)
    ]
    expected = [
        (each.direction, each.client, each.did, each.result, each.reason, UNTOLD.get(story, each.talks))
        for each in STORIES[story].calls
    ]
    assert sorted(map(str, found)) == sorted(map(str, expected))


@pytest.mark.parametrize("version", ["22", "16"])
def test_a_call_back_is_known_before_it_begins(version: str) -> None:
    """What a line adds is its end; who picked up is known from here."""
    attempts = {story: lines for story, lines in by_story(version).items() if story.startswith("callback")}
    assert len(attempts) == 3
    for story, (line,) in attempts.items():
        known = EmployeeAnswered(
            call="callback-x-1", at=1.0, direction=Direction.OUTBOUND, client="+79161234567", did=None, extension="101"
        )
        assert told(line) == ()
        (end,) = told(line, (known,))
        assert isinstance(end, CallEnded)
        assert end.result is (Result.FAILED if story == "callback_client_busy" else Result.ANSWERED)
        assert _talkers(end) == (() if end.result is Result.FAILED else ("101",))


def test_times_are_of_our_clock() -> None:
    started, ended = facts(read(LINE, ahead=100.0, now=NOW), Lines(), ())
    assert isinstance(ended, CallEnded)
    assert (started.at, ended.started, ended.at) == (BEGAN - 100, BEGAN - 100, BEGAN - 90)
    assert ended.talks == (Talk(extension="101", start=BEGAN + 1.5 - 100, end=BEGAN - 90),)


HEARD: dict[str, Any] = {
    "call": "1795426104.0", "direction": Direction.INBOUND, "client": "+79161234567", "did": "74951000002"
}  # fmt: skip
STARTED = CallStarted(at=5.0, **HEARD)
ANSWERED = CallAnswered(at=6.0, extension="103", **HEARD)
PASSED = CallPassed(at=7.0, extension="101", previous="103", turn=2, **HEARD)
ENDED = CallEnded(
    at=8.0, result=Result.MISSED, reason=None, extension=None, talks=(), started=5.0, answered=None, recording=None,
    **HEARD,
)  # fmt: skip


@pytest.mark.parametrize(
    ("known", "talkers"),
    [((STARTED,), ("101",)), ((STARTED, ANSWERED), ("103", "101")), ((STARTED, ANSWERED, PASSED), ("103", "101"))],
)
def test_a_call_that_was_heard_in_part_gets_its_end_alone(known: tuple[Fact, ...], talkers: tuple[str, ...]) -> None:
    (end,) = told(LINE, known)
    assert isinstance(end, CallEnded)
    assert (end.started, end.result, end.recording) == (5.0, Result.ANSWERED, "in-1.wav")
    assert _talkers(end) == talkers
    assert end.talks[-1].end == BEGAN + 10


def test_what_was_heard_to_its_end_is_not_decided_again() -> None:
    """Only the recording may be news."""
    (news,) = told(LINE, (STARTED, ENDED))
    assert isinstance(news, RecordingNamed)
    assert told(LINE, (STARTED, ENDED, news)) == ()


HOSTILE = [
    "", "nonsense", "2&call=1.1", LINE.replace("1&", "9&", 1), "1&" + "a=b&" * 100, "1&" + "%FF" * 3000,
    changed(call=""), changed(call="%24%7BSHELL%28id%29%7D"), changed(call="x" * 500),
    changed(began="nan"), changed(began="inf"), changed(ended="-1"), changed(ended="1e300"), changed(began="1"),
    changed(ended="zero"), changed(up="later"),
]  # fmt: skip


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_line_of_ours_is_refused(line: str) -> None:
    with pytest.raises(BadLine):
        read(line, ahead=0, now=NOW)


def test_hostile_values_stay_values() -> None:
    """A number of nonsense, a NUL, a name that would lead out of a folder: the call is told all the same."""
    line = changed(**{"from": "%27%3B+DROP%00%24%7BX%7D" * 9, "recording": "..%2F..%2Fpasswd", "to": "%7C" * 50})
    started, ended = told(line)
    assert isinstance(ended, CallEnded)
    assert started.client is not None
    assert "\0" not in started.client
    assert len(started.client) <= 64
    assert (started.did, ended.recording) == (None, "passwd")


def test_a_call_that_ended_far_in_the_future_is_none() -> None:
    with pytest.raises(BadLine):
        read(LINE, ahead=0, now=BEGAN - 8 * 86_400)


HOURS = 5 * 3600.0
CLOCKS = {
    "fast, put right since": (LINE, BEGAN - HOURS, (BEGAN - HOURS - 10, BEGAN - HOURS)),
    "fast, put right during the call": (changed(ended=f"{BEGAN - HOURS}"), NOW, (BEGAN - HOURS - 8, BEGAN - HOURS)),
    "slow, put right during the call": (changed(began=f"{BEGAN - HOURS}"), NOW, (BEGAN - HOURS, BEGAN + 10)),
}


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_that_was_put_right_loses_no_call(clock: str) -> None:
    line, now, (began, ended) = CLOCKS[clock]
    started, end = facts(read(line, ahead=0, now=now), Lines(), ())
    assert isinstance(end, CallEnded)
    assert (started.at, end.at) == (began, ended)
    assert _talkers(end) == ("101",)
    assert all(began <= talk.start <= talk.end <= ended for talk in end.talks)


def test_a_call_does_not_end_before_what_was_heard_of_it() -> None:
    """The clock was slow when the line was written, and is right when it is read."""
    heard = tuple(replace(each, at=BEGAN + at) for each, at in ((STARTED, HOURS), (ANSWERED, HOURS + 2)))
    (end,) = told(LINE, heard)
    assert isinstance(end, CallEnded)
    assert end.at == BEGAN + HOURS + 2
    assert all(talk.start <= talk.end for talk in end.talks)
