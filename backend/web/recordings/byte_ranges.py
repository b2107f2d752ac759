"""The part of a file that a request wants (RFC 9110, section 14): one range of bytes; several are answered by all."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes=[ \t]*([0-9]{0,30})-([0-9]{0,30})[ \t]*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """Nothing of the file lies within the range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """`stop` is excluded."""

    start: int
    stop: int


def piece(header: str, length: int) -> Piece | None:
    """Of a file that long; None is all of it: no range, several, or one that cannot be read. Raises Unsatisfiable."""
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
