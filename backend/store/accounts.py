"""Accounts: the install, its settings, its PBX, and mirrors of the account's users and stages.

Every row and every query names its account; the id is amoCRM's own, so a renamed subdomain changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Double, Enum, ForeignKey, Index, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.base.crypto import Secret
from backend.store.base.side_session import aside


class AccountState(StrEnum):
    """`blocked` is not here: it passes by itself, see `Account.blocked_until`."""

    CONNECTED = "connected"
    NEEDS_REAUTHORISATION = "needs_reauthorisation"
    DISABLED = "disabled"
    UNPAID = "unpaid"


class LineState(StrEnum):
    """How the line to the PBX is: `refused` waits for a person, `down` is tried again by itself."""

    NEVER = "never"
    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"
    REFUSED = "refused"


_CLOCK = cast(func.extract("epoch", func.clock_timestamp()), Double)


def _words(kind: type[StrEnum]) -> Enum:
    """An enum kept as its words: a new state needs no migration of a database type."""
    return Enum(kind, native_enum=False, length=32, values_callable=lambda each: [word.value for word in each])


class Account(Base):
    """`budget_tat` is the limiter's state; `blocked_until` is how long amoCRM is left alone after it banned us."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    host: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="RU")
    language: Mapped[str] = mapped_column(default="ru")
    zone: Mapped[str] = mapped_column(default="", server_default="")
    """Its time zone in amoCRM; empty where that is none we know."""
    state: Mapped[AccountState] = mapped_column(_words(AccountState), default=AccountState.CONNECTED)
    state_reason: Mapped[str] = mapped_column(default="")
    state_since: Mapped[datetime] = mapped_column(server_default=func.now())
    blocked_until: Mapped[datetime | None]
    budget_tat: Mapped[float] = mapped_column(default=0.0, server_default="0")
    phonebook_sync_at: Mapped[datetime | None]
    """When the last full sync of the phonebook was begun."""
    audited_at: Mapped[datetime | None]
    """When its calls were last held against the CRM."""
    installed_by: Mapped[int | None] = mapped_column(BigInteger)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    def move(self, state: AccountState, reason: str = "") -> None:
        """Into a state; `state_since` stays when nothing changed."""
        if (self.state, self.state_reason) != (state, reason):
            self.state, self.state_reason, self.state_since = state, reason, datetime.now(UTC)

    def leave_alone(self, seconds: float) -> None:
        """No request until then."""
        self.blocked_until = datetime.now(UTC) + timedelta(seconds=seconds)


class AccountToken(Base):
    """The account's tokens, apart from it: this row is locked while amoCRM is asked for new ones, and the account
    itself stays free. Without `refresh_token` the access token is a long-lived one, of a pilot.
    """

    __tablename__ = "account_tokens"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    access_token: Mapped[str] = mapped_column(Secret)
    refresh_token: Mapped[str | None] = mapped_column(Secret)
    expires_at: Mapped[datetime | None]
    refreshed_at: Mapped[datetime]


class AccountPbx(Base):
    """The account's PBX and the lease of the process that holds its line."""

    __tablename__ = "account_pbx"
    __table_args__ = (Index(None, "lease_until"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    host: Mapped[str]
    port: Mapped[int] = mapped_column(default=5038)
    username: Mapped[str]
    secret: Mapped[str] = mapped_column(Secret)
    tls: Mapped[bool] = mapped_column(default=False)
    certificate: Mapped[str | None]
    link: Mapped[LineState] = mapped_column(_words(LineState), default=LineState.NEVER)
    link_reason: Mapped[str] = mapped_column(default="")
    """In English, for operators; `link_trouble` is its kind and `link_detail` what the other side said, for others."""
    link_trouble: Mapped[str] = mapped_column(default="", server_default="")
    link_detail: Mapped[str] = mapped_column(default="", server_default="")
    link_since: Mapped[datetime] = mapped_column(server_default=func.now())
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    lease_epoch: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class AccountUser(Base):
    """Mirror of a CRM user; who of them is an employee, with which extensions, is a setting."""

    __tablename__ = "account_users"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str]
    is_active: Mapped[bool]
    is_admin: Mapped[bool]
    group_id: Mapped[int | None] = mapped_column(BigInteger)
    views: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    read_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AccountStage(Base):
    """Mirror of a pipeline's stage. Won and lost (142, 143) have one id in all pipelines, so the key names both."""

    __tablename__ = "account_stages"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    pipeline_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    status_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    pipeline_name: Mapped[str]
    name: Mapped[str]
    sort: Mapped[int]
    is_main: Mapped[bool]
    is_unsorted: Mapped[bool]


def find(account_id: int) -> Account | None:
    return db.session.get(Account, account_id)


def has_any() -> bool:
    return db.session.scalar(select(Account.id).limit(1)) is not None


def in_state(state: AccountState) -> Sequence[int]:
    return db.session.scalars(select(Account.id).where(Account.state == state).order_by(Account.id)).all()


def users(account_id: int) -> Sequence[AccountUser]:
    query = select(AccountUser).where(AccountUser.account_id == account_id).order_by(AccountUser.user_id)
    return db.session.scalars(query).all()


def admins(account_id: int) -> list[int]:
    """The account's administrators whom amoCRM lets in."""
    return [each.user_id for each in users(account_id) if each.is_admin and each.is_active]


def stages(account_id: int) -> Sequence[AccountStage]:
    query = select(AccountStage).where(AccountStage.account_id == account_id)
    return db.session.scalars(query.order_by(AccountStage.pipeline_id, AccountStage.sort)).all()


def unsorted_stages(account_id: int) -> frozenset[int]:
    """The status ids in which a lead waits unsorted, and so is not open."""
    return frozenset(stage.status_id for stage in stages(account_id) if stage.is_unsorted)


def replace_mirror(model: type[AccountUser | AccountStage], account_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Makes the account's part of a mirror equal to `rows`; does not commit."""
    db.session.execute(delete(model).where(model.account_id == account_id))
    if rows:
        db.session.execute(insert(model), [{**row, "account_id": account_id} for row in rows])


def keep_user(account_id: int, user_id: int, **values: Any) -> None:
    """What amoCRM told of one user just now. Does not commit."""
    mine = (AccountUser.account_id == account_id, AccountUser.user_id == user_id)
    db.session.execute(update(AccountUser).where(*mine).values(**values, read_at=func.now()))


@dataclass(slots=True)
class Budget:
    """The limiter's state; `now` is the database's clock (Unix seconds), one for all machines."""

    tat: float
    now: float


@contextmanager
def changing(account_id: int) -> Iterator[Account | None]:
    """The account, locked, in a transaction of its own that commits at the end; None when it is unknown."""
    with aside() as session, session.begin():
        yield session.get(Account, account_id, with_for_update={"key_share": True})


@contextmanager
def budget(account_id: int) -> Iterator[Budget]:
    """The account's budget, locked against every other process, in a transaction of its own."""
    with aside() as session, session.begin():
        mine = Account.id == account_id
        tat = session.scalar(select(Account.budget_tat).where(mine).with_for_update(key_share=True))
        kept = Budget(tat or 0.0, session.execute(select(_CLOCK)).scalar_one())
        yield kept
        session.execute(update(Account).where(mine).values(budget_tat=kept.tat, updated_at=Account.updated_at))


def set_link(account_id: int, link: LineState, reason: str = "", *, trouble: str = "", detail: str = "") -> None:
    """Writes down how the account's line to its PBX is; does not commit."""
    db.session.execute(
        update(AccountPbx)
        .where(AccountPbx.account_id == account_id, (AccountPbx.link != link) | (AccountPbx.link_reason != reason))
        .values(link=link, link_reason=reason, link_trouble=trouble, link_detail=detail, link_since=func.now())
    )
