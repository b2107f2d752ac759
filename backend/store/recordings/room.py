"""How much room recordings may take: by the call's own length, by the account's share of the shelf."""

from __future__ import annotations

from sqlalchemy import func, select

from backend.store import db
from backend.store.journal.journal import CallRow
from backend.store.recordings.recordings import RecordingRow


def lasted(account_id: int, call: str) -> float | None:
    """Seconds from the call's first moment to its last, or of its talks where those are longer: a good recording must
    not be refused for a time that was read late. None for a call that is not known to have ended."""
    mine = (CallRow.account_id == account_id, CallRow.call == call)
    return db.session.scalar(select(func.greatest(CallRow.ended - CallRow.started, CallRow.talk_seconds)).where(*mine))


def bytes_kept(account_id: int) -> int:
    """Of all recordings of the account that are on the shelf."""
    kept = (RecordingRow.account_id == account_id, RecordingRow.key.is_not(None))
    return int(db.session.scalar(select(func.sum(RecordingRow.bytes)).where(*kept)) or 0)
