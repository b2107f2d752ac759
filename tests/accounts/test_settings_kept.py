"""What a process has read of an account's settings it does not read again, and never keeps a moment too long."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import update

from backend.config import Settings
from backend.store import db
from backend.store.accounts import Account, AccountUser, replace_mirror
from backend.store.settings import settings
from backend.store.settings.settings import AccountSettings

ACME, BETA = 1, 2


@pytest.fixture
def two(app: Flask) -> Flask:
    with app.app_context():
        for account in (ACME, BETA):
            db.session.add(Account(id=account, host=f"a{account}.amocrm.ru"))
            db.session.flush()
            people = [{"user_id": 7, "name": f"Анна {account}", "is_active": True, "is_admin": False}]
            replace_mirror(AccountUser, account, people)
            told: Any = {"employees": [{"user_id": 7, "extensions": [f"{account}01"]}]}
            settings.write(account, AccountSettings.model_validate(told))
        db.session.commit()
    return app


def elsewhere(ours: Settings, statement: str) -> None:
    """As another process does it."""
    with psycopg.connect(ours.libpq_url, autocommit=True) as connection:
        connection.execute(statement.encode())


def seats(account: int) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.name, each.extensions) for each in settings.rules(account).employees]


def test_the_same_settings_are_understood_once(two: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with two.app_context():
        before = settings.rules(ACME)
        monkeypatch.setattr(AccountSettings, "to_rules", None)
        assert settings.rules(ACME) is before
        settings.read(ACME)


def test_whatever_another_process_changes_is_seen_at_once(two: Flask, ours: Settings) -> None:
    with two.app_context():
        assert (seats(ACME), seats(BETA)) == ([("Анна 1", ("101",))], [("Анна 2", ("201",))])
        elsewhere(ours, 'update accounts set settings = settings || \'{"country": "KZ"}\' where id = 1')
        assert (settings.read(ACME).country, settings.rules(ACME).country) == ("KZ", "KZ")
        elsewhere(ours, "update account_users set name = 'Анна Б' where account_id = 1")
        assert seats(ACME) == [("Анна Б", ("101",))]
        elsewhere(ours, "update account_users set is_active = false where account_id = 1")
        assert seats(ACME) == []
        elsewhere(ours, "delete from account_users where account_id = 1")
        assert seats(ACME) == [("7", ("101",))]
        assert (settings.read(BETA).country, seats(BETA)) == ("RU", [("Анна 2", ("201",))])


def test_what_the_session_had_loaded_before_is_not_what_is_kept(two: Flask, ours: Settings) -> None:
    with two.app_context():
        loaded = db.session.get(Account, ACME)
        assert loaded is not None
        elsewhere(ours, "update accounts set zone = 'Asia/Omsk' where id = 1")
        assert settings.read(ACME).zone == "Asia/Omsk"
        assert loaded.zone == ""


def test_a_change_that_is_taken_back_was_seen_by_nobody_else(two: Flask) -> None:
    with two.app_context():
        settings.write(ACME, AccountSettings.model_validate({"country": "BY"}))
        assert settings.read(ACME).country == "BY"
        db.session.rollback()
        assert (settings.read(ACME).country, seats(ACME)) == ("RU", [("Анна 1", ("101",))])


def test_a_process_keeps_so_many_accounts_and_no_more(two: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MOST_KEPT", 1)
    monkeypatch.setattr(settings, "_kept", {})
    with two.app_context():
        for account in (ACME, BETA, ACME):
            assert seats(account) == [(f"Анна {account}", (f"{account}01",))]
        assert list(settings._kept) == [ACME]
        with pytest.raises(LookupError):
            settings.rules(3)


def test_a_pattern_that_only_an_older_version_accepted_stays_to_be_seen(two: Flask) -> None:
    """It finds nothing, and the account's other settings go on."""
    stored = {"trunks": ["^(?!10)", "a" * 150], "extensions": [r"^(\d{3})$"]}
    with two.app_context():
        db.session.execute(update(Account).where(Account.id == ACME).values(settings=stored))
        db.session.commit()
        kept = settings.read(ACME)
        assert kept.trunks == tuple(stored["trunks"])
        assert kept.to_lines().whose("PJSIP/101-0000001a").extension == "101"
