"""Recordings of a real Asterisk, each with what is true of it: fed whole, in pieces, cut off, doubled, out of order."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from backend.calls.facts import CallEnded, Fact
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.tracker import EVENTS, Tracker
from backend.pbx.link.wire import Message, Wire

TRACES = Path(__file__).parent.parent / "traces"
STORIES = sorted(f"{path.parent.name}/{path.stem}" for path in TRACES.glob("*/*.ami"))
MOBILE = "79037770103"  # the office forwards to it; it stands for an extension of that name
LINES = Lines.of(mobiles={MOBILE: MOBILE})
COMPARED = ("direction", "client", "did", "result", "reason", "talks")


@cache
def recorded(story: str) -> bytes:
    return (TRACES / f"{story}.ami").read_bytes()


@cache
def expected(story: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((TRACES / f"{story}.json").read_text())["calls"]
    return found


@cache
def events(story: str) -> tuple[Message, ...]:
    return tuple(message for message in Wire().feed(recorded(story)) if message.get("Event") in EVENTS)


def at(message: Message) -> float:
    return float(message["Timestamp"])


def facts_of(messages: list[Message] | tuple[Message, ...], tracker: Tracker | None = None) -> list[Fact]:
    tracker = tracker or Tracker(LINES)
    return [fact for message in messages for fact in tracker.feed(message, at(message))]


def calls(facts: list[Fact]) -> list[dict[str, Any]]:
    return [
        {name: getattr(end, name) for name in COMPARED} | {"talks": [talk.extension for talk in end.talks]}
        for end in facts
        if isinstance(end, CallEnded)
    ]


def in_any_order(found: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps({name: call[name] for name in COMPARED}) for call in found)


def test_there_are_recordings_of_both_versions() -> None:
    assert {story.partition("/")[0] for story in STORIES} == {"16", "22"}


@pytest.mark.parametrize("story", STORIES)
def test_a_story_is_told_right(story: str) -> None:
    facts = facts_of(events(story))
    assert in_any_order(calls(facts)) == in_any_order(expected(story))
    assert len({(fact.call, fact.key) for fact in facts}) == len(facts)


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("size", [1, 7, 997])
def test_bytes_cut_anywhere_tell_the_same(story: str, size: int) -> None:
    wire, tracker, data = Wire(), Tracker(LINES), recorded(story)
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    messages = [message for piece in pieces for message in wire.feed(piece) if message.get("Event") in EVENTS]
    assert facts_of(messages, tracker) == facts_of(events(story))


@pytest.mark.parametrize("story", STORIES)
def test_every_event_twice_tells_the_same(story: str) -> None:
    doubled = [message for message in events(story) for _ in range(2)]
    assert facts_of(doubled) == facts_of(events(story))


@pytest.mark.parametrize("story", STORIES)
def test_a_late_echo_of_the_whole_story_tells_nothing_new(story: str) -> None:
    tracker = Tracker(LINES)
    facts_of(events(story), tracker)
    assert facts_of(events(story), tracker) == []


@pytest.mark.parametrize("story", STORIES)
def test_a_story_broken_off_tells_a_beginning_of_it(story: str) -> None:
    whole, tracker, told = facts_of(events(story)), Tracker(LINES), 0
    for message in events(story):
        told += len(tracker.feed(message, at(message)))
        assert len(tracker.open_calls()) <= len(expected(story)) + 1
    assert told == len(whole)
    assert tracker.open_calls() == []


@pytest.mark.parametrize("story", STORIES)
def test_a_story_begun_in_the_middle_tells_each_thing_once(story: str) -> None:
    messages = events(story)
    for start in range(1, len(messages), 7):
        tracker = Tracker(LINES)
        facts = facts_of(messages[start:], tracker)
        assert len({(fact.call, fact.key) for fact in facts}) == len(facts)
        assert tracker.open_calls() == []


@pytest.mark.parametrize("story", STORIES)
def test_neighbouring_events_of_different_channels_may_change_places(story: str) -> None:
    for seed in range(5):
        shuffled = list(events(story))
        luck = random.Random(seed)
        for _ in range(3 * len(shuffled)):
            place = luck.randrange(len(shuffled) - 1)
            one, other = shuffled[place : place + 2]
            if at(other) - at(one) < 0.003 and one.get("Uniqueid") != other.get("Uniqueid"):
                shuffled[place : place + 2] = other, one
        assert in_any_order(calls(facts_of(shuffled))) == in_any_order(expected(story))
