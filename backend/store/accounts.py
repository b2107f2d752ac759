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
    """`blocked` is not a state here: it ends by itself, see `Account.blocked_until`."""

    CONNECTED = "connected"
    NEEDS_REAUTHORISATION = "needs_reauthorisation"
    DISABLED = "disabled"
    UNPAID = "unpaid"


class LineState(StrEnum):
    """State of the PBX line: `refused` needs a person, `down` is retried automatically."""

    NEVER = "never"
    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"
    REFUSED = "refused"


UNPAID_REMEMBERED = timedelta(minutes=15)
_CLOCK = cast(func.extract("epoch", func.clock_timestamp()), Double)


def _words(kind: type[StrEnum]) -> Enum:
    """An enum stored as its values: a new state needs no migration of a database type."""
    return Enum(kind, native_enum=False, length=32, values_callable=lambda each: [word.value for word in each])


class Account(Base):
    """`budget_tat` is the limiter's state; `rests`: how often in a row it has rested; `blocked_until` is how long
    amoCRM is left alone after it banned us. `unpaid_since` is the first word of it, which is not believed;
    `disabling_since`: the integration is said to be turned off, and amoCRM has not been asked; `rights_lost_since`: the
    token's user may not read employees any more."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    host: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="RU")
    language: Mapped[str] = mapped_column(default="ru")
    zone: Mapped[str] = mapped_column(default="", server_default="")
    """The account's time zone in amoCRM; empty for an unknown one."""
    state: Mapped[AccountState] = mapped_column(_words(AccountState), default=AccountState.CONNECTED)
    state_reason: Mapped[str] = mapped_column(default="")
    state_since: Mapped[datetime] = mapped_column(server_default=func.now())
    blocked_until: Mapped[datetime | None]
    budget_tat: Mapped[float] = mapped_column(default=0.0, server_default="0")
    rests: Mapped[int] = mapped_column(default=0, server_default="0")
    unpaid_since: Mapped[datetime | None]
    disabling_since: Mapped[datetime | None]
    rights_lost_since: Mapped[datetime | None]
    phonebook_sync_at: Mapped[datetime | None]
    """The start of the last full sync of the phonebook."""
    audited_at: Mapped[datetime | None]
    """The start of the last comparison of its calls with the CRM."""
    installed_by: Mapped[int | None] = mapped_column(BigInteger)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    def move(self, state: AccountState, reason: str = "") -> None:
        """Changes the state; `state_since` stays when the state is the same."""
        if (self.state, self.state_reason) != (state, reason):
            self.state, self.state_reason, self.state_since = state, reason, datetime.now(UTC)

    def is_first_word_of_unpaid(self) -> bool:
        """A 402 comes and goes on paid accounts: true for one that none went before, in UNPAID_REMEMBERED."""
        now = datetime.now(UTC)
        is_first = self.unpaid_since is None or now - self.unpaid_since > UNPAID_REMEMBERED
        if is_first:
            self.unpaid_since = now
        return is_first and self.state is not AccountState.UNPAID

    def leave_alone(self, seconds: float) -> None:
        """Sends no request for so many seconds."""
        self.blocked_until = datetime.now(UTC) + timedelta(seconds=seconds)


class AccountToken(Base):
    """The account's tokens, in a row of their own: it stays locked while amoCRM issues new ones, and the account itself
    stays free. Without `refresh_token` the access token is a long-lived one, of a pilot."""

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
    """In English, for operators; `link_trouble` is its kind, and `link_detail` the other side's own text, for sentences
    to users."""
    link_trouble: Mapped[str] = mapped_column(default="", server_default="")
    link_detail: Mapped[str] = mapped_column(default="", server_default="")
    link_since: Mapped[datetime] = mapped_column(server_default=func.now())
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    lease_epoch: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class AccountUser(Base):
    """Mirror of a CRM user; which users are employees, with which extensions, is a setting."""

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
    sort: Mapped[int] = mapped_column(BigInteger)
    is_main: Mapped[bool]
    is_unsorted: Mapped[bool]


def find(account_id: int) -> Account | None:
    return db.session.get(Account, account_id)


def has_any() -> bool:
    return db.session.scalar(select(Account.id).limit(1)) is not None


def in_state(state: AccountState) -> Sequence[int]:
    return db.session.scalars(select(Account.id).where(Account.state == state).order_by(Account.id)).all()


def said_to_be_disabled() -> Sequence[int]:
    """Accounts whose integration is said to be turned off, and amoCRM has not said whether it is so."""
    return db.session.scalars(select(Account.id).where(Account.disabling_since.is_not(None))).all()


def users(account_id: int) -> Sequence[AccountUser]:
    query = select(AccountUser).where(AccountUser.account_id == account_id).order_by(AccountUser.user_id)
    return db.session.scalars(query).all()


def admins(account_id: int) -> list[int]:
    """The account's administrators with access to amoCRM."""
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
    """The limiter's state; `now` is the database's clock (Unix seconds), one for all machines. `rests`: how often in a
    row the account has rested; `is_doubted`: amoCRM has said once that it is unpaid."""

    tat: float
    now: float
    rests: int
    is_doubted: bool


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
        columns = (Account.budget_tat, Account.rests, Account.unpaid_since.is_not(None))
        found = session.execute(select(*columns).where(mine).with_for_update(key_share=True)).first()
        tat, rests, is_doubted = found or (0.0, 0, False)
        kept = Budget(tat, session.execute(select(_CLOCK)).scalar_one(), rests, is_doubted)
        yield kept
        spent = {"budget_tat": kept.tat, "rests": kept.rests, "updated_at": Account.updated_at}
        session.execute(update(Account).where(mine).values(spent))


def set_rights(account_id: int, *, are_lost: bool) -> None:
    """Whether the token's user may read employees; since when not stays as it was. Committed, apart."""
    with aside() as session, session.begin():
        since = func.coalesce(Account.rights_lost_since, func.now()) if are_lost else None
        session.execute(update(Account).where(Account.id == account_id).values(rights_lost_since=since))


def welcome(account_id: int) -> None:
    """amoCRM has answered as it should: what was thought of its troubles is over. Committed, apart."""
    with aside() as session, session.begin():
        calm = {"rests": 0, "unpaid_since": None, "updated_at": Account.updated_at}
        session.execute(update(Account).where(Account.id == account_id).values(calm))


def set_link(account_id: int, link: LineState, reason: str = "", *, trouble: str = "", detail: str = "") -> None:
    """Stores the state of the account's PBX line; does not commit."""
    db.session.execute(
        update(AccountPbx)
        .where(AccountPbx.account_id == account_id, (AccountPbx.link != link) | (AccountPbx.link_reason != reason))
        .values(link=link, link_reason=reason, link_trouble=trouble, link_detail=detail, link_since=func.now())
    )
