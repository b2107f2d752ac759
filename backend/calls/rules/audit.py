"""A call held against the CRM: what must be there, what is, and so what is to be done. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AuditState(StrEnum):
    """MENDED: it lacked something, which is written down to be done. BY_RULE: the account's rules keep it out. GONE:
    people deleted its place, or its record. WAITING: its work is on its way. FAILED: a person has to see why."""

    IN_CRM = "in_crm"
    MENDED = "mended"
    BY_RULE = "by_rule"
    GONE = "gone"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What we wrote down of a call. `refused` is amoCRM's last refusal; `is_decided` False: a bug of ours kept it."""

    is_over: bool
    is_decided: bool
    is_waiting: bool
    refused: str | None
    is_wanted: bool
    """It was decided that it belongs into the CRM."""
    has_note: bool
    is_part_of_record: bool
    has_place: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNote:
    """What a call's note says, or should: `duration` in seconds, `status` amoCRM's number of how it ended."""

    duration: int
    status: int | None
    link: str

    def lacks(self, wanted: CallNote) -> str:
        """What people would miss, in words; nothing when it is all there."""
        differs = {
            "duration": self.duration != wanted.duration,
            "result": self.status != wanted.status,
            "recording": self.link != wanted.link,
        }
        return ", ".join(name for name, is_wrong in differs.items() if is_wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFinding:
    state: AuditState
    why: str = ""


def in_books(books: Books) -> NoteFinding | None:
    """What our own books say already; None when the CRM has to be asked."""
    if not books.is_decided:
        return NoteFinding(state=AuditState.FAILED, why="a bug of ours: not decided")
    if books.refused:
        return NoteFinding(state=AuditState.FAILED, why=books.refused)
    if not books.is_over or books.is_waiting:
        return NoteFinding(state=AuditState.WAITING)
    if not (books.is_wanted or books.has_note or books.is_part_of_record):
        return NoteFinding(state=AuditState.BY_RULE)
    if not (books.has_note or books.is_part_of_record or books.has_place):
        return NoteFinding(state=AuditState.GONE, why="its card was deleted")
    return None
