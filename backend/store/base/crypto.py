"""Secrets at rest: a column type that encrypts with the first key and reads with any of them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import Flask, current_app
from sqlalchemy import Column, Table, Text, literal, select, update
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from backend.store import Base, db

BATCH = 500  # rows re-encrypted per transaction, so that a rotation never holds many locks
LOST_KEY = "a stored secret opens with none of SECRET_KEYS: put the old key back at the end of the list"


class KeysUnusable(Exception):
    """The keys are missing or malformed, or none decrypts the stored secrets: a person must restore the right ones."""


def use_keys(app: Flask, keys: Sequence[str]) -> None:
    """Gives the app its keys, the writing one first. Raises KeysUnusable without naming a key."""
    if not keys:
        raise KeysUnusable("SECRET_KEYS is empty: give at least one Fernet key")
    try:
        app.extensions["keyring"] = MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise KeysUnusable("SECRET_KEYS must be a comma list of Fernet keys (32 bytes, url-safe base64)") from None
    app.extensions["digest_key"] = hashlib.sha256(b"digest " + keys[0].encode()).digest()


def _keyring() -> MultiFernet:
    keyring = current_app.extensions["keyring"]
    assert isinstance(keyring, MultiFernet)
    return keyring


class Secret(TypeDecorator[str]):
    """Text that the database holds encrypted. Not searchable: the same text is stored differently each time."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _keyring().encrypt(value.encode()).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        try:
            return _keyring().decrypt(value).decode()
        except InvalidToken:
            raise KeysUnusable(LOST_KEY) from None


class BadSeal(Exception):
    """The text was not sealed with our keys, or is too old."""


def seal(text: str) -> str:
    """A token that only our keys can create and read; safe in an address."""
    return _keyring().encrypt(text.encode()).decode()


def unseal(token: str, life: int) -> str:
    """The text of a token sealed at most `life` seconds ago, with any of the keys. Raises BadSeal."""
    try:
        return _keyring().decrypt(token.encode(), ttl=life).decode()
    except InvalidToken:
        raise BadSeal("not ours, or expired") from None


def keyed_digest(text: str) -> str:
    """The same digest for the same text as long as the first key stays; without the key the text cannot be guessed from
    it."""
    return hmac.new(current_app.extensions["digest_key"], text.encode(), hashlib.sha256).hexdigest()


def rotate_keys() -> int:
    """Re-encrypts every secret with the first key and commits; returns the number. Safe while the service runs."""
    return sum(
        _rotate_column(table, column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Secret)
    )


def _rotate_column(table: Table, column: Column[Any]) -> int:
    raw = column.cast(Text).label("raw")
    keys = list(table.primary_key.columns)
    rows: Sequence[Any] = db.session.execute(select(*keys, raw).where(column.is_not(None))).all()
    for start in range(0, len(rows), BATCH):
        for row in rows[start : start + BATCH]:
            _rotate_row(table, column, row)
        db.session.commit()
    return len(rows)


def _rotate_row(table: Table, column: Column[Any], row: Sequence[Any]) -> None:
    """Changes the row only if it still holds the value that was read: a token refreshed meanwhile already has the new
    key."""
    identity, raw = row[:-1], row[-1]
    try:
        fresh = _keyring().rotate(raw.encode()).decode()
    except InvalidToken:
        raise KeysUnusable(LOST_KEY) from None
    same = [key == value for key, value in zip(table.primary_key.columns, identity, strict=True)]
    bare = column.cast(Text)
    db.session.execute(update(table).where(*same, bare == raw).values({column: literal(fresh, Text())}))
