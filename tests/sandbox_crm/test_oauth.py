"""Codes, tokens and who may have them."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import CLIENT_ID, CLIENT_SECRET, Crm
from tests.sandbox_crm.conftest import NOON, Client
from tests.sandbox_crm.recorder import Recorder

REDIRECT = "https://pbx.example.test/oauth/amocrm"


@pytest.fixture(autouse=True)
def _integration(crm: Crm) -> None:
    crm.integrate(REDIRECT)


def consent(crm: Crm, user: int, *, host: str = "www.amocrm.test", decision: str = "accept") -> requests.Response:
    with requests.Session() as browser:
        browser.trust_env = False
        account = next(a for a in crm.accounts if user in [u["id"] for u in a.users])
        form = {"client_id": CLIENT_ID, "state": "s1", "who": f"{account.id}:{user}", "decision": decision}
        headers = {"Host": host, "Connection": "close"}
        return browser.post(f"{crm.address}/oauth", form, headers=headers, allow_redirects=False, timeout=20)


def code(crm: Crm, acme: AccountHandle) -> str:
    answer = consent(crm, acme.users[0]["id"])
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["code"]


def exchange(client: Client, **sent: str) -> requests.Response:
    keys = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT}
    return client.post("/oauth2/access_token", {**keys, **sent})


def by_code(client: Client, code: str, **sent: str) -> requests.Response:
    return exchange(client, grant_type="authorization_code", code=code, **sent)


def refresh(client: Client, token: str) -> requests.Response:
    return exchange(client, grant_type="refresh_token", refresh_token=token)


def hint(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["hint"]


def test_code_lives_twenty_minutes(crm: Crm, acme: AccountHandle, client: Client) -> None:
    late, timely = code(crm, acme), code(crm, acme)
    crm.clock.set(NOON + 1199, frozen=True)
    assert by_code(client, timely).status_code == 200
    crm.clock.set(NOON + 1200, frozen=True)
    assert hint(by_code(client, late)) == (400, "Authorization code has expired")


def test_refused_exchange_does_not_use_the_code_up(crm: Crm, acme: AccountHandle, client: Client) -> None:
    given = code(crm, acme)
    assert hint(by_code(client, given, client_secret="x")) == (400, "Check the `client_secret` parameter")
    assert hint(by_code(client, given, client_id="x")) == (400, "Check the `client_id` parameter")
    assert by_code(client, given).status_code == 200


def test_code_of_another_account(crm: Crm, acme: AccountHandle, client: Client) -> None:
    given = code(crm, acme)
    crm.account("beta")
    client.host = "beta.amocrm.test"
    assert hint(by_code(client, given)) == (400, "Invalid account")
    client.host = "nobody.amocrm.test"
    assert by_code(client, given).status_code == 404


def test_access_token_looks_like_amocrms(crm: Crm, acme: AccountHandle, client: Client) -> None:
    token = by_code(client, code(crm, acme)).json()["access_token"]
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["exp"] - claims["iat"] == 86_400
    assert {k: claims[k] for k in ("aud", "account_id", "base_domain", "api_domain", "sub")} == {
        "aud": CLIENT_ID,
        "account_id": acme.id,
        "base_domain": "amocrm.test",
        "api_domain": "api-a.amocrm.test",
        "sub": str(acme.users[0]["id"]),
    }


def test_refresh_token_dies_after_three_months_and_garbage_never_lived(
    crm: Crm, acme: AccountHandle, client: Client
) -> None:
    token = acme.tokens()["refresh_token"]
    assert hint(refresh(client, "garbage")) == (401, "Cannot decrypt the refresh token")
    crm.clock.advance(90 * 86_400)
    assert hint(refresh(client, token)) == (401, "Token has expired")


def test_grace_lets_an_old_refresh_token_work_until_the_new_one_is_used(
    crm: Crm, acme: AccountHandle, client: Client
) -> None:
    crm.use_grace(True)
    old = acme.tokens()["refresh_token"]
    lost = refresh(client, old).json()["refresh_token"]
    new = refresh(client, old).json()["refresh_token"]
    assert lost != new
    assert refresh(client, new).status_code == 200
    assert hint(refresh(client, old)) == (401, "Token has been revoked")


def test_disabled_integration_has_no_tokens(crm: Crm, acme: AccountHandle, client: Client, recorder: Recorder) -> None:
    crm.integrate(REDIRECT, f"{recorder.url}/off")
    token = acme.tokens()["refresh_token"]
    assert acme.disable() == 200
    assert recorder.next().path.startswith(f"/off?account_id={acme.id}&client_uuid={CLIENT_ID}&signature=")
    assert client.get("/api/v4/account").status_code == 401
    crm.integrate(REDIRECT)
    assert hint(refresh(client, token)) == (401, "Token has been revoked")


def test_install_hook_waits_its_deadline_and_never_repeats(
    crm: Crm, acme: AccountHandle, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.crm.handle.INSTALL_DEADLINE", 0.1)
    crm.integrate(f"{recorder.url}/oauth")
    recorder.gate.clear()
    assert acme.install() == 499
    crm.clock.advance(7200)
    assert crm.settle()
    recorder.next()
    assert recorder.received.empty()
    assert crm.waiting == []


def test_first_grant_is_an_admins(crm: Crm, acme: AccountHandle) -> None:
    admin, plain = acme.users[0]["id"], acme.add_user("Борис Волков")["id"]
    assert consent(crm, plain).status_code == 403
    assert consent(crm, admin).status_code == 302
    assert consent(crm, plain).status_code == 302


def test_consent_page_is_not_on_the_accounts_own_host(crm: Crm, acme: AccountHandle) -> None:
    assert consent(crm, acme.users[0]["id"], host="acme.amocrm.test").status_code == 404


def test_admins_grant_outlives_him_and_anothers_does_not(crm: Crm, acme: AccountHandle, client: Client) -> None:
    plain = acme.add_user("Борис Волков")
    admins = client.token
    plains = acme.tokens(plain)["access_token"]
    acme.set_user(acme.users[0], is_active=False)
    acme.set_user(plain, is_active=False)
    assert client.get("/api/v4/account").status_code == 200
    client.token = plains
    assert client.get("/api/v4/account").status_code == 401
    client.token = admins
    assert client.get("/api/v4/account").status_code == 200


def test_token_is_good_for_one_account_even_where_the_same_person_works(
    crm: Crm, acme: AccountHandle, client: Client
) -> None:
    crm.account("beta").add_user("Анна Петрова", admin=True, id=acme.users[0]["id"])
    client.host = "beta.amocrm.test"
    assert client.get("/api/v4/account").status_code == 401
    assert client.get("/v3/user").status_code == 401


def test_admin_lends_a_users_rights(crm: Crm, acme: AccountHandle, client: Client) -> None:
    plain = acme.add_user("Борис Волков")
    lent = {"X-Context-User-ID": str(plain["id"])}
    assert client.get("/api/v4/account", **lent).json()["current_user_id"] == plain["id"]
    assert client.get("/api/v4/users", **lent).status_code == 403
    assert client.get("/api/v4/account", **{"X-Context-User-ID": "1"}).status_code == 401


def test_renamed_account_is_found_by_its_refresh_token(crm: Crm, acme: AccountHandle, client: Client) -> None:
    pair = acme.tokens()
    acme.rename("acme-new")
    assert client.get("/api/v4/account").status_code == 404
    client.host = "api-a.localhost:8400"
    found = client.get("/oauth2/account/current/subdomain", **{"X-Refresh-Token": pair["refresh_token"]})
    assert found.json()["domain"] == "acme-new.localhost:8400"
    assert client.get("/oauth2/account/current/subdomain", **{"X-Refresh-Token": "x"}).status_code == 401
    client.host = "www.amocrm.test"
    assert client.get("/oauth2/account/subdomain").json()["subdomain"] == "acme-new"
    client.host = "acme-new.amocrm.test"
    assert client.get("/api/v4/account").status_code == 200
    assert client.get("/v3/user").json()["email"] == "anna@acme.test"
