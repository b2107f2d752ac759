"""Who talked, one after the other, and for how long."""

from __future__ import annotations

from itertools import groupby

from backend.calls.facts import Talk
from backend.calls.rules.rules import Rules


def talk_seconds(talks: tuple[Talk, ...]) -> int:
    """How long anybody talked, in seconds; time that two talked at once counts once."""
    total, reached = 0.0, float("-inf")
    for talk in sorted(talks, key=lambda each: each.start or 0):
        start, end = max(talk.start or 0, reached), talk.end or talk.start or 0
        total, reached = total + max(0.0, end - start), max(reached, end)
    return round(total)


def chain(talks: tuple[Talk, ...], rules: Rules) -> str:
    """`101 Анна 0:35 → 102 Борис 1:10`, or nothing when there is no chain; who asked a colleague meanwhile is one.

    Without a time where it is not known, or under a second.
    """
    parts = []
    for extension, parts_of_one in groupby(talks, key=lambda each: each.extension):
        seconds = talk_seconds(tuple(parts_of_one))
        name = next((each.name for each in rules.employees if extension in each.extensions), "")
        time = f"{seconds // 60}:{seconds % 60:02}" if seconds else ""
        parts.append(" ".join(filter(None, (extension, name, time))))
    return " → ".join(parts) if len(parts) > 1 else ""
