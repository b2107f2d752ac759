"""Settings: every wrong one is named in words, no secret is ever shown."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy.pool import QueuePool

from backend import create_app
from backend.config import (
    Settings,
    StartError,
    database_url_file,
    keep_secret_key,
    load_settings,
    new_secret_key,
    secret_key_file,
    write_private,
)
from backend.store import db
from backend.store.base.side_session import ASIDE

KEY, OLD_KEY = new_secret_key(), new_secret_key()
PLAIN = {"DATABASE_URL": "postgres://db/name", "SECRET_KEYS": KEY}


def load(**environ: str) -> Settings:
    return load_settings({**PLAIN, **environ})


@pytest.mark.parametrize(
    ("given", "sqlalchemy", "libpq"),
    [
        ("postgres://u:p@h:5433/n", "postgresql+psycopg://u:p@h:5433/n", "postgresql://u:p@h:5433/n"),
        ("postgresql://h/n?sslmode=require", "postgresql+psycopg://h/n?sslmode=require", "postgresql://h/n?sslmode=require"),
        ("postgresql+psycopg://h/n", "postgresql+psycopg://h/n", "postgresql://h/n"),
        (" postgres://u:p%40%2F@h/n\n", "postgresql+psycopg://u:p%40%2F@h/n", "postgresql://u:p%40%2F@h/n"),
        ("postgres:///n?host=%2Ftmp%2Fx", "postgresql+psycopg:///n?host=%2Ftmp%2Fx", "postgresql:///n?host=%2Ftmp%2Fx"),
    ],
)  # fmt: skip
def test_any_spelling_of_the_database_is_understood(given: str, sqlalchemy: str, libpq: str) -> None:
    settings = load(DATABASE_URL=given)
    assert (settings.database_url, settings.libpq_url) == (sqlalchemy, libpq)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "mysql://u:hunter2@h/n", "DATABASE_URL: must begin with postgresql://"),
        ("DATABASE_URL", "hunter2", "DATABASE_URL: must begin with postgresql://"),
        ("DATABASE_URL", "postgres://u:hunter2@h:port/n", "DATABASE_URL: must look like postgresql://"),
        ("SECRET_KEYS", "hunter2", "SECRET_KEYS: key 1 is not a Fernet key: make one with `python -m"),
        pytest.param("SECRET_KEYS", f"{KEY},hunter2", "SECRET_KEYS: key 2 is not", id="SECRET_KEYS-second"),
        ("SECRET_KEYS", " , ", "SECRET_KEYS: no key: make one"),
        ("PORT", "hunter2", "PORT: "),
        ("PORT", "0", "PORT: "),
        ("WEB_CONCURRENCY", "1000", "WEB_CONCURRENCY: "),
        ("TRUSTED_PROXIES", "-1", "TRUSTED_PROXIES: "),
        ("TRUSTED_PROXIES", "proxy.example", "TRUSTED_PROXIES: "),
        ("BIND", "here; there", "BIND: "),
        ("PUBLIC_URL", "http://phone.example.com", "PUBLIC_URL: must begin with https://"),
        ("PUBLIC_URL", "https://phone.example.com/x", "PUBLIC_URL: must be an address without a path"),
        ("PUBLIC_URL", "phone.example.com", "PUBLIC_URL: must be an address"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT: "),
        ("METRICS_TOKEN", "hunter2", "METRICS_TOKEN: must have 16 to 200"),
        ("RECORDINGS_URL", "ftp://hunter2", "RECORDINGS_URL: must look like s3://bucket/prefix"),
        ("AWS_ENDPOINT_URL", "hunter2", "AWS_ENDPOINT_URL: must look like https://"),
        ("SUPPORT_EMAIL", "hunter2", "SUPPORT_EMAIL: must be an address"),
        ("SUPPORT_PHONE", "hunter2", "SUPPORT_PHONE: must be a telephone number"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_and_its_value_kept_private(name: str, value: str, words: str) -> None:
    with pytest.raises(StartError) as refusal:
        load(**{name: value})
    message = str(refusal.value)
    assert message.startswith(words)
    assert "hunter2" not in message
    assert "\n" not in message


def test_all_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(StartError) as refusal:
        load_settings({"DATA_DIR": str(tmp_path), "SECRET_KEYS": " "})
    assert "DATABASE_URL: is not set" in str(refusal.value)
    assert "SECRET_KEYS: is not set: make one with `python -m backend secret-key`" in str(refusal.value)


def test_the_first_key_encrypts_and_every_key_decrypts() -> None:
    keys = load(SECRET_KEYS=f" {KEY} , {OLD_KEY},").secret_keys
    assert keys == (KEY, OLD_KEY)
    ring = MultiFernet([Fernet(key) for key in keys])
    assert ring.decrypt(Fernet(OLD_KEY).encrypt(b"old")) == b"old"
    assert Fernet(KEY).decrypt(ring.encrypt(b"new")) == b"new"


def test_secrets_do_not_show() -> None:
    shown = repr(load(DATABASE_URL="postgres://u:hunter2@h/n", AMOCRM_CLIENT_SECRET="hunter3"))
    assert not [secret for secret in ("hunter2", "hunter3", KEY) if secret in shown]


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().port = 1  # type: ignore[misc]


def test_the_defaults_fit_a_small_database_plan() -> None:
    assert load().connections <= 18


@pytest.mark.parametrize("share", [2, 3, 4, 10])
def test_a_process_never_opens_more_than_its_share(share: int) -> None:
    app = create_app(load(), connections=share)
    with app.app_context():
        engines = cast(list[QueuePool], [db.engine.pool, db.engines[ASIDE].pool])
    assert all(pool._max_overflow == 0 for pool in engines)
    assert sum(pool.size() for pool in engines) == share


def test_the_redirect_address_follows_the_public_one() -> None:
    assert load(PUBLIC_URL="https://phone.example.com/").redirect_uri == "https://phone.example.com/oauth/amocrm"


def test_what_the_embedded_set_up_made_for_itself_is_found(tmp_path: Path) -> None:
    keep_secret_key(tmp_path)
    write_private(database_url_file(tmp_path), "postgresql+psycopg://postgres@/postgres?host=%2Ftmp%2Fx")
    settings = load_settings({"DATA_DIR": str(tmp_path)})
    assert settings.secret_keys == (secret_key_file(tmp_path).read_text(),)
    assert settings.database_url.endswith("?host=%2Ftmp%2Fx")
    assert load_settings({**PLAIN, "DATA_DIR": str(tmp_path)}).secret_keys == (KEY,)  # the environment comes first


def test_the_kept_key_is_made_once_and_private(tmp_path: Path) -> None:
    keep_secret_key(tmp_path / "new")
    first = secret_key_file(tmp_path / "new").read_text()
    keep_secret_key(tmp_path / "new")
    assert secret_key_file(tmp_path / "new").read_text() == first
    assert secret_key_file(tmp_path / "new").stat().st_mode & 0o777 == 0o600
