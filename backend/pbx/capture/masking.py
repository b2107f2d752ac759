"""A recorded AMI stream without secrets and, if asked, without people: the story stays, who was in it does not."""

from __future__ import annotations

import re
import secrets

EXTENSION_DIGITS = 5  # a number of so many digits or fewer is an extension or a service, and is kept
TAIL_DIGITS = 7  # of a longer one so many at the end are replaced, so that +7916…, 8916… and 916… stay one client
HIDDEN = b"***"

_SECRET = rb"secret|passw|token|api_?key|credential|authorization|cookie"
_SECRET_HEADER = re.compile(rb"%b|^auth|^md5" % _SECRET, re.IGNORECASE)
_SECRET_IN_VALUE = re.compile(
    rb"([\w-]{0,64}(?:%b)[\w-]{0,64}[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]+" % _SECRET, re.IGNORECASE
)
_PASSWORD_IN_URL = re.compile(rb"(://[^\s/:@]*:)[^\s/@]+@")
_ID_HEADER = re.compile(rb"(unique|linked|action|bridge)id$|^timestamp$", re.IGNORECASE)
_NAME_HEADER = re.compile(rb"(^|calleri?d?|connectedline)name$", re.IGNORECASE)
_QUOTED_NAME = re.compile(rb'(?<=^")[^"]+(?=" <)')  # Cdr's CallerID: "name" <number>
_NO_NAME = re.compile(rb"|<unknown>|\+?\d+")
# Kept: the counter at the end of a channel's name, a Uniqueid, the date and time in a recording's name.
_KEPT = rb"-[0-9a-f]{8}(?:;[12])?$|(?<!\d)\d{9,10}\.\d+|(?<!\d)20\d{6}-\d{6}(?!\d)"
_DIGITS = re.compile(rb"%b|(?P<number>\d{%d,})" % (_KEPT, EXTENSION_DIGITS + 1))


class Mask:
    """Masks raw messages of one recording; with `people`, a number or name becomes the same other one each time."""

    def __init__(self, *, people: bool) -> None:
        self._people = people
        self._tails: dict[bytes, bytes] = {}
        self._used: set[bytes] = set()
        self._names: dict[bytes, bytes] = {}

    def message(self, raw: bytes) -> bytes:
        return b"\r\n".join(self._line(line) for line in raw.split(b"\r\n"))

    def _line(self, line: bytes) -> bytes:
        header, colon, value = line.partition(b": ")
        return header + colon + self._value(header, value)

    def _value(self, header: bytes, value: bytes) -> bytes:
        if _SECRET_HEADER.search(header):
            return HIDDEN
        if _ID_HEADER.search(header):
            return value
        value = _PASSWORD_IN_URL.sub(rb"\1***@", _SECRET_IN_VALUE.sub(rb"\1***", value))
        return self._without_people(header, value) if self._people else value

    def _without_people(self, header: bytes, value: bytes) -> bytes:
        if _NAME_HEADER.search(header) and not _NO_NAME.fullmatch(value):
            return self._other_name(value)
        value = _QUOTED_NAME.sub(lambda name: self._other_name(name[0]), value)
        return _DIGITS.sub(self._other_number, value)

    def _other_name(self, name: bytes) -> bytes:
        return self._names.setdefault(name, b"Name %d" % (len(self._names) + 1))

    def _other_number(self, found: re.Match[bytes]) -> bytes:
        number = found["number"]
        if number is None:
            return found[0]
        head, tail = number[:-TAIL_DIGITS], number[-TAIL_DIGITS:]
        if tail not in self._tails:
            self._tails[tail] = self._unused(len(tail))
        return head + self._tails[tail]

    def _unused(self, digits: int) -> bytes:
        while True:
            tail = b"%0*d" % (digits, secrets.randbelow(10**digits))
            if tail not in self._used:
                self._used.add(tail)
                return tail
