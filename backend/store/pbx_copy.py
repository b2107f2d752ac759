"""The PBX's copy of the phonebook: the wanted and the actual value of each key.

Where the two differ there is a change to send. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    cast,
    delete,
    func,
    literal,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.accounts import AccountPbx
from backend.store.phonebook import changed_numbers

YOUNG = changed_numbers.KEPT - timedelta(hours=1)
"""Maximum age of the position in the changes; after that the copy is planned again."""


class CopyRow(Base):
    """`key` → value, as in the PBX's database; None: no entry. `plan` is the last plan that wanted it."""

    __tablename__ = "pbx_copy"
    __table_args__ = (
        Index("ix_pbx_copy_differs", "account_id", "key", postgresql_where=text("wanted is distinct from there")),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    wanted: Mapped[str | None]
    there: Mapped[str | None]
    plan: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class CopyState(Base):
    """`version` identifies the settings behind the values, `place` is the position in the phonebook's changes,
    `address` the PBX whose entries are `there`; `trouble` is a kind of docs/api.md."""

    __tablename__ = "pbx_copies"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[str] = mapped_column(default="", server_default="")
    plan: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    place: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    followed_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(default="", server_default="")
    trouble: Mapped[str] = mapped_column(default="", server_default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`wanted` None: delete the key."""

    key: str
    wanted: str | None


_VERSION = """
    md5(concat_ws('|', a.settings -> 'employees', a.settings -> 'routing', a.settings -> 'country',
        (select string_agg(user_id::text, ',' order by user_id) from account_users
         where account_id = a.id and is_active)))
"""
_VERSION_OF = text(f"select {_VERSION} from accounts a where id = :account")
_BEHIND = text(
    f"""
    select a.id from accounts a left join pbx_copies c on c.account_id = a.id
    where a.id = any(:accounts) and (
        c.followed_at is null or c.followed_at < now() - :young or c.version <> {_VERSION}
        or exists (select from phonebook_changes p where p.account_id = a.id and p.changed_in >= c.place))
    """
)


def behind(accounts: Collection[int]) -> set[int]:
    """Of these accounts, those whose phonebook or settings have changed since."""
    found = db.session.execute(_BEHIND, {"accounts": list(accounts), "young": YOUNG})
    return {account_id for (account_id,) in found}


def version(account_id: int) -> str:
    """Identifies the settings, apart from the phonebook, that the values depend on."""
    found: str = db.session.execute(_VERSION_OF, {"account": account_id}).scalar_one()
    return found


def state(account_id: int) -> CopyState:
    """The current row, locked until this transaction ends."""
    db.session.execute(insert(CopyState).values(account_id=account_id).on_conflict_do_nothing())
    return db.session.get_one(CopyState, account_id, with_for_update=True, populate_existing=True)


def want(account_id: int, values: Mapping[str, str], plan: int) -> None:
    """Sets the wanted values of these keys."""
    if not values:
        return
    keys, wanted = _texts(values.keys()), _texts(values.values())
    each = func.unnest(keys, wanted).table_valued("key", "wanted").render_derived("each")
    row = select(literal(account_id, BigInteger), each.c.key, each.c.wanted, literal(plan, BigInteger))
    fresh = insert(CopyRow).from_select(["account_id", "key", "wanted", "plan"], row)
    new = {"wanted": fresh.excluded.wanted, "plan": fresh.excluded.plan}
    is_new = tuple_(CopyRow.wanted, CopyRow.plan).is_distinct_from(tuple_(*new.values()))
    db.session.execute(
        fresh.on_conflict_do_update(index_elements=["account_id", "key"], set_=new, where=is_new)
    )  # fmt: skip


def unwant(account_id: int, keys: Collection[str]) -> None:
    """Makes these keys unwanted."""
    _unwant(account_id, CopyRow.key == func.any(_texts(keys)))


def unwant_older(account_id: int, plan: int) -> None:
    """Makes the keys outside this plan unwanted."""
    _unwant(account_id, CopyRow.plan < plan)


def _unwant(account_id: int, which: ColumnElement[bool]) -> None:
    wanted = (CopyRow.account_id == account_id, CopyRow.wanted.is_not(None), which)
    db.session.execute(update(CopyRow).where(*wanted).values(wanted=None))
    _sweep(account_id)


def wanted(account_id: int, keys: Collection[str]) -> set[str]:
    """Of these, the keys that are wanted already."""
    mine = (CopyRow.account_id == account_id, CopyRow.wanted.is_not(None))
    return set(db.session.scalars(select(CopyRow.key).where(*mine, CopyRow.key == func.any(_texts(keys)))))


def differences(account_id: int, limit: int) -> Sequence[Difference]:
    """The changes to send."""
    mine = (CopyRow.account_id == account_id, CopyRow.wanted.is_distinct_from(CopyRow.there))
    query = select(CopyRow.key, CopyRow.wanted).where(*mine).order_by(CopyRow.key).limit(limit)
    return [Difference(key=key, wanted=wanted) for key, wanted in db.session.execute(query)]


def put_there(account_id: int, values: Mapping[str, str | None]) -> None:
    """Stores that these values are on the PBX now; a key unknown before is unwanted."""
    if not values:
        return
    rows = [{"account_id": account_id, "key": key, "there": value} for key, value in values.items()]
    fresh = insert(CopyRow)
    there = fresh.on_conflict_do_update(
        index_elements=["account_id", "key"], set_={"there": fresh.excluded.there}
    )  # fmt: skip
    db.session.execute(there, rows)
    _sweep(account_id)


def there(account_id: int) -> dict[str, str]:
    """All entries on the PBX, as far as is known."""
    query = select(CopyRow.key, CopyRow.there).where(CopyRow.account_id == account_id, CopyRow.there.is_not(None))
    return {key: value or "" for key, value in db.session.execute(query)}


def forget_there(account_id: int) -> None:
    """For another PBX, which has no entries yet."""
    db.session.execute(update(CopyRow).where(CopyRow.account_id == account_id).values(there=None))
    _sweep(account_id)


def counts(account_id: int) -> tuple[int, int]:
    """The number of entries on the PBX, and of differences."""
    entries = select(func.count(CopyRow.there)).where(CopyRow.account_id == account_id)
    differ = (CopyRow.account_id == account_id, CopyRow.wanted.is_distinct_from(CopyRow.there))
    waiting = select(func.count()).select_from(CopyRow).where(*differ)
    return db.session.scalar(entries) or 0, db.session.scalar(waiting) or 0


def count_wanted(account_id: int) -> int:
    return db.session.scalar(select(func.count(CopyRow.wanted)).where(CopyRow.account_id == account_id)) or 0


def address(account_id: int) -> str:
    """The address of the account's PBX."""
    pbx = db.session.get_one(AccountPbx, account_id)
    return f"{pbx.host}:{pbx.port}"


def _sweep(account_id: int) -> None:
    """Deletes keys that are neither on the PBX nor wanted."""
    mine = (CopyRow.account_id == account_id, CopyRow.wanted.is_(None), CopyRow.there.is_(None))
    db.session.execute(delete(CopyRow).where(*mine))


def _texts(values: Collection[Any]) -> ColumnElement[Any]:
    return cast(list(values), ARRAY(String))
