"""An account's tokens in the database: read, and held under a lock while amoCRM issues new ones.

Both use a separate session: they neither see nor end the caller's transaction. A caller that itself holds the account's
tokens locked waits for LOCK_WAIT and then gets Busy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from backend.store.accounts import Account, AccountState, AccountToken
from backend.store.base.side_session import aside

LOCK_WAIT = "45s"  # two exchanges of 20 s and some: who waits longer would find a hung process before him
LONGEST_RENEWAL = "300s"  # two tries here, a look for the account and a try there, each slow: no limit may cut it off


class Busy(Exception):
    """Another process has held the lock for longer than any exchange takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTokens:
    """Times are Unix seconds; `blocked_for` is how many seconds amoCRM must still get no requests, 0 for none."""

    host: str
    state: AccountState
    state_reason: str
    blocked_for: float
    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    refreshed_at: float
    expires_at: float | None


class HeldTokens:
    """The tokens while this process has locked their row."""

    def __init__(self, session: Session, account_id: int) -> None:
        self._session = session
        self._account_id = account_id
        self.stored = _read(session, account_id)

    def keep(
        self, *, host: str, access: str, refresh: str | None, refreshed_at: float, expires_at: float | None
    ) -> None:
        """Commits the new tokens at once, which also releases the lock: what follows cannot lose them. The old ones are
        used up, so a connection that the database has ended meanwhile must not lose the new."""
        fresh = {"access": access, "refresh": refresh, "refreshed_at": refreshed_at, "expires_at": expires_at}
        try:
            self._write(self._session, host, fresh)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            with aside() as session:
                if self.stored and _is_current(session, self._account_id, self.stored.access):
                    self._write(session, host, fresh)

    def _write(self, session: Session, host: str, fresh: dict[str, Any]) -> None:
        save(session, self._account_id, **fresh)
        session.execute(update(Account).where(Account.id == self._account_id, Account.host != host).values(host=host))
        session.commit()


def read(account_id: int) -> StoredTokens | None:
    """None for an unknown account or one without tokens."""
    with aside() as session:
        return _read(session, account_id)


@contextmanager
def hold(account_id: int) -> Iterator[HeldTokens]:
    """Locks the account's tokens against every other process and reads them again. Raises Busy."""
    with aside() as session:
        limits = {"lock_timeout": LOCK_WAIT, "idle_in_transaction_session_timeout": LONGEST_RENEWAL}
        for name, value in limits.items():
            session.execute(text("select set_config(:name, :value, true)"), {"name": name, "value": value})
        row = select(AccountToken.account_id).where(AccountToken.account_id == account_id)
        try:
            session.execute(row.with_for_update())
        except OperationalError as error:
            raise Busy(f"the tokens of account {account_id} are held elsewhere") from error
        yield HeldTokens(session, account_id)


def save(
    session: Session,
    account_id: int,
    *,
    access: str,
    refresh: str | None,
    refreshed_at: float,
    expires_at: float | None,
) -> None:
    """Stores these as the account's tokens; does not commit."""
    values = {
        "access_token": access,
        "refresh_token": refresh,
        "refreshed_at": _moment(refreshed_at),
        "expires_at": None if expires_at is None else _moment(expires_at),
    }
    row = insert(AccountToken).values(account_id=account_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["account_id"], set_=values))


def forget(account_id: int) -> None:
    """Deletes the account's tokens, committed: they are invalid, or must become so."""
    with aside() as session, session.begin():
        session.execute(delete(AccountToken).where(AccountToken.account_id == account_id))


def give_up(account_id: int, access: str, reason: str) -> bool:
    """The account waits for a new consent, committed; False when these are not its tokens any more, or it is disabled.

    The account is locked first, as an install does: whichever comes later is right."""
    with aside() as session, session.begin():
        account = session.get(Account, account_id, with_for_update={"key_share": True})
        is_meant = account is not None and account.state is not AccountState.DISABLED
        if account is None or not is_meant or not _is_current(session, account_id, access):
            return False
        account.move(AccountState.NEEDS_REAUTHORISATION, reason)
        return True


def due(share: float) -> list[int]:
    """Connected accounts whose renewable token has reached this share of its lifetime."""
    life = func.extract("epoch", AccountToken.expires_at - AccountToken.refreshed_at)
    age = func.extract("epoch", func.now() - AccountToken.refreshed_at)
    query = (
        select(Account.id)
        .join(AccountToken)
        .where(Account.state == AccountState.CONNECTED, AccountToken.refresh_token.is_not(None), age >= share * life)
        .order_by(AccountToken.expires_at)
    )
    with aside() as session:
        return list(session.scalars(query))


def _read(session: Session, account_id: int) -> StoredTokens | None:
    left = func.coalesce(func.extract("epoch", Account.blocked_until - func.now()), 0.0)
    found = session.execute(
        select(Account, AccountToken, left).join(AccountToken).where(Account.id == account_id)
    ).first()
    if found is None:
        return None
    account, tokens, blocked_for = found
    return StoredTokens(
        host=account.host,
        state=account.state,
        state_reason=account.state_reason,
        blocked_for=max(0.0, float(blocked_for)),
        access=tokens.access_token,
        refresh=tokens.refresh_token,
        refreshed_at=tokens.refreshed_at.timestamp(),
        expires_at=tokens.expires_at.timestamp() if tokens.expires_at else None,
    )


def _is_current(session: Session, account_id: int, access: str) -> bool:
    held = session.get(AccountToken, account_id, populate_existing=True)
    return held is not None and held.access_token == access


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
