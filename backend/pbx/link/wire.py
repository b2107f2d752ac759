"""AMI as bytes: feed what arrived, take messages. No sockets, no clock.

A message is lines `Name: value` ended by CR LF and closed by an empty line. The banner is one line without that empty
line, so it sticks to the first message (Asterisk 16 and 22).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

Message = dict[str, str]

MESSAGE_LIMIT = 256 * 1024  # bytes; the longest real ones, answers of `Command`, have some tens of kilobytes
VALUE_LIMIT = 4096  # characters of one line that are kept; Asterisk's own names and numbers have at most 80
END = b"\r\n\r\n"
_CUT_END = len(END) - 1  # so much of an end may be waiting for its last byte
_EVENT = b"Event: "
_ANSWERS = b"\r\nActionID: "


class Splitter:
    """Bytes, cut anywhere, to whole raw messages; one of over `limit` bytes is dropped and counted in `dropped`."""

    def __init__(self, limit: int = MESSAGE_LIMIT) -> None:
        self.dropped = 0
        self._limit = limit
        self._rest = b""
        self._dropping = False

    def feed(self, data: bytes) -> list[bytes]:
        data = self._rest + data
        parts = data.split(END)
        self._rest = parts.pop()
        if len(data) > self._limit or self._dropping:
            parts = self._keep_short(parts)
        return [part.lstrip(b"\r\n") for part in parts]  # Asterisk ends a TestEvent with an empty line too many

    def _keep_short(self, parts: list[bytes]) -> list[bytes]:
        if self._dropping and parts:
            del parts[0]
            self._dropping = False
        short = [part for part in parts if len(part) <= self._limit]
        self.dropped += len(parts) - len(short)
        if self._dropping or len(self._rest) > self._limit + _CUT_END:
            self.dropped += not self._dropping
            self._dropping = True
            self._rest = self._rest[-_CUT_END:]
        return short


class Wire:
    """Bytes to messages. With `wanted`, other events are passed over unread, except those that answer an action."""

    def __init__(self, wanted: Collection[str] | None = None, limit: int = MESSAGE_LIMIT) -> None:
        self._splitter = Splitter(limit)
        self._wanted = None if wanted is None else frozenset(name.encode() for name in wanted)

    @property
    def dropped(self) -> int:
        """Messages that were too long, so far."""
        return self._splitter.dropped

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete, in order."""
        raws = self._splitter.feed(data)
        wanted = self._wanted
        if wanted is None:
            return [message for raw in raws if (message := read(raw))]
        return [message for raw in raws if is_wanted(raw, wanted) and (message := read(raw))]


def is_wanted(raw: bytes, wanted: frozenset[bytes]) -> bool:
    """Whether a raw message is an answer or an event of these names."""
    if not raw.startswith(_EVENT):
        return True
    end = raw.find(b"\r\n", len(_EVENT))
    name = raw[len(_EVENT) : end] if end >= 0 else raw[len(_EVENT) :]
    return name in wanted or _ANSWERS in raw


def read(raw: bytes) -> Message:
    """A raw message as names and values; invalid UTF-8 is replaced, a line without `: ` is no header, long values
    are cut.

    Of a repeated header the first value counts; only `Output`, the lines a `Command` printed, is joined.
    """
    message: Message = {}
    lines = raw.replace(b"\0", b"").decode("utf-8", "replace").split("\r\n")  # no database keeps a NUL
    for line in reversed(lines):
        name, is_header, value = line.partition(": ")
        if is_header:
            message[name] = value[:VALUE_LIMIT]
    if "Output" in message:
        message["Output"] = "\n".join(_values("Output", lines))
    return message


def _values(name: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        found, _, value = line.partition(": ")
        if found == name:
            yield value[:VALUE_LIMIT]
