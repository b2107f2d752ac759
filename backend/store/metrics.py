"""Numbers of all accounts at one moment: a bounded set of queries, each over an index or over small tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, text

from backend.store import db

LONGEST = 5000  # milliseconds of any of the queries

_ACCOUNTS = text(
    """
    select accounts.id, state, greatest(0, budget_tat - extract(epoch from clock_timestamp())) as budget_wait,
           coalesce(blocked_until > clock_timestamp(), false) as is_blocked,
           case when link is null or link = 'never' then 'never'
                when lease_until is null or lease_until < clock_timestamp() then 'down' else link end as link
    from accounts left join account_pbx on account_id = accounts.id order by accounts.id
    """
)
_INTENTS = text(
    """
    select account_id, state, count(*) as how_many,
           coalesce(extract(epoch from clock_timestamp() - min(created_at) filter (where not backfill)), 0) as age
    from intents where state <> 'done' group by account_id, state order by account_id, state
    """
)
_COUNTERS = text("select account_id, name, label, value from counters order by account_id, name, label")
_LOST = text(
    """
    select account_id, sum(failed) as failed from audit_days
    where day >= current_date - 7 group by account_id order by account_id
    """
)
_STREAMS = text("select count(*) from stream_watchers where seen_until > clock_timestamp()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    accounts: Sequence[Row[tuple[object, ...]]]
    intents: Sequence[Row[tuple[object, ...]]]
    counters: Sequence[Row[tuple[object, ...]]]
    lost: Sequence[Row[tuple[object, ...]]]
    streams: int


def read() -> Numbers:
    """Raises OperationalError when the database takes too long."""
    db.session.execute(text(f"set local statement_timeout = {LONGEST}"))
    numbers = Numbers(
        accounts=db.session.execute(_ACCOUNTS).all(),
        intents=db.session.execute(_INTENTS).all(),
        counters=db.session.execute(_COUNTERS).all(),
        lost=db.session.execute(_LOST).all(),
        streams=db.session.scalar(_STREAMS) or 0,
    )
    db.session.rollback()
    return numbers
