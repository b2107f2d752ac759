"""Outages reported to an account's administrators: at most one open row of a kind, so a restart repeats no report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, delete, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.accounts import AccountPbx


class OutageKind(StrEnum):
    LINK = "link"
    CRM = "crm"
    RIGHTS = "rights"


class Outage(Base):
    """`trouble` is the reason, from the account or its line; `told_at` None: not long enough yet to report."""

    __tablename__ = "outages"
    __table_args__ = (
        Index("uq_outages_open", "account_id", "kind", unique=True, postgresql_where=text("ended_at is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    kind: Mapped[str]
    trouble: Mapped[str]
    began_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    told_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageTrouble:
    account_id: int
    kind: OutageKind
    trouble: str


# A line without a process is down, whatever its last state; one that reports no calls is as good as down.
_DOWN = "(link <> 'up' or link_trouble = 'deaf' or lease_until is null or lease_until < clock_timestamp())"
# amoCRM counts as silent when long retries failed and nothing succeeded meanwhile: one request that it cannot handle is
# not an outage. A line reported as lost is back only once it stays up.
_NOW = text(
    f"""
    select accounts.id, 'crm' as kind,
           case when state <> 'connected' then state when blocked_until > clock_timestamp() then 'blocked'
                else 'silent' end as trouble
    from accounts where state in ('needs_reauthorisation', 'unpaid') or state = 'connected' and (
        blocked_until > clock_timestamp()
        or exists (select from intents where account_id = accounts.id and state = 'todo' and attempts > 1
                                         and created_at < clock_timestamp() - :silent)
           and not exists (select from intents where account_id = accounts.id and state = 'done'
                                                 and done_at > clock_timestamp() - :silent))
    union all
    select id, 'rights', '' from accounts where state = 'connected' and rights_lost_since is not null
    union all
    select account_id, 'link',
           case when lease_until is null or lease_until < clock_timestamp() then 'not_held' else link_trouble end
    from account_pbx join accounts on accounts.id = account_id
    where state <> 'disabled' and link <> 'never'
      and ({_DOWN}
           or link_since > clock_timestamp() - :steady and exists (
               select from outages where outages.account_id = account_pbx.account_id and kind = 'link'
                                     and ended_at is null and told_at is not null))
    """
)
SILENT = timedelta(minutes=10)
_ALONE = text("select pg_try_advisory_xact_lock(hashtext('outages'))")


def alone() -> bool:
    """Whether this is the only process that looks at outages, until its transaction ends."""
    return bool(db.session.scalar(_ALONE))


def present(steady: timedelta) -> list[OutageTrouble]:
    """The current troubles of all accounts that are not disabled. A line reported as lost counts as lost until it has
    been up for `steady`."""
    rows = db.session.execute(_NOW, {"steady": steady, "silent": SILENT})
    return [
        OutageTrouble(account_id=account_id, kind=OutageKind(kind), trouble=said) for account_id, kind, said in rows
    ]


def open_ones() -> Sequence[Outage]:
    query = select(Outage).where(Outage.ended_at.is_(None)).order_by(Outage.account_id, Outage.id)
    return db.session.scalars(query).all()


def begin(troubles: Sequence[OutageTrouble]) -> None:
    """Stores new outages. Does not commit."""
    rows = [{"account_id": each.account_id, "kind": each.kind.value, "trouble": each.trouble} for each in troubles]
    if rows:
        db.session.execute(insert(Outage).on_conflict_do_nothing(), rows)


def drop(outage: Outage) -> None:
    """Deletes an outage too short to report. Does not commit."""
    db.session.delete(outage)


def find(account_id: int, outage_id: int) -> Outage | None:
    return db.session.scalar(select(Outage).where(Outage.account_id == account_id, Outage.id == outage_id))


def reported(account_id: int) -> Sequence[Outage]:
    """The reported outages in progress, without a line that is up again but may not stay."""
    mine = (Outage.account_id == account_id, Outage.ended_at.is_(None), Outage.told_at.is_not(None))
    is_down = exists().where(AccountPbx.account_id == Outage.account_id, text(_DOWN))
    query = select(Outage).where(*mine, (Outage.kind != OutageKind.LINK.value) | is_down)
    return db.session.scalars(query.order_by(Outage.id)).all()


def last(account_id: int, limit: int) -> Sequence[Outage]:
    """Newest first."""
    query = select(Outage).where(Outage.account_id == account_id).order_by(Outage.id.desc()).limit(limit)
    return db.session.scalars(query).all()


def forget_older(than: datetime, limit: int) -> int:
    """Deletes outages that ended long ago, of all accounts; returns the number of rows. Does not commit."""
    old = select(Outage.id).where(Outage.ended_at < than).limit(limit)
    return len(db.session.scalars(delete(Outage).where(Outage.id.in_(old)).returning(Outage.id)).all())
