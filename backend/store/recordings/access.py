"""Access to an account's recordings: the secret of their source, and the key with which its PBX pushes them."""

from __future__ import annotations

import hmac
import secrets

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db
from backend.store.base.crypto import Secret
from backend.store.journal.journal import CallRow
from backend.store.settings.recordings import RecordingsSetting, SourceKind


class RecordingAccess(Base):
    """`place` is where `secret` may be sent (RecordingsSetting.secret_place); `upload_key` is in the lines pasted on
    the PBX."""

    __tablename__ = "recording_access"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[str] = mapped_column(default="")
    secret: Mapped[str | None] = mapped_column(Secret)
    upload_key: Mapped[str | None] = mapped_column(Secret)


def secret_for(account_id: int, wanted: RecordingsSetting) -> str | None:
    """The given secret, or the stored one, which is never sent to an address or user other than its own."""
    if wanted.secret:
        return wanted.secret.get_secret_value()
    row = db.session.get(RecordingAccess, account_id)
    return row.secret if row is not None and row.place == wanted.secret_place else None


def write(account_id: int, wanted: RecordingsSetting) -> None:
    """Keeps the secret of these settings, drops one of another address, creates a key where one is needed.

    Does not commit.
    """
    secret = secret_for(account_id, wanted)
    row = _row(account_id)
    if (row.place, row.secret) != (wanted.secret_place, secret):
        row.place, row.secret = wanted.secret_place, secret
    if wanted.source is SourceKind.PUSH and row.upload_key is None:
        row.upload_key = _new_key()


def renew_key(account_id: int) -> None:
    """Replaces the key; the previous one becomes invalid. Does not commit."""
    _row(account_id).upload_key = _new_key()


def has_secret(account_id: int, wanted: RecordingsSetting) -> bool:
    return secret_for(account_id, wanted) is not None


def upload_key(account_id: int) -> str | None:
    row = db.session.get(RecordingAccess, account_id)
    return row.upload_key if row is not None else None


def may_upload(account_id: int, key: str) -> bool:
    """Whether this is the account's key, compared in constant time."""
    kept = upload_key(account_id)
    return kept is not None and hmac.compare_digest(kept.encode(), key.encode())


def newest_name(account_id: int) -> str | None:
    """The PBX's name of the latest call's recording, if any."""
    named = (CallRow.account_id == account_id, CallRow.recording.is_not(None))
    return db.session.scalar(select(CallRow.recording).where(*named).order_by(CallRow.started.desc()).limit(1))


def _row(account_id: int) -> RecordingAccess:
    row = db.session.get(RecordingAccess, account_id, with_for_update=True)
    if row is None:
        row = RecordingAccess(account_id=account_id)
        db.session.add(row)
    return row


def _new_key() -> str:
    return secrets.token_urlsafe(32)
