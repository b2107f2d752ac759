"""`replay`: from a file, whatever its state, to a line for each call."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backend import __main__ as command
from backend.cli.replay import main
from tests.tracker.pbx import Event, Pbx

KEYS = ["call", "direction", "client", "did", "result", "reason", "talks", "started", "answered", "ended", "recording"]
Capture = pytest.CaptureFixture[str]


def inbound(pbx: Pbx | None = None) -> Pbx:
    pbx = pbx or Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.hang_up("e", "c")
    return pbx


def timed(pbx: Pbx) -> list[dict[str, Any]]:
    return [{"t": number / 10, **event} for number, event in enumerate(pbx.events)]


def raw(events: list[Event]) -> bytes:
    blocks = ("".join(f"{name}: {value}\r\n" for name, value in event.items()) for event in events)
    return b"Asterisk Call Manager/11.0.0\r\n" + "".join(f"{block}\r\n" for block in blocks).encode()


class Replay:
    def __init__(self, folder: Path, capture: Capture) -> None:
        self._file = folder / "recorded"
        self._capture = capture

    def __call__(self, content: Any, *options: str) -> list[dict[str, Any]]:
        self._file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        self.status = main([str(self._file), *options])
        out, self.said = self._capture.readouterr()
        return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def replay(tmp_path: Path, capsys: Capture) -> Replay:
    return Replay(tmp_path, capsys)


def is_one_clear_line(said: str) -> bool:
    return said.startswith("replay: ") and said.count("\n") == 1 and "Traceback" not in said


def test_a_call_is_a_line(replay: Replay) -> None:
    (call,) = replay(timed(inbound()))
    assert list(call) == KEYS
    assert call == {
        "call": "c", "direction": "inbound", "client": "79161234567", "did": "74951000001", "result": "answered",
        "reason": None, "talks": [{"extension": "101", "start": 0.7, "end": 0.8}], "started": 0.0, "answered": 0.7,
        "ended": 0.9, "recording": None,
    }  # fmt: skip
    assert (replay.status, replay.said) == (0, "")


def test_raw_bytes_json_and_their_variants_tell_the_same(replay: Replay) -> None:
    pbx = inbound()
    same = replay(pbx.events)
    assert [call["result"] for call in same] == ["answered"]
    events = json.dumps(pbx.events).encode()
    assert replay({"scenario": "x", "events": pbx.events}) == same
    assert replay(b"\xef\xbb\xbf \n" + events) == same
    assert replay("\n".join(map(json.dumps, pbx.events)).encode()) == same
    assert replay(raw(pbx.events)) == same
    assert replay(raw(pbx.events).replace(b"\r\n", b"\n")) == same
    assert replay.status == 0


@pytest.mark.parametrize(
    ("header", "started"),
    [
        ({"t": 1.5}, 1.5),
        ({"Timestamp": "1795403182.25"}, 1795403182.25),
        ({"t": "2"}, 2.0),
        ({"t": 1, "Timestamp": "9"}, 1.0),
        ({}, None),
        ({"t": "noon"}, None),
        ({"t": None}, None),
        ({"t": "inf"}, None),
        ({"t": [3]}, 3.0),
    ],
)
def test_where_an_event_has_its_time(replay: Replay, header: dict[str, Any], started: float | None) -> None:
    (call,) = replay([{**header, **event} for event in inbound().events])
    assert (call["started"], call["ended"]) == (started, started)


def test_headers_may_be_lists_and_numbers(replay: Replay) -> None:
    events: list[dict[str, Any]] = [dict(event) for event in inbound().events]
    for event in events:
        event["Event"] = [event["Event"], "Other"]
        event.update({"State": [], "Odd": {"a": 1}, "Nothing": None})
        if "ChannelState" in event:
            event["ChannelState"] = int(event["ChannelState"])
    (call,) = replay(events)
    assert call["result"] == "answered"


def test_patterns_say_what_is_what(replay: Replay) -> None:
    pbx = Pbx()
    pbx.new("c", "SIP/provider-a", state="4", number="79161234567", exten="74951000001")
    pbx.new("e", "SIP/150010001", linked="c")
    pbx.dial("c", "e")
    pbx.answers("e", "b", "c")
    pbx.hang_up("e", "c")
    options = [
        "--trunk",
        "other",
        "--trunk",
        "^provider",
        "--extension",
        r"^SIP/15001(\d+)$",
        "--extension",
        r"^(\d{3})$",
    ]
    (call,) = replay(pbx.events, *options)
    assert [talk["extension"] for talk in call["talks"]] == ["0001"]
    (call,) = replay(pbx.events)
    assert call["result"] == "missed"


def test_internal_calls_when_asked(replay: Replay) -> None:
    pbx = Pbx()
    pbx.new("e", "PJSIP/101", state="4", number="101", exten="102")
    pbx.rings("e", "f", "102")
    pbx.answers("f", "b", "e")
    pbx.hang_up("e", "f")
    assert replay(pbx.events) == []
    (call,) = replay(pbx.events, "--internal")
    assert (call["direction"], [talk["extension"] for talk in call["talks"]]) == ("internal", ["101", "102"])


def test_facts_instead(replay: Replay) -> None:
    facts = replay(timed(inbound()), "--facts")
    assert [fact["kind"] for fact in facts] == ["started", "rang", "answered", "ended"]


def test_calls_that_go_on_have_no_end(replay: Replay) -> None:
    events = timed(inbound())
    (talking,) = replay(events[:-2])
    assert (talking["result"], talking["ended"], talking["talks"][0]["end"]) == ("answered", None, None)
    (ringing,) = replay(events[:3])
    assert (ringing["result"], ringing["ended"], ringing["talks"]) == (None, None, [])
    assert list(ringing) == KEYS


def test_a_recording_named_after_the_end_is_in_the_line(replay: Replay) -> None:
    pbx = inbound()
    pbx.say("Cdr", UniqueID="c", RecordingFile="/x/in-1.wav")
    (call,) = replay(pbx.events)
    assert call["recording"] == "in-1.wav"


def test_a_failed_call_says_why(replay: Replay) -> None:
    pbx = Pbx()
    pbx.new("e", "PJSIP/101", state="4", exten="79161234567")
    pbx.new("t", "PJSIP/trunk", linked="e")
    pbx.dial("e", "t", "79161234567@trunk")
    pbx.hang_up("t", "e", cause="17")
    (call,) = replay(pbx.events)
    assert (call["result"], call["reason"], call["did"]) == ("failed", "busy", None)


def test_a_list_cut_off_yields_its_whole_events(replay: Replay) -> None:
    whole = json.dumps(timed(inbound())).encode()
    (call,) = replay(whole[: -len(whole) // 8])
    assert (call["call"], call["ended"]) == ("c", None)
    assert replay.status == 2
    assert is_one_clear_line(replay.said)


def test_an_object_cut_off_too(replay: Replay) -> None:
    whole = json.dumps({"scenario": ["x"][0], "events": timed(inbound())}).encode()
    (call,) = replay(whole[:-40])
    assert (call["call"], replay.status) == ("c", 2)


def test_a_raw_stream_cut_off_is_a_stream_all_the_same(replay: Replay) -> None:
    (call,) = replay(raw(inbound().events)[:-30])
    assert (call["call"], call["ended"], replay.status) == ("c", None, 0)


def test_things_between_the_events(replay: Replay) -> None:
    (call,) = replay([1, "x", None, *inbound().events, [], {}])
    assert (call["result"], replay.status) == ("answered", 2)
    assert is_one_clear_line(replay.said)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe\x80" * 5000,
        b"{",
        b"[",
        b"[[[[",
        b"[" * 200_000,
        b'{"events": 1}',
        b'{"a": ' * 100_000,
        b"[1" + b"1" * 9000,
        b'[{"Event": "Newchannel", "t": ',
        b"hello\n",
        b'"text"',
        b"[nul",
        b'{"events": [{"Event": "\\ud800"}, ',
        b"\xef\xbb\xbf",
    ],
)
def test_what_is_no_recording_gets_a_clear_line(replay: Replay, content: bytes) -> None:
    assert replay(content) == []
    assert replay.status == 2
    assert is_one_clear_line(replay.said)


def test_an_empty_list_is_right(replay: Replay) -> None:
    assert replay([]) == []
    assert replay.status == 0


def test_strange_letters_are_printed(replay: Replay) -> None:
    pbx = Pbx()
    pbx.client_calls(number="\ud800Иван")
    pbx.hang_up("c")
    (call,) = replay(pbx.events)
    assert call["client"] == "\ud800Иван"


def test_a_message_too_long_is_left_out_and_said(replay: Replay) -> None:
    (call,) = replay(b"Event: VarSet\r\nValue: " + b"x" * 10_000_000 + b"\r\n\r\n" + raw(inbound().events))
    assert (call["result"], replay.status) == ("answered", 2)
    assert "too long" in replay.said


@pytest.mark.parametrize("option", ["--trunk", "--extension"])
def test_a_bad_pattern_gets_a_clear_line(replay: Replay, option: str) -> None:
    assert replay([], option, "(") == []
    assert replay.status == 2
    assert is_one_clear_line(replay.said)


def test_no_file_and_a_folder(tmp_path: Path, capsys: Capture) -> None:
    for path in (tmp_path / "missing", tmp_path):
        assert main([str(path)]) == 2
        assert is_one_clear_line(capsys.readouterr().err)


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    stream = io.TextIOWrapper(io.BytesIO(raw(inbound().events)))
    monkeypatch.setattr(sys, "stdin", stream)
    assert main(["-"]) == 0
    assert json.loads(capsys.readouterr().out)["call"] == "c"


def test_a_connection_that_breaks_is_not_taken_for_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("backend.cli.replay.main", breaks)
    with pytest.raises(BrokenPipeError):
        command.main(["replay", "-"])


def test_a_reader_who_leaves_early(tmp_path: Path) -> None:
    """As `replay FILE | head -0` does."""
    (tmp_path / "recorded").write_text(json.dumps(inbound().events))
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "backend", "replay", str(tmp_path / "recorded")]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
