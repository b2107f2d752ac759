"""How an extension is at this moment."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class ExtensionState(StrEnum):
    FREE = "free"
    RINGING = "ringing"
    TALKING = "talking"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


BUSIEST_FIRST = (
    ExtensionState.TALKING, ExtensionState.RINGING, ExtensionState.FREE, ExtensionState.UNREACHABLE,
)  # fmt: skip


def busiest(states: Collection[ExtensionState]) -> ExtensionState:
    """Of one who has several phones: he talks if he does so on any, and is reached while one of them is."""
    return next((each for each in BUSIEST_FIRST if each in states), ExtensionState.UNKNOWN)
