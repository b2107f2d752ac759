"""How hard it is tried: a moment in every run, minutes in a drill. A moment tries the same each time."""

from __future__ import annotations

from hypothesis import settings

QUICK = settings(max_examples=120)
LONG = settings(max_examples=4_000, derandomize=False)
