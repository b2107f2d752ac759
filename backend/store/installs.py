"""Installs in progress: codes stored by the webhook, and the one-time states of the consent page."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Index, Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.base.crypto import Secret

CODE_LIFE = timedelta(minutes=20)  # docs/amocrm-contract.md §1.2
STATE_LIFE = timedelta(minutes=20)
MOST_WAITING = 1000  # unfinished installs; the webhook is public, so its inbox is limited
MOST_STATES = 50_000  # the consent page is public too
KEPT = timedelta(days=30)  # a finished install, for support


class Install(Base):
    """One code. `access_token` and `refresh_token` hold the redeemed tokens until the account has them, so a crash
    between the two loses nothing: the code itself works only once."""

    __tablename__ = "installs"
    __table_args__ = (Index("ix_installs_waiting", "received_at", postgresql_where="done_at is null"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(unique=True)
    referer: Mapped[str]
    code: Mapped[str] = mapped_column(Secret)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    access_token: Mapped[str | None] = mapped_column(Secret)
    refresh_token: Mapped[str | None] = mapped_column(Secret)
    refreshed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    failure: Mapped[str | None]


class OAuthState(Base):
    """A state given to one browser; both are stored as digests, so reading the table reveals no state."""

    __tablename__ = "oauth_states"

    state: Mapped[str] = mapped_column(primary_key=True)
    browser: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


def write_down(referer: str, code: str) -> int | None:
    """Stores a code, committed; the same code again is the same install. None when the inbox is full."""
    if _count(select(Install.id).where(Install.done_at.is_(None)), MOST_WAITING) >= MOST_WAITING:
        return None
    fingerprint = digest(f"{referer} {code}")
    row = insert(Install).values(fingerprint=fingerprint, referer=referer, code=code)
    db.session.execute(row.on_conflict_do_nothing())
    db.session.commit()
    return db.session.scalar(select(Install.id).where(Install.fingerprint == fingerprint))


def waiting() -> Sequence[int]:
    """The installs to be finished now, oldest first."""
    due = (Install.done_at.is_(None), Install.due_at <= func.clock_timestamp())
    query = select(Install.id).where(*due).order_by(Install.received_at)
    return db.session.scalars(query).all()


def taken(install_id: int) -> Install | None:
    """The install, locked in the session's transaction; None when it is finished or locked by another process."""
    row = select(Install).where(Install.id == install_id, Install.done_at.is_(None))
    return db.session.scalar(row.with_for_update(skip_locked=True))


def forget_old() -> None:
    """Deletes finished installs and abandoned states; commits."""
    db.session.execute(delete(Install).where(Install.done_at < func.now() - KEPT))
    db.session.execute(delete(OAuthState).where(OAuthState.expires_at < func.now()))
    db.session.commit()


def failure(install_id: int) -> str | None:
    """The reason why the install failed; None if it did not, or is still in progress."""
    return db.session.scalar(select(Install.failure).where(Install.id == install_id))


def new_state(browser: str) -> str | None:
    """A state that works once, for STATE_LIFE, in the browser that holds this cookie; committed. None when too many are
    waiting."""
    if _count(select(OAuthState.state), MOST_STATES) >= MOST_STATES:
        return None
    state = secrets.token_urlsafe(32)
    expires_at = func.now() + STATE_LIFE
    db.session.add(OAuthState(state=digest(state), browser=digest(browser), expires_at=expires_at))
    db.session.commit()
    return state


def consume_state(state: str, browser: str) -> bool:
    """True once, for its browser and within its time; the state is deleted in any case."""
    row = delete(OAuthState).where(OAuthState.state == digest(state))
    found = db.session.execute(
        row.returning(OAuthState.browser, (OAuthState.expires_at > func.now()).label("alive"))
    ).first()
    db.session.commit()
    return found is not None and found.alive and secrets.compare_digest(found.browser, digest(browser))


def _count(rows: Select[Any], most: int) -> int:
    """The number of rows, counted no further than `most`."""
    return db.session.execute(select(func.count()).select_from(rows.limit(most).subquery())).scalar_one()


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
