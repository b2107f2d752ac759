"""A recorded AMI stream, told again: its events with their times, and the calls that the tracker sees in them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, BinaryIO

from backend.calls.facts import CallEnded, Fact, RecordingNamed, Result, to_json
from backend.calls.tracking.conversation import Conversation
from backend.calls.tracking.tracker import Tracker
from backend.pbx.link.wire import Wire

Event = dict[str, str]
Recorded = tuple[Event, float | None]

CHUNK = 64 * 1024
LONGEST_JSON = 512 * 1024 * 1024  # bytes; JSON is read whole
CALL_KEYS = ("call", "direction", "client", "did", "result", "reason", "talks", "started", "answered")


class Recording:
    """Iterate for the events; `damage` then says what was wrong with the file, if anything.

    Raw bytes as they came from the PBX, or JSON: a list of events, an object with such a list under `events`, or one
    event on each line. An event's time is its `t` or its `Timestamp`, in seconds.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.damage: str | None = None
        self._stream = stream

    def __iter__(self) -> Iterator[Recorded]:
        head = self._stream.read(CHUNK)
        is_json = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{")
        found = False
        for event in self._json(head) if is_json else self._raw(head):
            found = True
            yield event, _time(event)
        if not found and not is_json and not self.damage:
            self.damage = "no AMI events in it"

    def _raw(self, data: bytes) -> Iterator[Event]:
        wire = Wire()
        while data:
            ended = data.endswith(b"\r")  # its line feed comes with the next piece
            kept = data[:-1] if ended else data
            for message in wire.feed(kept.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")):  # as some programs save
                if "Event" in message:
                    yield message
            more = self._stream.read(CHUNK)
            data = b"\r" + more if ended and more else more
        if wire.dropped:
            self.damage = f"{wire.dropped} messages were too long and are left out"

    def _json(self, head: bytes) -> Iterator[Event]:
        data = head + self._stream.read(LONGEST_JSON)
        if self._stream.read(1):
            self.damage = f"longer than {LONGEST_JSON} bytes, the rest is left out"
        text = data.decode("utf-8-sig", "replace")
        strange = 0
        for item in self._items(text):
            if isinstance(item, dict) and "Event" in item:
                yield {name: _text(value) for name, value in item.items()}
            else:
                strange += 1
        if strange:
            self.damage = self.damage or f"{strange} items have no Event in them"

    def _items(self, text: str) -> Iterator[Any]:
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError):
            yield from self._salvaged(text)
            return
        items = whole.get("events") if isinstance(whole, dict) and "Event" not in whole else whole
        if isinstance(items, dict):
            yield items
        elif isinstance(items, list):
            yield from items
        else:
            self.damage = "neither a list of events nor an object with one under “events”"

    def _salvaged(self, text: str) -> Iterator[Any]:
        """The whole items at the beginning of a list that is cut or broken, or of lines of JSON."""
        decoder, is_lines = json.JSONDecoder(), _is_lines(text)
        at = 0 if is_lines else text.find("[") + 1
        while (at := _next_item(text, at)) < len(text):
            try:
                item, at = decoder.raw_decode(text, at)
            except (ValueError, RecursionError) as wrong:
                self.damage = self.damage or f"broken JSON at character {at}: {_brief(wrong)}"
                return
            yield item
        if not is_lines:
            self.damage = self.damage or "the list of events is cut off"


def _is_lines(text: str) -> bool:
    """Whether the first line is a whole object."""
    try:
        return isinstance(json.loads(text.lstrip().partition("\n")[0]), dict)
    except (ValueError, RecursionError):
        return False


def _next_item(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return len(text) if text[at : at + 1] == "]" else at


def _brief(wrong: Exception) -> str:
    return wrong.msg if isinstance(wrong, json.JSONDecodeError) else "nested too deep or a number too long"


def _text(value: Any) -> str:
    """A header's value; of a repeated header the first."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _time(event: Event) -> float | None:
    for header in ("t", "Timestamp"):
        try:
            seconds = float(event.get(header, ""))
        except ValueError:
            continue
        if math.isfinite(seconds):
            return seconds
    return None


def facts(tracker: Tracker, recorded: Iterable[Recorded]) -> Iterator[Fact]:
    for event, at in recorded:
        yield from tracker.feed(event, at)


def calls(tracker: Tracker, recorded: Iterable[Recorded]) -> list[dict[str, Any]]:
    """Each call that ended, in the order of their ends; then those still going on, with `ended` null."""
    ended: dict[str, dict[str, Any]] = {}
    for fact in facts(tracker, recorded):
        if isinstance(fact, CallEnded):
            ended[fact.call] = _ended(fact)
        elif isinstance(fact, RecordingNamed) and fact.call in ended:
            ended[fact.call]["recording"] = ended[fact.call]["recording"] or fact.recording
    return [*ended.values(), *map(_open, tracker.open_calls())]


def _ended(fact: CallEnded) -> dict[str, Any]:
    told = to_json(fact)
    return {key: told[key] for key in CALL_KEYS} | {"ended": fact.at, "recording": fact.recording}


def _open(call: Conversation) -> dict[str, Any]:
    told = call.summary()
    return {
        "call": call.key,
        "direction": call.direction,
        "client": call.client,
        "did": call.did,
        "result": Result.ANSWERED if call.talks else None,
        "reason": None,
        "talks": [asdict(talk) for talk in told["talks"]],
        "started": told["started"],
        "answered": told["answered"],
        "ended": None,
        "recording": told["recording"],
    }
