"""What is told next: popups first, everything else of an account at a measured pace, and nothing is forgotten."""

from __future__ import annotations

import pytest

from backend.store.stream import Topic
from backend.web import reader as readers
from backend.web.due import SLOW, Due
from backend.web.reader import Reader

ANNA, BORIS, STRANGER = Reader(1, 11, None), Reader(1, 12, None), Reader(2, 21, None)


def test_popups_go_before_everything_else() -> None:
    due = Due()
    due.add([ANNA], [Topic.ME])
    due.add([STRANGER], [Topic.MISSED, Topic.POPUPS])
    due.add([BORIS], [Topic.POPUPS])
    assert due.take(0) == (2, {STRANGER: {Topic.POPUPS}})
    assert due.take(0) == (1, {BORIS: {Topic.POPUPS}})
    assert due.take(0) == (1, {ANNA: {Topic.ME}})
    assert due.take(0) == (2, {STRANGER: {Topic.MISSED}})
    assert (due.take(0), due.wait(0)) == (None, None)


def test_of_many_changes_of_one_account_each_pause_tells_once() -> None:
    due = Due()
    due.add([ANNA], [Topic.ME])
    assert due.take(0) == (1, {ANNA: {Topic.ME}})
    for topic in (Topic.COLLEAGUES, Topic.ME, Topic.COLLEAGUES):
        due.add([ANNA, BORIS], [topic])
    due.add([STRANGER], [Topic.ME])
    assert due.take(0.1) == (2, {STRANGER: {Topic.ME}})
    assert due.take(0.1) is None
    assert due.wait(0.1) == pytest.approx(SLOW - 0.1)
    both = {Topic.ME, Topic.COLLEAGUES}
    assert due.take(SLOW) == (1, {ANNA: both, BORIS: both})


def test_popups_never_wait_for_the_pace() -> None:
    due = Due()
    for _ in range(3):
        due.add([ANNA], [Topic.POPUPS])
        assert due.wait(0) == 0
        assert due.take(0) == (1, {ANNA: {Topic.POPUPS}})


def test_a_reader_who_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MOST_WAITING", 3)
    reader = Reader(1, 11, None)
    for number in range(3):
        reader.tell("me", number)
    assert not reader.has_ended
    reader.tell("me", 3)
    assert reader.has_ended
    assert list(reader.messages()) == [readers.RETRY]


def test_an_events_data_is_one_line_whatever_a_name_holds() -> None:
    told = readers.event("popup", {"name": "<img onerror=…>\r\n\ndata: x\u2028"}, id=7)
    assert told.splitlines(keepends=False)[:2] == ["event: popup", "id: 7"]
    assert told.count("\n") == 4
    assert "\r" not in told
