"""What is told next: popups first, everything else of an account at a measured pace, and nothing is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backend.store.popups import Popup
from backend.store.stream import Topic
from backend.web.stream import reader as readers
from backend.web.stream.reader import Reader
from backend.web.stream.schedule import MANY, SLOW, StreamSchedule


def greeted(account_id: int, user_id: int) -> Reader:
    reader = Reader(account_id, user_id, None)
    reader.is_greeted = True
    return reader


def popup(call: str, serial: int, changed_in: int) -> Popup:
    now = datetime.now(UTC)
    return Popup(call=call, state="ringing", serial=serial, details={}, changed_in=changed_in, updated_at=now)


def waiting(reader: Reader) -> list[str]:
    """What would be sent to him, by event and the first of its data."""
    shown = []
    while reader._outbox:
        lines = str(reader._next()).splitlines()
        shown.append(" ".join(each for each in lines if each).replace("event: ", "")[:40])
    return shown


ANNA, BORIS, STRANGER = greeted(1, 11), greeted(1, 12), greeted(2, 21)


def test_popups_go_before_everything_else() -> None:
    due = StreamSchedule()
    due.add([ANNA], [Topic.ME])
    due.add([STRANGER], [Topic.MISSED, Topic.POPUPS])
    due.add([BORIS], [Topic.POPUPS])
    assert due.take(0) == (2, {STRANGER: {Topic.POPUPS}})
    assert due.take(0) == (1, {BORIS: {Topic.POPUPS}})
    assert due.take(0) == (1, {ANNA: {Topic.ME}})
    assert due.take(0) == (2, {STRANGER: {Topic.MISSED}})
    assert (due.take(0), due.wait(0)) == (None, None)


def test_of_many_changes_of_one_account_each_pause_tells_once() -> None:
    due = StreamSchedule()
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
    due = StreamSchedule()
    for _ in range(3):
        due.add([ANNA], [Topic.POPUPS])
        assert due.wait(0) == 0
        assert due.take(0) == (1, {ANNA: {Topic.POPUPS}})


def test_who_comes_is_greeted_before_others_hear_what_changed() -> None:
    due, fresh = StreamSchedule(), Reader(1, 13, None)
    due.add([ANNA], [Topic.ME])
    assert due.take(0) == (1, {ANNA: {Topic.ME}})
    due.add([ANNA, fresh], [Topic.ME])
    assert due.take(0) == (1, {fresh: {Topic.ME}})
    assert due.take(0) is None


def test_the_more_hear_of_something_the_longer_is_the_pause() -> None:
    due = StreamSchedule()
    due.add([greeted(1, number) for number in range(4 * MANY)], [Topic.COLLEAGUES])
    assert due.take(0)
    due.add([ANNA], [Topic.COLLEAGUES])
    assert due.wait(0) == 4 * SLOW


def test_of_each_thing_only_the_last_waits_for_a_slow_reader() -> None:
    """And the order is such that whoever is cut off after any event has missed nothing before it."""
    reader = Reader(1, 11, None)
    for number in range(100):
        reader.queue("me", number)
    reader.show([popup("a", 1, 5), popup("b", 2, 6)], 7)
    reader.queue("missed", 0)
    reader.show([popup("a", 3, 8)], 9)
    assert waiting(reader) == [
        "me data: 99",
        'popup id: 6 data: {"call":"b","state":"r',
        "missed data: 0",
        'popup id: 8 data: {"call":"a","state":"r',
    ]


def test_a_reader_who_takes_nothing_is_let_go_and_costs_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MOST_WAITING", 3)
    reader = Reader(1, 11, None)
    reader.show([popup(str(number), number, 5) for number in range(3)], 6)
    assert not reader.has_ended
    reader.show([popup("3", 3, 7)], 8)
    assert reader.has_ended
    reader.queue("me", 1)
    assert waiting(reader) == []
    assert list(reader.messages()) == [readers.RETRY]


def test_an_events_data_is_one_line_whatever_a_name_holds() -> None:
    told = readers.event("popup", readers.as_json({"name": "<img onerror=…>\r\n\ndata: x\u2028"}), id=7)
    assert told.splitlines(keepends=False)[:2] == ["event: popup", "id: 7"]
    assert told.count("\n") == 4
    assert "\r" not in told
