"""Which `pbx` process holds which account's line: one lease row each, renewed often, free again soon after a process
dies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db

LEASE = 12.0  # seconds without a renewal until another process may take the account
RENEW = 3.0  # seconds between renewals

_VERSIONS = (
    "md5(concat_ws('|', account_pbx.host, port, username, secret, tls, certificate)),"
    " md5(concat_ws('|', settings -> 'trunks', settings -> 'extensions', settings -> 'employees',"
    " settings -> 'routing', settings -> 'dial'))"
)
_RENEW = text(
    f"""
    update account_pbx set lease_until = clock_timestamp() + make_interval(secs => :lease)
    from accounts
    where accounts.id = account_id and state <> 'disabled'
      and lease_owner = :owner and lease_until > clock_timestamp()
    returning account_id, {_VERSIONS}
    """
)
# Materialized: otherwise PostgreSQL may evaluate the choice for each row, and take more than there is room for.
_FREE = text(
    f"""
    with free as materialized (
        select account_id from account_pbx join accounts on accounts.id = account_id
        where (lease_until is null or lease_until <= clock_timestamp()) and state <> 'disabled'
        order by account_id limit :room
        for update of account_pbx skip locked)
    update account_pbx set lease_owner = :owner,
                           lease_until = clock_timestamp() + make_interval(secs => :lease)
    from accounts, free
    where accounts.id = account_pbx.account_id and free.account_id = account_pbx.account_id
    returning account_pbx.account_id, {_VERSIONS}
    """
)
_PRESENT = text(
    """
    insert into pbx_processes (owner, seen_at) values (:owner, clock_timestamp())
    on conflict (owner) do update set seen_at = excluded.seen_at
    """
)
_GONE = text("delete from pbx_processes where owner = :owner or seen_at < clock_timestamp() - interval '1 hour'")
_LOAD = text(
    """
    select (select count(*) from account_pbx join accounts on accounts.id = account_id where state <> 'disabled'),
           (select count(*) from pbx_processes where seen_at > clock_timestamp() - make_interval(secs => :lease))
    """
)
_RELEASE = text(
    """
    update account_pbx set lease_until = null, lease_owner = null
    where lease_owner = :owner and (:every or account_id = any(:accounts))
    """
)


class PbxProcess(Base):
    """A process that could hold lines, with or without any: the fair share depends on their number."""

    __tablename__ = "pbx_processes"

    owner: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """`address` changes with the PBX's address: then the line reconnects. `lines` changes with the patterns of channels
    and with the routing."""

    account_id: int
    address: str
    lines: str


def hold(owner: str) -> set[Lease]:
    """Renews this process's leases and takes its fair share of the free ones; returns all it holds. Commits."""
    db.session.execute(_PRESENT, {"owner": owner})
    held = _leases(_RENEW, owner=owner)
    accounts, processes = db.session.execute(_LOAD, {"lease": LEASE}).one()
    share = math.ceil(accounts / max(1, processes))
    if len(held) < share:
        held |= _leases(_FREE, owner=owner, room=share - len(held))
    over = sorted(held, key=lambda each: each.account_id)[share:]
    if over:  # a new process started: hand over a little at a time, so that not all lines move at once
        given = over[: max(1, len(over) // 4)]
        release(owner, [each.account_id for each in given])
        held -= set(given)
    db.session.commit()
    return held


def release(owner: str, accounts: list[int] | None = None) -> None:
    """Releases these leases at once, or all of them and the process itself. Does not commit."""
    if accounts is None:
        db.session.execute(_GONE, {"owner": owner})
    db.session.execute(_RELEASE, {"owner": owner, "every": accounts is None, "accounts": accounts or []})


def _leases(query: TextClause, **values: object) -> set[Lease]:
    rows = db.session.execute(query, {"lease": LEASE, **values})
    return {Lease(account_id=account_id, address=address, lines=lines) for account_id, address, lines in rows}
