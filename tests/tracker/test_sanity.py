"""Whatever comes, the tracker stays sane and small."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.calls.facts import CallEnded, Fact, from_json, to_json
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.tracker import EVENTS, Tracker
from tests.tracker.pbx import RING, Pbx, ended, keys, talkers

UIDS = st.sampled_from(["1", "2", "3", "4", "5", ""])
NAMES = st.sampled_from(
    [
        "PJSIP/trunk-00000001",
        "SIP/101-00000002",
        "PJSIP/102-00000003",
        "Local/1@x-00000004;1",
        "Local/1@x-00000004;2",
        "x",
        "",
    ]
)
NAMES_OF_EVENTS = st.sampled_from([*sorted(EVENTS), "Newexten", ""])
VALUES = {
    **dict.fromkeys(
        ["Uniqueid", "DestUniqueid", "Linkedid", "DestLinkedid", "SwapUniqueid", "LocalOneUniqueid", "LocalTwoUniqueid",
         "Uniqueid1", "Uniqueid2", "UniqueID", "DestUniqueID"], UIDS),
    **dict.fromkeys(
        ["Channel", "DestChannel", "LocalOneChannel", "LocalTwoChannel", "Channel1", "Channel2", "Clone", "Original",
         "Newname", "Destination"], NAMES),
    "ChannelState": st.sampled_from(["0", "4", "5", "6", "9", "-1", "²", ""]),
    "BridgeUniqueid": st.sampled_from(["a", "b", ""]),
    "BridgeTechnology": st.sampled_from(["simple_bridge", "holding_bridge", ""]),
    "Bridgestate": st.sampled_from(["Link", "Unlink", ""]),
    "SubEvent": st.sampled_from(["Begin", "End", ""]),
    "Cause": st.sampled_from(["16", "17", "", "x", "²", "-1", "9" * 400]),
    "DialStatus": st.sampled_from(["ANSWER", "CANCEL", "BUSY", ""]),
    "DialString": st.text(max_size=8),
    "CallerIDNum": st.sampled_from(["79161234567", "", "<unknown>"]),
    "Exten": st.sampled_from(["74951000001", "s", ""]),
    "Variable": st.just("MIXMONITOR_FILENAME"),
    "Value": st.text(max_size=8),
    "RecordingFile": st.text(max_size=8),
}  # fmt: skip
EVENT = st.fixed_dictionaries({"Event": NAMES_OF_EVENTS}, optional=VALUES)
TIME = st.one_of(st.none(), st.floats(min_value=0, max_value=1000))


def told_once(facts: list[Fact]) -> bool:
    return len({(fact.call, fact.key) for fact in facts}) == len(facts)


@settings(max_examples=300)
@given(st.lists(st.tuples(EVENT, TIME), max_size=60))
def test_no_sequence_of_events_breaks_it(sequence: list[tuple[dict[str, str], float | None]]) -> None:
    tracker = Tracker(Lines(mobiles={"4567": "103"}), internal=True, most_channels=4)
    facts = [fact for event, at in sequence for fact in tracker.feed(event, at)]
    facts += tracker.snapshot([], None)
    assert told_once(facts)
    assert tracker.open_calls() == []
    assert all(from_json(to_json(fact)) == fact for fact in facts)
    over: set[str] = set()
    for fact in facts:
        assert fact.call not in over or fact.kind == "recording"
        over |= {fact.call} if isinstance(fact, CallEnded) else set()


@given(
    st.dictionaries(st.text(max_size=12), st.text(max_size=12)),
    st.dictionaries(st.text(max_size=12), st.text(max_size=12)),
)
def test_no_mapping_breaks_it(event: dict[str, str], row: dict[str, str]) -> None:
    tracker = Tracker(Lines())
    for name in EVENTS:
        assert tracker.feed({**event, "Event": name}, None) == []
    assert tracker.snapshot([event, row], None) == []


def test_channels_that_never_hang_up_are_evicted_and_their_calls_end() -> None:
    pbx = Pbx(most_channels=10)
    for number in range(50):
        pbx.client_calls(f"c{number}")
    assert len(pbx.tracker.open_calls()) == 10
    assert len(pbx.told("ended")) == 40
    assert keys(pbx.facts)[:2] == ["started", "started"]
    pbx.hang_up(*(f"c{number}" for number in range(50)))
    assert (len(pbx.told("ended")), pbx.tracker.open_calls()) == (50, [])


def test_a_dead_channel_never_rises() -> None:
    """NewCallerid may come after Hangup (ring group of Local channels, Asterisk 16 and 22)."""
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.hang_up("e", "c")
    before = list(pbx.facts)
    pbx.say("NewCallerid", Uniqueid="c", Linkedid="c", Channel="PJSIP/trunk-00000000", CallerIDNum="1")
    pbx.state("e", "6")
    pbx.enter("b", "c", "e")
    pbx.hang_up("c")
    assert pbx.facts == before


def test_a_hangup_of_a_channel_never_seen_is_no_call() -> None:
    pbx = Pbx()
    pbx.say("Hangup", Uniqueid="c", Linkedid="c", Channel="PJSIP/trunk-00000001", ChannelState="6", Cause="16")
    assert pbx.facts == []


@pytest.mark.parametrize("missing", ["Uniqueid", "Channel"])
def test_an_event_without_a_channel_is_passed_over(missing: str) -> None:
    event = {"Event": "Newchannel", "Uniqueid": "c", "Channel": "PJSIP/trunk-00000001", "ChannelState": RING}
    del event[missing]
    assert Tracker(Lines()).feed(event, 1.0) == []


def test_a_trunk_that_fails_before_its_dialling_is_told() -> None:
    pbx = Pbx()
    pbx.new("e", "PJSIP/101", state=RING, exten="79161234567")
    pbx.new("t", "PJSIP/trunk", linked="e")
    pbx.hang_up("t", cause="1")
    pbx.hang_up("e")
    assert (ended(pbx.facts).client, ended(pbx.facts).reason) == ("79161234567", "no-such-number")


def test_events_without_times() -> None:
    tracker = Tracker(Lines())
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.hang_up("e", "c")
    facts = [fact for event in pbx.events for fact in tracker.feed(event, None)]
    assert keys(facts) == keys(pbx.facts)
    assert ended(facts).talks[0].start is None


def test_without_times_a_call_passed_back_is_three_talks() -> None:
    pbx = Pbx()
    pbx.client_calls()
    for uid, extension, bridge in (("e", "101", "b1"), ("f", "102", "b2"), ("g", "101", "b3")):
        pbx.rings("c", uid, extension)
        pbx.answers(uid, bridge, "c")
        pbx.leave(bridge, uid, "c")
        pbx.enter(bridge, uid, "c")
        pbx.hang_up(uid)
    pbx.hang_up("c")
    tracker = Tracker(Lines())
    facts = [fact for event in pbx.events for fact in tracker.feed(event, None)]
    assert talkers(facts) == ["101", "102", "101"]
