"""Sites that may request callbacks: their public keys, in pages, and their servers' secrets.

A site's name, hosts and targets are a setting of the account under the same key; the site works while that setting
exists.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.base.crypto import Secret
from backend.store.settings.callback import MOST_SITES

KEPT_UNSAVED = timedelta(days=1)  # a site that was created but never saved


class SiteRow(Base):
    __tablename__ = "callback_sites"

    key: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    secret: Mapped[str] = mapped_column(Secret)
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


def find(key: str) -> SiteRow | None:
    """Of any account: the key identifies it."""
    return db.session.get(SiteRow, key)


def keys(account_id: int) -> frozenset[str]:
    return frozenset(db.session.scalars(select(SiteRow.key).where(SiteRow.account_id == account_id)))


def make(account_id: int, saved: Collection[str]) -> SiteRow | None:
    """A site with a new key and secret; None when there are too many. `saved` are the keys in the account's settings:
    other sites older than a day are deleted. Does not commit."""
    old = (SiteRow.account_id == account_id, SiteRow.key.not_in(saved), SiteRow.made_at < func.now() - KEPT_UNSAVED)
    db.session.execute(delete(SiteRow).where(*old))
    if len(keys(account_id)) >= 2 * MOST_SITES:
        return None
    row = SiteRow(key=secrets.token_urlsafe(16), account_id=account_id, secret=_new_secret())
    db.session.add(row)
    db.session.flush()
    return row


def renew_secret(account_id: int, key: str) -> SiteRow | None:
    """The site with a new secret; the previous one becomes invalid. None for an unknown site of the account. Does not
    commit."""
    row = db.session.get(SiteRow, key, with_for_update=True)
    if row is None or row.account_id != account_id:
        return None
    row.secret = _new_secret()
    return row


def _new_secret() -> str:
    return secrets.token_urlsafe(32)
