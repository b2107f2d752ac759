"""Call statistics, counted by PostgreSQL, of an account or of some extensions, since a moment.

Durations are seconds, None if there is nothing to measure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, text

from backend.store import db

MOST_DIDS = 200

# The basis of each query. A call also belongs to extensions that only rang.
_SEEN = """
with seen as (
    select call, direction = 'inbound' as is_inbound, did, started, answered, ended, result, extension, talks, rang,
           missed_closed_at, note is not null or part_of_record as is_in_crm
    from calls
    where account_id = :account and started >= :since and direction <> 'request'
      and (cast(:only as text[]) is null or extension = any(cast(:only as text[])) or rang && cast(:only as text[])
           or exists (select from jsonb_to_recordset(talks) as talk (extension text)
                      where talk.extension = any(cast(:only as text[]))))
)
"""
_BY_TIME = f"""{_SEEN}
select width_bucket(started, cast(:starts as double precision[])) - 1 as place,
       count(*) filter (where is_inbound) as inbound,
       count(*) filter (where not is_inbound) as outbound,
       count(*) filter (where result = 'answered') as answered,
       count(*) filter (where result = 'missed') as missed,
       count(*) filter (where result = 'failed') as failed
from seen group by place
"""
_BY_HOUR = f"""{_SEEN}
select cast(extract(hour from to_timestamp(started) at time zone :zone) as integer) as hour,
       count(*) filter (where result = 'answered') as answered,
       count(*) filter (where result = 'missed') as missed
from seen where is_inbound group by hour
"""
_BY_DID = f"""{_SEEN}
select did, count(*) as calls,
       count(*) filter (where result = 'answered') as answered,
       count(*) filter (where result = 'missed') as missed
from seen where is_inbound and did is not null group by did order by calls desc, did limit {MOST_DIDS}
"""
_WAITS = f"""{_SEEN}
select percentile_cont(0.5) within group (order by answered - started) filter (where is_inbound) as answer_median,
       percentile_cont(0.9) within group (order by answered - started) filter (where is_inbound) as answer_p90,
       count(*) filter (where result = 'missed') as missed,
       count(*) filter (where result = 'missed' and missed_closed_at is not null) as closed,
       percentile_cont(0.5) within group (order by missed_closed_at - ended) filter (where result = 'missed')
           as first_response
from seen
"""
_BY_EMPLOYEE = f"""{_SEEN},
seat as (
    select * from unnest(cast(:extensions as text[]), cast(:users as bigint[])) as seat (extension, user_id)
),
talk as (
    select user_id, call, is_inbound, sum(seconds) as seconds
    from seen cross join lateral jsonb_to_recordset(talks) as talk (extension text, seconds integer)
    join seat on seat.extension = talk.extension
    group by user_id, call, is_inbound
),
talked as (
    select user_id, count(*) filter (where is_inbound) as inbound, sum(seconds) as talk from talk group by user_id
),
took as (
    select user_id, percentile_cont(0.5) within group (order by answered - started) as answer_after
    from seen join seat using (extension) where is_inbound and answered is not null group by user_id
),
dialled as (
    select user_id, count(*) as outbound from seen join seat using (extension) where not is_inbound group by user_id
),
rung as (
    select user_id, count(distinct call) as missed_rung
    from seen cross join lateral unnest(rang) as bell (extension) join seat on seat.extension = bell.extension
    where result = 'missed' group by user_id
)
select user_id, coalesce(inbound, 0) as inbound, coalesce(outbound, 0) as outbound,
       coalesce(missed_rung, 0) as missed_rung, coalesce(talk, 0) as talk, answer_after
from (select distinct user_id from seat) as employee
left join talked using (user_id) left join took using (user_id)
left join dialled using (user_id) left join rung using (user_id)
"""
_IN_CRM = f"""{_SEEN}
select count(*) as seen, count(*) filter (where is_in_crm) as in_crm
from seen
where is_in_crm or exists (
    select from intents where account_id = :account and intents.call = seen.call and kind = 'log-call')
"""
_TALKERS = """
select extension from calls where account_id = :account and started >= :since and extension is not null
union
select talk.extension from calls cross join lateral jsonb_to_recordset(talks) as talk (extension text)
where account_id = :account and started >= :since
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`only`: the calls of these extensions; None: all calls of the account. `since`: seconds of the Unix epoch."""

    account_id: int
    since: float
    only: Sequence[str] | None = None


def by_time(scope: Scope, starts: Sequence[float]) -> Mapping[int, RowMapping]:
    """Number of calls by result, by index of the span in which they began; `starts` are the spans' moments in order."""
    return {row["place"]: row for row in _rows(_BY_TIME, scope, starts=list(starts))}


def by_hour(scope: Scope, zone: str) -> Mapping[int, RowMapping]:
    """Inbound calls by the hour of the day in a zone, 0 to 23."""
    return {row["hour"]: row for row in _rows(_BY_HOUR, scope, zone=zone)}


def by_did(scope: Scope) -> Sequence[RowMapping]:
    """Inbound calls by dialled number, the busiest MOST_DIDS first."""
    return _rows(_BY_DID, scope)


def waits(scope: Scope) -> RowMapping:
    """Clients' waiting time for an answer, and time from a missed call to the next talk."""
    return _rows(_WAITS, scope)[0]


def by_employee(scope: Scope, seats: Mapping[str, int]) -> Mapping[int, RowMapping]:
    """By user, for `seats`: extension → user. A call that rang at an employee counts as missed only if it had no
    talk."""
    return {row["user_id"]: row for row in _rows(
        _BY_EMPLOYEE, scope, extensions=list(seats), users=list(seats.values())
    )}  # fmt: skip


def in_crm(scope: Scope) -> RowMapping:
    """Of the calls that belong in the CRM, the number with a note or an unsorted record."""
    return _rows(_IN_CRM, scope)[0]


def talkers(account_id: int, since: float) -> set[str]:
    """The extensions that called or talked since a moment, seconds of the Unix epoch."""
    return set(db.session.scalars(text(_TALKERS), {"account": account_id, "since": since}))


def _rows(query: str, scope: Scope, **values: Any) -> Sequence[RowMapping]:
    of = {"account": scope.account_id, "since": scope.since, "only": None if scope.only is None else list(scope.only)}
    return db.session.execute(text(query), {**of, **values}).mappings().all()
