"""An account's own patterns, searched by RE2: in time that grows with the name alone, whatever the pattern."""

from __future__ import annotations

import re2

LONGEST_PATTERN = 500  # characters
LONGEST_NAME = 80  # characters; what Asterisk keeps of a channel's name (AST_CHANNEL_NAME)
NOTHING = r"[^\s\S]"
MOST_MEMORY = 1 << 15  # bytes that RE2 may use for one pattern: some 600 of its instructions, under 1 ms for a name


class BadPattern(ValueError):
    """A pattern that is not a regular expression; the message says what is wrong."""


class NamePattern:
    """A regular expression of RE2: no look-around and no back-references."""

    def __init__(self, pattern: str) -> None:
        """Raises BadPattern."""
        if len(pattern) > LONGEST_PATTERN:
            raise BadPattern(f"longer than {LONGEST_PATTERN} characters")
        try:
            self._compiled = re2.compile(pattern, _options())
        except (re2.error, UnicodeEncodeError) as wrong:
            raise BadPattern(_reason(wrong)) from wrong

    def search(self, name: str) -> str | None:
        """None where the pattern is not found, else its first group; "" where it has none, or that took no part."""
        found = self._compiled.search(name[:LONGEST_NAME].encode(errors="replace").decode())
        if found is None:
            return None
        return (found[1] if self._compiled.groups else None) or ""


def compile_pattern(pattern: str) -> NamePattern:
    """Raises BadPattern."""
    return NamePattern(pattern)


def compile_stored(pattern: str) -> NamePattern:
    """A pattern that an earlier version accepted. One that is no longer accepted finds nothing."""
    try:
        return NamePattern(pattern)
    except BadPattern:
        return NamePattern(NOTHING)


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    return options


def _reason(wrong: Exception) -> str:
    told = wrong.args[0]
    return told.decode(errors="replace") if isinstance(told, bytes) else str(wrong)
