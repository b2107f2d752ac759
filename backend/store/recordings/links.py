"""Links of recordings: whose they are, from when, and how one is taken back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import select, update

from backend.store import db
from backend.store.journal.journal import CallRow
from backend.store.recordings.recordings import RecordingRow, Shown, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """`started` is the call's begin, in seconds of the Unix epoch."""

    recording: Shown
    started: float


def at(account_id: int, token: str) -> Linked | None:
    """Behind an account's link; None when there is no such call. A call without a recording has none yet."""
    query = (
        select(CallRow.started, RecordingRow)
        .outerjoin(RecordingRow, (RecordingRow.account_id == CallRow.account_id) & (RecordingRow.call == CallRow.call))
        .where(CallRow.account_id == account_id, CallRow.recording_token == token)
    )
    found = db.session.execute(query).one_or_none()
    return Linked(recording=shown(found.RecordingRow), started=found.started) if found else None


def revoke(account_id: int, call: str) -> bool:
    """The link that was given leads nowhere any more; the card has another. False for an unknown call.
    Does not commit."""
    mine = (CallRow.account_id == account_id, CallRow.call == call)
    fresh = update(CallRow).where(*mine).values(recording_token=secrets.token_urlsafe(24))
    return db.session.scalars(fresh.returning(CallRow.call)).first() is not None
