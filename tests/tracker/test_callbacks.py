"""Calls back, as a real Asterisk tells them: who picked up is known before the client is dialled, music is nobody."""

from __future__ import annotations

import pytest

from backend.calls.facts import CallStarted
from backend.calls.tracking.tracker import Tracker
from tests.tracker.test_stories import LINES, at, events


@pytest.mark.parametrize("version", ["16", "22"])
@pytest.mark.parametrize(
    ("story", "call", "extension"),
    [
        ("callback_queue", "callback-500-1", "101"),
        ("callback_client_busy", "callback-102-1", "102"),
        ("callback_forwarded", "callback-103-1", "79037654321"),
    ],
)
def test_who_picked_up_is_known_before_the_client_is_dialled(
    version: str, story: str, call: str, extension: str
) -> None:
    tracker, told = Tracker(LINES), list[tuple[str | None, bool]]()
    for message in events(f"{version}/{story}"):
        facts = tracker.feed(message, at(message))
        told.append((tracker.employee_of(call), tracker.has_client(call)))
        started = [fact for fact in facts if isinstance(fact, CallStarted)]
        assert not started or started[0].extension == extension
    steps = [step for place, step in enumerate(told) if place == 0 or step != told[place - 1]]
    assert steps[:3] == [(None, False), (extension, False), (extension, True)]
    assert steps[-1] == (None, False)
    assert not tracker.is_live(call)


@pytest.mark.parametrize("version", ["16", "22"])
def test_a_phone_that_only_rings_is_nobody(version: str) -> None:
    tracker = Tracker(LINES)
    for message in events(f"{version}/callback_nobody"):
        assert tracker.feed(message, at(message)) == []
        assert tracker.employee_of("callback-none-1") is None
    assert not tracker.is_live("callback-none-1")
