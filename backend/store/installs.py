"""Installs in progress: codes stored by the webhook, and the one-time states of the consent page."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Index, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.base.crypto import Secret

CODE_LIFE = timedelta(minutes=20)  # docs/amocrm-contract.md §1.2
STATE_LIFE = timedelta(minutes=20)
MOST_WAITING = 1000  # codes not yet exchanged; the hook is open to anybody, so its inbox has an end
MOST_OF_SENDER, MOST_OF_REFERER = 100, 10  # of them; amoCRM's own servers send for all accounts
AT_ONCE = 10  # installs that one run works on: strangers' codes must not flood amoCRM in our name
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=2)
MOST_STATES = 50_000  # anybody may ask for one
KEPT = timedelta(days=30)  # a finished install, for support


class Install(Base):
    """One code. `access_token` and `refresh_token` hold what it was redeemed for until the account has them, so that a
    crash between the two loses nothing: the code itself works only once. `sender` is whose address brought it.
    """

    __tablename__ = "installs"
    __table_args__ = (Index("ix_installs_waiting", "received_at", postgresql_where="done_at is null"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(unique=True)
    referer: Mapped[str]
    code: Mapped[str] = mapped_column(Secret)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    access_token: Mapped[str | None] = mapped_column(Secret)
    refresh_token: Mapped[str | None] = mapped_column(Secret)
    refreshed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    failure: Mapped[str | None]
    sender: Mapped[str] = mapped_column(default="", server_default="")
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OAuthState(Base):
    """A state given to one browser; both are stored as digests, so reading the table reveals no state."""

    __tablename__ = "oauth_states"

    state: Mapped[str] = mapped_column(primary_key=True)
    browser: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


WAITING = (Install.done_at.is_(None), Install.access_token.is_(None))


def write_down(referer: str, code: str, sender: str = "") -> int:
    """Keeps a code for later, committed; the same code again is the same install. Where too many of one sender, of one
    referer or of all wait, those tried most often and then the oldest are dropped for it: a real code is exchanged in
    its first seconds."""
    fingerprint = digest(f"{referer} {code}")
    row = insert(Install).values(fingerprint=fingerprint, referer=referer, code=code, sender=sender)
    db.session.execute(row.on_conflict_do_nothing())
    _drop_beyond(MOST_OF_SENDER, Install.sender == sender)
    _drop_beyond(MOST_OF_REFERER, Install.referer == referer)
    _drop_beyond(MOST_WAITING)
    db.session.commit()
    return db.session.scalars(select(Install.id).where(Install.fingerprint == fingerprint)).one()


def _drop_beyond(most: int, *which: ColumnElement[bool]) -> None:
    kept_first = select(Install.id).where(*WAITING, *which).order_by(Install.tries, Install.received_at.desc())
    beyond = kept_first.order_by(Install.id.desc()).offset(most).with_for_update(skip_locked=True)
    db.session.execute(delete(Install).where(Install.id.in_(beyond.scalar_subquery())))


def waiting() -> Sequence[int]:
    """The next few unfinished installs whose time has come: those that have their tokens, then the newest."""
    due = select(Install.id).where(Install.done_at.is_(None), Install.due_at <= func.clock_timestamp())
    has_tokens = Install.access_token.is_not(None)
    return db.session.scalars(due.order_by(has_tokens.desc(), Install.received_at.desc()).limit(AT_ONCE)).all()


def postpone(install_id: int) -> None:
    """It is tried again, after twice the wait. Commits."""
    wait = func.least(SHORTEST_WAIT * func.power(2, Install.tries), LONGEST_WAIT)
    later = {"tries": Install.tries + 1, "due_at": func.clock_timestamp() + wait}
    db.session.execute(update(Install).where(Install.id == install_id, Install.done_at.is_(None)).values(later))
    db.session.commit()


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
