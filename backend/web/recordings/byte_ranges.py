"""The requested part of a file (RFC 9110, section 14): a single byte range; several are answered with the whole
file."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes=[ \t]*([0-9]{0,30})-([0-9]{0,30})[ \t]*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range is outside the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """`stop` is excluded."""

    start: int
    stop: int


def piece(header: str, length: int) -> Piece | None:
    """Of a file of this length; None is the whole file: no range, several, or an unreadable one. Raises
    Unsatisfiable."""
    found = _ONE.fullmatch(header)
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return _within(length - int(last), length, length)
    if last and int(last) < int(first):
        return None
    return _within(int(first), int(last) + 1 if last else length, length)


def _within(start: int, stop: int, length: int) -> Piece:
    found = Piece(start=max(0, start), stop=min(stop, length))
    if found.start >= found.stop:
        raise Unsatisfiable
    return found
