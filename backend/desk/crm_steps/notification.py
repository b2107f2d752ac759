"""amoCRM's own notification of a ringing call, for employees without an open stream."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import func, select

from backend.amocrm import requests
from backend.amocrm.errors import Rejected, Unclear
from backend.calls.intents import AnnounceCall
from backend.desk.journal.job import Desk, Job
from backend.store import db
from backend.store.journal import account_work

WORTH = timedelta(seconds=5)  # after the ring, by the database's clock, which stamped the fact


def announce_calls(desk: Desk, together: Sequence[Job]) -> None:
    """All that are still worth it in one request. Each is done before it is sent: whatever comes of it, no employee is
    notified twice, and nothing else of the call waits for it."""
    now = db.session.execute(select(func.clock_timestamp())).scalar_one()
    users: dict[str, list[int]] = {}
    for job in together:
        account_work.hold(job.row)  # phones that begin to ring meanwhile join it before, or make one of their own
        wanted: AnnounceCall = job.intent
        is_fresh = now - job.row.created_at < WORTH
        job.done(announced=is_fresh)
        if is_fresh:
            users.setdefault(wanted.phone, []).extend(wanted.employees)
    if users:
        with suppress(Unclear, Rejected):
            desk.send(requests.announce_calls(users))
