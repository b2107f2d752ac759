"""Results of comparing calls with the CRM: one for each call, and the counts of each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, RowMapping, delete, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.calls.rules.audit import Books, NoteFinding
from backend.store import Base, db

SETTLED = ("in_crm", "by_rule", "gone")  # periodic audits skip these

_PAGE = text(
    """
    select call.call, started, note, note_entity, note_entity_id, part_of_record, lead, recording_token,
           ended is not null as is_over, coalesce(lead, contact, company) is not null as has_place,
           not exists (select from facts where facts.account_id = :account and facts.call = call.call
                          and not decided) as is_decided,
           work.is_waiting, work.is_wanted, work.refused, work.mendings, wanted.kind, wanted.body
    from calls as call
    left join call_audits as audit on audit.account_id = call.account_id and audit.call = call.call
    cross join lateral (
        select count(*) filter (where intents.state = 'todo') > 0 as is_waiting, count(*) > 0 as is_wanted,
               max(error) filter (where intents.state = 'refused') as refused,
               count(*) filter (where backfill and kind in ('log-call', 'finish-call')) as mendings
        from intents where intents.account_id = :account and intents.call = call.call
                       and kind in ('log-call', 'finish-call', 'open-lead', 'add-unsorted', 'add-contact',
                                    'use-unsorted', 'share-place', 'find-place')) as work
    left join lateral (
        select kind, body from intents where intents.account_id = :account and intents.call = call.call
                                         and kind in ('log-call', 'finish-call')
        order by id desc limit 1) as wanted on true
    where call.account_id = :account and direction in ('inbound', 'outbound')
      and started >= :since and started < :until and (started, call.call) > (:started, :after)
      and (:thorough or audit.state is null or audit.state <> all(:settled))
    order by started, call.call limit :limit
    """
)
_COUNT = text(
    """
    insert into audit_days (account_id, day, seen, in_crm, mended, by_rule, gone, waiting, failed, counted_at)
    select :account, day, count(*), count(*) filter (where state = 'in_crm'),
           count(*) filter (where state = 'mended'), count(*) filter (where state = 'by_rule'),
           count(*) filter (where state = 'gone'), count(*) filter (where state = 'waiting'),
           count(*) filter (where state = 'failed'), clock_timestamp()
    from (
        select cast(to_timestamp(started) at time zone :zone as date) as day,
               case when audit.state is null then 'waiting'
                    when audit.state = 'mended' and work.is_refused then 'failed'
                    when audit.state = 'mended' and work.is_waiting then 'waiting'
                    else audit.state end as state
        from calls as call
        left join call_audits as audit on audit.account_id = call.account_id and audit.call = call.call
        cross join lateral (
            select count(*) filter (where state = 'refused') > 0 as is_refused,
                   count(*) filter (where state = 'todo') > 0 as is_waiting
            from intents where intents.account_id = :account and intents.call = call.call) as work
        where call.account_id = :account and direction in ('inbound', 'outbound')
          and started >= :since and started < :until) as each
    group by day
    on conflict (account_id, day) do update
    set seen = excluded.seen, in_crm = excluded.in_crm, mended = excluded.mended, by_rule = excluded.by_rule,
        gone = excluded.gone, waiting = excluded.waiting, failed = excluded.failed, counted_at = excluded.counted_at
    """
)
_TROUBLES = text(
    """
    select call.call, coalesce(work.error, audit.why) as why
    from calls as call
    join call_audits as audit on audit.account_id = call.account_id and audit.call = call.call
    left join lateral (select error from intents where intents.account_id = :account and intents.call = call.call
                          and state = 'refused' limit 1) as work on true
    where call.account_id = :account and started >= :since and started < :until
      and (audit.state = 'failed' or work.error is not null)
    order by started limit :limit
    """
)
_AGAIN = text(
    "update intents set state = 'todo', due_at = clock_timestamp(), attempts = 0"
    " where account_id = :account and call = :call and state = 'refused'"
)


class CallAudit(Base):
    """`state` is of AuditState; `why` is an explanation for people."""

    __tablename__ = "call_audits"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    call: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class AuditDay(Base):
    """A day of the account's own zone: `seen` on the PBX is the sum of the other counts."""

    __tablename__ = "audit_days"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    seen: Mapped[int]
    in_crm: Mapped[int]
    mended: Mapped[int]
    by_rule: Mapped[int]
    gone: Mapped[int]
    waiting: Mapped[int]
    failed: Mapped[int]
    counted_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Calls begun from `since` until `until`, seconds of the Unix epoch; `thorough`: including those whose last result
    was right."""

    since: float
    until: float
    thorough: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A call to compare with the CRM; `wanted` is the intent (kind, body) that last wrote its note, `mendings` how
    often audits wrote it."""

    call: str
    started: float
    note: int | None
    note_entity: str | None
    note_entity_id: int | None
    is_part_of_record: bool
    lead: int | None
    recording_token: str
    wanted: tuple[str, dict[str, Any]] | None
    mendings: int
    books: Books


def page(account_id: int, span: Span, after: tuple[float, str], limit: int) -> list[Listed]:
    """The next calls of the span, in order; `after` is the last call of the previous page."""
    values = {
        "account": account_id, "since": span.since, "until": span.until, "started": after[0], "after": after[1],
        "thorough": span.thorough, "settled": list(SETTLED), "limit": limit,
    }  # fmt: skip
    return [_listed(row) for row in db.session.execute(_PAGE, values).mappings()]


def _listed(row: RowMapping) -> Listed:
    books = Books(
        has_note=row["note"] is not None, is_part_of_record=row["part_of_record"],
        **{name: row[name] for name in ("is_over", "is_decided", "is_waiting", "refused", "is_wanted", "has_place")},
    )  # fmt: skip
    return Listed(
        is_part_of_record=row["part_of_record"],
        wanted=(row["kind"], row["body"]) if row["kind"] else None,
        books=books,
        **{name: row[name] for name in (
            "call", "started", "note", "note_entity", "note_entity_id", "lead", "recording_token", "mendings",
        )},
    )  # fmt: skip


def keep(account_id: int, findings: Mapping[str, NoteFinding]) -> None:
    """Stores the current result for each of these calls. Does not commit."""
    rows = [
        {"account_id": account_id, "call": call, "state": each.state.value, "why": each.why[:500]}
        for call, each in findings.items()
    ]
    if rows:
        fresh = insert(CallAudit)
        values = {"state": fresh.excluded.state, "why": fresh.excluded.why, "at": func.clock_timestamp()}
        db.session.execute(
            fresh.on_conflict_do_update(index_elements=["account_id", "call"], set_=values), rows
        )  # fmt: skip


def try_again(account_id: int, call: str) -> None:
    """Makes this call's refused intents due again. Does not commit."""
    db.session.execute(_AGAIN, {"account": account_id, "call": call})


def count_days(account_id: int, span: Span, zone: str) -> None:
    """Counts the days of the span, which starts at midnight. Does not commit."""
    db.session.execute(_COUNT, {"account": account_id, "since": span.since, "until": span.until, "zone": zone})


def days(account_id: int, first: date, last: date) -> Sequence[AuditDay]:
    """The counted days, oldest first."""
    mine = (AuditDay.account_id == account_id, AuditDay.day >= first, AuditDay.day <= last)
    query = select(AuditDay).where(*mine).order_by(AuditDay.day).execution_options(populate_existing=True)
    return db.session.scalars(query).all()


def troubles(account_id: int, span: Span, limit: int) -> Sequence[tuple[str, str]]:
    """Calls that only a person can repair, with the reason."""
    values = {"account": account_id, "since": span.since, "until": span.until, "limit": limit}
    return [(row.call, row.why) for row in db.session.execute(_TROUBLES, values)]


def unfinished(account_id: int, span: Span) -> int:
    """The number of calls of the span with unfinished, unblocked work."""
    query = text(
        "select count(distinct intents.call) from intents join calls using (account_id, call)"
        " where account_id = :account and state = 'todo' and started >= :since and started < :until"
        " and not exists (select from intents as stuck where stuck.account_id = :account"
        " and stuck.call = intents.call and stuck.state = 'refused')"
    )
    return db.session.scalar(query, {"account": account_id, "since": span.since, "until": span.until}) or 0


def forget_older(than: datetime, limit: int) -> int:
    """Deletes old results of all accounts; returns the number of rows. Does not commit."""
    old = select(CallAudit.account_id, CallAudit.call).where(CallAudit.at < than).limit(limit)
    days = delete(AuditDay).where(AuditDay.counted_at < than).returning(AuditDay.day)
    from_calls = delete(CallAudit).where(
        tuple_(CallAudit.account_id, CallAudit.call).in_(old)
    ).returning(CallAudit.call)  # fmt: skip
    return len(db.session.scalars(from_calls).all()) + len(db.session.scalars(days).all())
