"""Accounts at a glance: their state, the state of their PBX lines, and the users who have lost access."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import exists, func, select

from backend.store import db
from backend.store.accounts import Account, AccountPbx, AccountState, AccountUser, LineState


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    state: AccountState
    link: LineState


def conditions(accounts: Collection[int]) -> dict[int, Condition]:
    """By account, for connected accounts only: unknown and disabled ones are left out."""
    held = AccountPbx.lease_until > func.clock_timestamp()
    query = (
        select(Account.id, Account.state, AccountPbx.link, held)
        .outerjoin(AccountPbx, AccountPbx.account_id == Account.id)
        .where(Account.id.in_(list(accounts)), Account.state != AccountState.DISABLED)
    )
    return {
        account_id: Condition(state=state, link=_shown(link, bool(is_held)))
        for account_id, state, link, is_held in db.session.execute(query)
    }


def left(accounts: Collection[int]) -> set[tuple[int, int]]:
    """The users of these accounts, as (account, user), who no longer have access to amoCRM."""
    query = select(AccountUser.account_id, AccountUser.user_id)
    theirs = (AccountUser.account_id.in_(list(accounts)), ~AccountUser.is_active)
    return {(account_id, user_id) for account_id, user_id in db.session.execute(query.where(*theirs))}


def is_welcome(account_id: int, user_id: int) -> bool:
    """Whether the account is connected and this user still has access."""
    user = (AccountUser.account_id == account_id, AccountUser.user_id == user_id, ~AccountUser.is_active)
    account = (Account.id == account_id, Account.state != AccountState.DISABLED)
    return db.session.scalar(select(Account.id).where(*account, ~exists().where(*user))) is not None


def _shown(link: LineState | None, is_held: bool) -> LineState:
    """The stored state counts only while a process holds the line."""
    if link is None or link is LineState.NEVER:
        return LineState.NEVER
    return link if is_held else LineState.DOWN
