"""The integration is turned off: a signed hook, once or many times, for one account."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend import crm_access as errands
from backend import must_know_keys
from backend.amocrm import requests
from backend.amocrm.errors import Need, NeedsPerson
from backend.amocrm.onetime import BadToken, verify
from backend.config import REDIRECT_PATH, Settings, StartError
from backend.store import accounts, tokens
from backend.store.accounts import AccountState
from sandbox.crm import tokens as amocrms
from sandbox.crm.faults import Kind
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm

from .conftest import fresh

Two = tuple[AccountHandle, AccountHandle]
HOOK = f"{REDIRECT_PATH}/disabled"


def signed(crm: Crm, account_id: int) -> dict[str, str]:
    (integration,) = crm.parts.world.integrations.values()
    signature = amocrms.disable_signature(integration, account_id)
    return {"account_id": str(account_id), "client_uuid": crm.client_id, "signature": signature}


def state(office: AccountHandle) -> AccountState:
    fresh()
    account = accounts.find(office.id)
    assert account is not None
    return account.state


def test_the_account_is_let_go_and_the_other_stays(connected: Two) -> None:
    acme, beta = connected
    acme.disable()
    assert (state(acme), state(beta)) == (AccountState.DISABLED, AccountState.CONNECTED)
    assert tokens.read(acme.id) is None
    asked = len(acme.requests())
    with pytest.raises(NeedsPerson) as refusal:
        errands.client_for(acme.id).send(requests.account())
    assert refusal.value.need is Need.REAUTHORISE
    assert len(acme.requests()) == asked
    assert state(acme) is AccountState.DISABLED


def test_a_hook_of_before_a_new_install_disables_nothing(connected: Two, crm: Crm, browser: FlaskClient) -> None:
    """amoCRM lets us in: its signature has no time, and may be delivered again."""
    acme, _ = connected
    assert browser.get(HOOK, query_string=signed(crm, acme.id)).status_code == 200
    assert state(acme) is AccountState.CONNECTED
    assert errands.client_for(acme.id).send(requests.account())
    assert errands.ask_of_disabling() == 0


def test_a_hook_while_amocrm_cannot_be_asked_is_asked_of_later(connected: Two, crm: Crm, browser: FlaskClient) -> None:
    acme, _ = connected
    acme.revoke_tokens()
    crm.spoil(Kind.STATUS, status=502)
    assert browser.get(HOOK, query_string=signed(crm, acme.id)).status_code == 200
    assert state(acme) is AccountState.CONNECTED
    crm.mend()
    assert errands.ask_of_disabling() == 1
    assert state(acme) is AccountState.DISABLED
    assert errands.ask_of_disabling() == 0


@pytest.mark.parametrize("name", ["client_uuid", "client_id"])
def test_either_name_of_the_client_and_any_number_of_times(
    connected: Two, crm: Crm, browser: FlaskClient, name: str
) -> None:
    acme, _ = connected
    acme.revoke_tokens()
    query = signed(crm, acme.id)
    query[name] = query.pop("client_uuid")
    assert [browser.get(HOOK, query_string=query).status_code for _ in range(2)] == [200, 200]
    assert state(acme) is AccountState.DISABLED


def test_the_contracts_own_example_is_accepted(make_app: object) -> None:
    app = make_app(  # type: ignore[operator]
        amocrm_client_id="3f1c0f0e-5d0a-4c52-9a10-2b7f0f6f4a11", amocrm_client_secret="sandbox-secret-AbC123"
    )
    query = (
        "account_id=31000777&client_uuid=3f1c0f0e-5d0a-4c52-9a10-2b7f0f6f4a11"
        "&signature=c13307282ffe8110a695bfdde5c6c09bdf4c96721b46515a9ebea0becfcd7afd"
    )
    assert app.test_client().get(f"{HOOK}?{query}").status_code == 200


FORGED = (
    {"signature": ""},
    {"signature": "0" * 64},
    {"signature": "ы"},
    {"client_uuid": "another"},
    {"client_uuid": ""},
    {"account_id": ""},
    {"account_id": "1' or 1=1"},
    {"account_id": "9" * 30},
    {"account_id": "٣"},
)


def test_a_forged_hook_changes_nothing(connected: Two, crm: Crm, browser: FlaskClient) -> None:
    acme, beta = connected
    answers = [browser.get(HOOK, query_string=signed(crm, acme.id) | each).status_code for each in FORGED]
    assert answers == [403] * len(FORGED)
    assert (state(acme), state(beta)) == (AccountState.CONNECTED, AccountState.CONNECTED)


def test_one_accounts_signature_does_not_open_another(connected: Two, crm: Crm, browser: FlaskClient) -> None:
    acme, beta = connected
    query = signed(crm, acme.id) | {"account_id": str(beta.id)}
    assert browser.get(HOOK, query_string=query).status_code == 403
    assert state(beta) is AccountState.CONNECTED


def test_without_our_keys_nothing_is_believed(connected: Two, crm: Crm) -> None:
    """An empty key signs for everybody."""
    acme, _ = connected
    bare = dataclasses.replace(errands.integration(), client_secret="")
    told = f"{bare.client_id}|{acme.id}".encode()
    assert not bare.signs_disabling(str(acme.id), hmac.new(b"", told, hashlib.sha256).hexdigest())
    with pytest.raises(BadToken):
        verify(acme.widget_token(acme.users[0]), bare, time.time())


def test_connected_accounts_want_the_keys_at_the_start(connected: Two, app: Flask, database: Settings) -> None:
    must_know_keys(database)
    with pytest.raises(StartError, match="AMOCRM_CLIENT_ID"):
        must_know_keys(database.model_copy(update={"amocrm_client_secret": ""}))
