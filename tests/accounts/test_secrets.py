"""Secrets at rest: encrypted, readable with any key, rotated while everything runs, useless without the key."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from flask import Flask

from backend import crm_access as errands
from backend.amocrm import requests
from backend.store import db, installs, tokens
from backend.store.base import crypto
from backend.store.base.crypto import KeysUnusable
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm

from .conftest import MakeApp, fresh

Two = tuple[AccountHandle, AccountHandle]


def raw() -> set[str]:
    """Every encrypted text as the database holds it."""
    query = """
        select access_token from account_tokens union all select refresh_token from account_tokens
        union all select code from installs
    """
    return {text for (text,) in db.session.connection().exec_driver_sql(query)}


def test_nothing_readable_is_stored(connected: Two, crm: Crm) -> None:
    for office in connected:
        stored = tokens.read(office.id)
        assert stored is not None
        assert not {stored.access, stored.refresh} & raw()
        assert stored.access not in repr(stored)


def test_a_rotation_moves_every_secret_to_the_new_key(connected: Two, make_app: MakeApp, keys: tuple[str, ...]) -> None:
    acme, beta = connected
    installs.write_down("acme.amocrm.ru", "def502code")
    before = {office.id: tokens.read(office.id) for office in connected}
    new = Fernet.generate_key().decode()
    with make_app(secret_keys=(new, *keys)).app_context():
        assert crypto.rotate_keys() == 5
    with make_app(secret_keys=(new,)).app_context():
        assert {office.id: tokens.read(office.id) for office in connected} == before
        assert errands.client_for(acme.id).send(requests.account())["id"] == acme.id
        assert errands.client_for(beta.id).send(requests.account())["id"] == beta.id


def test_a_secret_changed_during_the_rotation_is_not_undone(
    connected: Two, make_app: MakeApp, keys: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, _ = connected
    rotate_row = crypto._rotate_row

    def refreshed_meanwhile(*row: object) -> None:
        with tokens.hold(acme.id) as held:
            stored = held.stored
            assert stored is not None
            held.keep(host=stored.host, access="newer", refresh="newest", refreshed_at=1.0, expires_at=2.0)
        rotate_row(*row)  # type: ignore[arg-type]

    with make_app(secret_keys=(Fernet.generate_key().decode(), *keys)).app_context():
        with monkeypatch.context() as patch:
            patch.setattr(crypto, "_rotate_row", refreshed_meanwhile)
            crypto.rotate_keys()
        stored = tokens.read(acme.id)
        assert stored is not None
        assert (stored.access, stored.refresh) == ("newer", "newest")


def test_without_the_key_the_answer_is_clear(connected: Two, make_app: MakeApp) -> None:
    with make_app(secret_keys=(Fernet.generate_key().decode(),)).app_context():
        with pytest.raises(KeysUnusable, match="put the old key back"):
            tokens.read(connected[0].id)
        with pytest.raises(KeysUnusable, match="put the old key back"):
            crypto.rotate_keys()
    fresh()
    assert tokens.read(connected[0].id) is not None


@pytest.mark.parametrize("keys", [(), ("not a key",)])
def test_unusable_keys_are_named_without_being_shown(keys: tuple[str, ...]) -> None:
    with pytest.raises(KeysUnusable, match="SECRET_KEYS") as refusal:
        crypto.use_keys(Flask("app"), keys)
    assert "not a key" not in str(refusal.value)
