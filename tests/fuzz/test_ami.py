"""What a broken or hostile PBX sends: no error, no memory without end, and every fact can be written and read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.calls.facts import from_json, to_json
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.tracker import EVENTS, Tracker
from backend.pbx.link.wire import Wire
from tests.fuzz.effort import LONG, QUICK

TRACES = sorted((Path(__file__).parent.parent / "traces" / "22").glob("*.ami"))
LIMIT, MOST_CHANNELS = 2_000, 20

WORDS = st.sampled_from([
    b"Event: ", b"\r\n", b"\r\n\r\n", b"Uniqueid: ", b"Linkedid: ", b"Channel: ", b": ", b"\0", b"\xff", b"\r", b"\n",
    *(f"Event: {name}\r\n".encode() for name in sorted(EVENTS)), b"ChannelState: 6\r\n", b"BillableSeconds: ",
    b"ActionID: 1\r\n", b"Response: Success\r\n", "Иван".encode(), b"Output: ", b"A" * 3_000,
])  # fmt: skip
NOISE = st.lists(st.one_of(WORDS, st.binary(max_size=30)), max_size=60).map(b"".join)


@st.composite
def spoilt_traces(draw: st.DrawFn) -> bytes:
    """What a real Asterisk said, with pieces cut out, told twice, swapped or overwritten."""
    whole = bytearray(draw(st.sampled_from(TRACES)).read_bytes()[:60_000])
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, max(0, len(whole) - 1)))
        piece = whole[start : start + draw(st.integers(0, 400))]
        into = draw(st.integers(0, len(whole)))
        match draw(st.sampled_from(["cut", "twice", "noise", "byte"])):
            case "cut":
                del whole[start : start + len(piece)]
            case "twice":
                whole[into:into] = piece
            case "noise":
                whole[into:into] = draw(NOISE)
            case _ if whole:
                whole[start] = draw(st.integers(0, 255))
    return bytes(whole)


def _stays_sane(told: bytes, step: int) -> None:
    wire, tracker = Wire(limit=LIMIT), Tracker(Lines(), internal=True, most_channels=MOST_CHANNELS)
    facts = []
    for start in range(0, len(told), step):
        for message in wire.feed(told[start : start + step]):
            facts += tracker.feed(message, float(start))
        assert len(wire._splitter._rest) <= LIMIT + step + 4
        assert len(tracker._exchange.board.channels) <= MOST_CHANNELS
    facts += tracker.snapshot([], None)
    assert tracker.open_calls() == []
    for fact in facts:
        assert from_json(json.loads(json.dumps(to_json(fact)))) == fact
        assert "\0" not in json.dumps(to_json(fact), ensure_ascii=False)
    assert len({(fact.call, fact.key) for fact in facts}) == len(facts)


STEPS = st.sampled_from([1_000, 4_096, 65_536])

test_noise = QUICK(given(NOISE, st.sampled_from([7, 100]))(_stays_sane))
test_spoilt_traces = QUICK(given(spoilt_traces(), STEPS)(_stays_sane))
test_noise_long = pytest.mark.drill(LONG(given(NOISE, st.sampled_from([1, 7, 100]))(_stays_sane)))
test_spoilt_traces_long = pytest.mark.drill(LONG(given(spoilt_traces(), STEPS)(_stays_sane)))


def test_a_message_without_an_end_is_not_kept() -> None:
    wire = Wire(limit=LIMIT)
    for _ in range(1_000):
        assert wire.feed(b"x: " + b"y" * 1_000) == []
        assert len(wire._splitter._rest) < 3 * LIMIT
    assert wire.feed(b"\r\n\r\nEvent: Hangup\r\n\r\n") == [{"Event": "Hangup"}]
    assert wire.dropped == 1


def test_channels_calls_and_rings_without_end_are_not_kept() -> None:
    tracker = Tracker(Lines(), most_channels=MOST_CHANNELS)
    for number in range(5_000):
        event = {
            "Event": "Newchannel", "Uniqueid": str(number), "Linkedid": str(number), "ChannelState": "4",
            "Channel": f"PJSIP/trunk-{number:08x}", "CallerIDNum": "79161234567", "Exten": "74951000001",
        }  # fmt: skip
        tracker.feed(event, float(number))
    kept = tracker._exchange
    assert len(kept.board.channels) <= MOST_CHANNELS
    assert len(kept.calls) + len(kept._past) <= 1_000 + MOST_CHANNELS
