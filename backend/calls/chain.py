"""Who talked, one after the other, and for how long."""

from __future__ import annotations

from backend.calls.facts import Talk
from backend.calls.rules import Rules


def talk_seconds(talks: tuple[Talk, ...]) -> int:
    """How long anybody talked, in seconds; time that two talked at once counts once."""
    total, reached = 0.0, float("-inf")
    for talk in sorted(talks, key=lambda each: each.start or 0):
        start, end = max(talk.start or 0, reached), talk.end or talk.start or 0
        total, reached = total + max(0.0, end - start), max(reached, end)
    return round(total)


def chain(talks: tuple[Talk, ...], rules: Rules) -> str:
    """`101 Анна 0:35 → 102 Борис 1:10`, or nothing when there is no chain."""
    if len(talks) < 2:
        return ""
    parts = []
    for talk in talks:
        seconds = talk_seconds((talk,))
        name = next((each.name for each in rules.employees if talk.extension in each.extensions), "")
        parts.append(f"{talk.extension} {name}".strip() + f" {seconds // 60}:{seconds % 60:02}")
    return " → ".join(parts)
