"""What became of a click, from the events that Asterisk 16 and 22 really send, in either order."""

from __future__ import annotations

import pytest

from backend.pbx.clicks import MOST_CLICKS, Clicks, Failed, Missed
from backend.pbx.errors import BadCommand

CALL = "click-1"
Event = dict[str, str]
RINGS = {"Event": "Newchannel", "Uniqueid": CALL}


def response(kind: str, reason: str) -> Event:
    return {"Event": "OriginateResponse", "Uniqueid": CALL, "Response": kind, "Reason": reason}


def gone(cause: str) -> Event:
    return {"Event": "Hangup", "Uniqueid": CALL, "Cause": cause}


FAILED = response("Failure", "0")
STORIES: dict[str, tuple[list[Event], Missed | None]] = {
    "did not answer": ([RINGS, response("Failure", "3"), gone("19")], Missed.NO_ANSWER),
    "did not answer, on 16": ([RINGS, response("Failure", "3"), gone("0")], Missed.NO_ANSWER),
    "hung up while it rang": ([RINGS, FAILED, gone("16")], Missed.NO_ANSWER),
    "busy": ([RINGS, FAILED, gone("17")], Missed.BUSY),
    "busy, told late": ([RINGS, gone("17"), FAILED], Missed.BUSY),
    "busy behind a Local channel": ([RINGS, response("Failure", "5"), gone("0")], Missed.BUSY),
    "declined": ([RINGS, FAILED, gone("21")], Missed.BUSY),
    "503": ([RINGS, FAILED, gone("34")], Missed.UNREACHABLE),
    "not registered, or no such phone": ([FAILED], Missed.UNREACHABLE),
    "answered, and no client was dialled": ([RINGS, response("Success", "4"), gone("16")], Missed.REFUSED),
    "answered": ([RINGS, response("Success", "4")], None),
    "rings": ([RINGS], None),
    "another's": ([{**FAILED, "Uniqueid": "click-2"}, {"Event": "Hangup"}], None),
    "senseless": ([RINGS, FAILED, gone("?")], Missed.NO_ANSWER),
}


@pytest.mark.parametrize("story", STORIES)
def test_why_a_click_reached_nobody(story: str) -> None:
    clicks = Clicks()
    clicks.expect(CALL)
    events, missed = STORIES[story]
    told = [each for each in map(clicks.hear, events) if each]
    assert [(each.call, each.why) for each in told] == ([(CALL, missed)] if missed else [])
    assert all(clicks.hear(event) is None for event in events[-1:] if missed)


def test_after_the_link_was_away_the_channels_tell_which_clicks_live() -> None:
    clicks = Clicks()
    clicks.expect("click-before")
    clicks.lose()
    clicks.expect("click-asked")
    ringing, talking = {"Uniqueid": "click-rings", "ChannelState": "5"}, {"Uniqueid": CALL, "ChannelState": "6"}
    living = clicks.snapshot([ringing, talking, {"Uniqueid": "1795414795.34"}])
    assert living == {"click-rings", CALL, "click-asked"}
    assert clicks.is_ringing("click-rings")
    assert not clicks.is_ringing(CALL)
    assert clicks.hear(gone("16")) == Failed(call=CALL, why=Missed.REFUSED, cause=16)


def test_clicks_are_bounded() -> None:
    clicks = Clicks()
    for number in range(MOST_CLICKS):
        clicks.expect(f"click-{number}")
    with pytest.raises(BadCommand):
        clicks.expect(CALL)
