"""The wire: whatever way the bytes are cut, the same messages come out, and nothing sent can break it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.pbx.link.wire import Message, Splitter, Wire

STREAM = (
    "Asterisk Call Manager/11.0.0\r\n"
    "Response: Success\r\nActionID: action/1\r\nMessage: Authentication accepted\r\n\r\n"
    "Event: Newchannel\r\nChannel: PJSIP/trunk-00000001\r\nCallerIDName: Иван Петров\r\nExten: \r\n\r\n"
    "Event: TestEvent\r\nState: first\r\nState: second\r\nAppFunction: a: b: c\r\n\r\n"
    "Response: Success\r\nActionID: action/2\r\nOutput: one\r\nOutput: \r\nOutput: three\r\n\r\n"
).encode()

MESSAGES: list[Message] = [
    {"Response": "Success", "ActionID": "action/1", "Message": "Authentication accepted"},
    {"Event": "Newchannel", "Channel": "PJSIP/trunk-00000001", "CallerIDName": "Иван Петров", "Exten": ""},
    {"Event": "TestEvent", "State": "first", "AppFunction": "a: b: c"},
    {"Response": "Success", "ActionID": "action/2", "Output": "one\n\nthree"},
]


def fed(wire: Wire, data: bytes, cuts: list[int]) -> list[Message]:
    edges = [0, *sorted(cuts), len(data)]
    return [m for a, b in pairwise(edges) for m in wire.feed(data[a:b])]


def test_a_stream_is_read_whole() -> None:
    assert Wire().feed(STREAM) == MESSAGES


def test_a_stream_is_read_byte_by_byte() -> None:
    assert fed(Wire(), STREAM, list(range(len(STREAM)))) == MESSAGES


@given(st.lists(st.integers(0, len(STREAM))))
def test_cuts_change_nothing(cuts: list[int]) -> None:
    assert fed(Wire(), STREAM, cuts) == MESSAGES


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
def test_noise_is_read_the_same_however_it_is_cut(noise: bytes, cuts: list[int]) -> None:
    data = noise + b"\r\n\r\n" + STREAM
    limit = 200
    whole, cut = Wire(limit=limit), Wire(limit=limit)
    assert fed(cut, data, [c for c in cuts if c <= len(data)]) == whole.feed(data)
    assert cut.dropped == whole.dropped


@given(
    st.lists(st.integers(0, 40), max_size=12).map(lambda sizes: b"".join(b"x" * n + b"\r\n\r\n" for n in sizes)),
    st.lists(st.integers(0, 500)),
)
def test_the_limit_falls_on_the_same_messages_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    whole, cut = Splitter(limit=20), Splitter(limit=20)
    edges = [0, *sorted(c for c in cuts if c <= len(data)), len(data)]
    pieces = [raw for a, b in pairwise(edges) for raw in cut.feed(data[a:b])]
    assert pieces == whole.feed(data)
    assert cut.dropped == whole.dropped == sum(len(raw) > 20 for raw in data.split(b"\r\n\r\n"))


def test_a_ten_megabyte_header_is_dropped_and_the_next_message_is_read() -> None:
    huge = b"Event: Newchannel\r\nChannel: " + b"A" * 10_000_000 + b"\r\n\r\n"
    wire = Wire()
    assert fed(wire, huge + STREAM, list(range(0, len(huge), 65536))) == MESSAGES
    assert wire.dropped == 1


def test_an_endless_message_takes_no_memory() -> None:
    splitter = Splitter(limit=1000)
    for _ in range(100):
        splitter.feed(b"A" * 100_000)
    assert len(splitter._rest) < 10
    assert splitter.dropped == 1


def test_invalid_utf_8_is_replaced() -> None:
    [message] = Wire().feed(b"Event: Newchannel\r\nCallerIDName: \xff\xfeIvan\r\n\r\n")
    assert message["CallerIDName"] == "��Ivan"


def test_unwanted_events_are_passed_over_and_answers_never() -> None:
    wire = Wire(wanted={"Hangup"})
    got = wire.feed(
        b"Event: HangupRequest\r\nChannel: a\r\n\r\n"
        b"\r\nEvent: Hangup\r\nChannel: b\r\n\r\n"
        b"\r\nEvent: ExtensionStatus\r\nHint: a\r\n\r\n"
        b"Event: CoreShowChannel\r\nActionID: 1\r\nChannel: c\r\n\r\n"
        b"Response: Goodbye\r\n\r\n"
        b"Event: VarSet\r\n\r\n"
    )
    assert [m.get("Channel", m.get("Response")) for m in got] == ["b", "c", "Goodbye"]


def test_a_half_written_message_waits_for_its_end() -> None:
    wire = Wire()
    assert wire.feed(b"Event: Hangup\r\nChannel: a\r\n") == []
    assert wire.feed(b"\r\n") == [{"Event": "Hangup", "Channel": "a"}]


def test_empty_messages_and_lines_without_a_name_are_nothing() -> None:
    assert Wire().feed(b"\r\n\r\n\r\n\r\nnonsense\r\n\r\nEvent: A\r\nnonsense\r\n\r\n") == [{"Event": "A"}]
