"""A call's talk time from the PBX's CDR, if the service was disconnected at its beginning or end."""

from __future__ import annotations

from backend.calls.facts import CallEnded, CallTimed, Result, from_json
from backend.desk.arrive import arrive
from backend.store.journal import journal

LONGEST = 7 * 86_400  # seconds; a longer talk means a broken CDR


def time_call(account_id: int, call: str, seconds: int) -> bool:
    """Whether this changed anything: only an answered, ended call with guessed times is changed. Commits."""
    if not 0 < seconds <= LONGEST:
        return False
    facts = (from_json(row.body) for row in journal.facts_of(account_id, call) if row.kind == CallEnded.kind)
    ended = next(facts, None)
    if not isinstance(ended, CallEnded) or not ended.guessed or ended.result is not Result.ANSWERED:
        return False
    fact = CallTimed(
        call=call, at=ended.at, direction=ended.direction, client=ended.client, did=ended.did, seconds=seconds,
        extension=ended.extension, talks=ended.talks,
    )  # fmt: skip
    return arrive(account_id, fact)
