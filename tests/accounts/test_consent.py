"""The consent page and its return: a state works once, in its browser, in its time."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, update

from backend.config import REDIRECT_PATH
from backend.installs import finish_installs
from backend.store import accounts, db, installs
from backend.store.accounts import AccountState
from backend.store.installs import Install, OAuthState
from sandbox.crm.faults import Kind
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm


def start(browser: FlaskClient) -> str:
    """Where our page sends the browser."""
    answer = browser.get("/oauth/start")
    assert answer.status_code == 302
    return answer.headers["Location"]


def accept(crm: Crm, page: str, office: AccountHandle, decision: str = "accept") -> str:
    """Presses the button on amoCRM's page; the path and query that the browser is then sent to."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
    form = {**query, "decision": decision, "who": f"{office.id}:{office.users[0]['id']}"}
    where = {"Host": urlsplit(page).netloc}
    answer = requests.post(f"{crm.address}/oauth", data=form, headers=where, allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def heading(page: str) -> str:
    found = re.search("<h1>(.*)</h1>", page)
    return found[1] if found else ""


def test_consent_connects_the_account_at_once(crm: Crm, browser: FlaskClient, acme: AccountHandle) -> None:
    page = start(browser)
    assert page.startswith(f"http://www.{crm.domain}/oauth?client_id={crm.client_id}&state=")
    answer = browser.get(accept(crm, page, acme))
    assert (answer.status_code, heading(answer.text)) == (200, "Аккаунт подключён")
    account = accounts.find(acme.id)
    assert account is not None
    assert account.state is AccountState.CONNECTED


def test_the_page_speaks_the_browsers_language(crm: Crm, browser: FlaskClient, acme: AccountHandle) -> None:
    back = accept(crm, start(browser), acme)
    answer = browser.get(back, headers={"Accept-Language": "en-GB,en;q=0.9,ru;q=0.5"})
    assert heading(answer.text) == "The account is connected"


def test_a_state_works_once(crm: Crm, browser: FlaskClient, acme: AccountHandle) -> None:
    back = accept(crm, start(browser), acme)
    browser.get(back)
    answer = browser.get(back)
    assert (answer.status_code, heading(answer.text)) == (400, "Ссылка устарела")


def test_a_state_works_in_its_browser_only(crm: Crm, app: Flask, browser: FlaskClient, acme: AccountHandle) -> None:
    back = accept(crm, start(browser), acme)
    start(stranger := app.test_client())
    assert stranger.get(back).status_code == 400
    assert app.test_client().get(back).status_code == 400
    assert accounts.find(acme.id) is None


def test_a_forged_state_is_refused(crm: Crm, browser: FlaskClient) -> None:
    start(browser)
    query = {"code": "def502aa", "referer": f"acme.{crm.domain}"}
    for state in ("", "forged", "x" * 5000, "\x00"):
        assert browser.get(REDIRECT_PATH, query_string={**query, "state": state}).status_code == 400
    assert installs.waiting() == []


def test_a_state_ends_with_its_time(crm: Crm, browser: FlaskClient, acme: AccountHandle) -> None:
    back = accept(crm, start(browser), acme)
    db.session.execute(update(OAuthState).values(expires_at=func.now() - timedelta(seconds=1)))
    db.session.commit()
    assert browser.get(back).status_code == 400
    assert accounts.find(acme.id) is None


def test_a_refusal_is_told_and_changes_nothing(crm: Crm, browser: FlaskClient, acme: AccountHandle) -> None:
    answer = browser.get(accept(crm, start(browser), acme, decision="deny"))
    assert (answer.status_code, heading(answer.text)) == (200, "Доступ не разрешён")
    assert installs.waiting() == []


def test_a_foreign_referer_gets_no_secret_even_with_a_good_state(
    crm: Crm, browser: FlaskClient, acme: AccountHandle
) -> None:
    back = accept(crm, start(browser), acme).replace(f"acme.{crm.domain}".replace(":", "%3A"), "evil.example")
    assert "evil.example" in back
    answer = browser.get(back)
    assert (answer.status_code, heading(answer.text)) == (400, "Это не amoCRM")
    assert crm.requests() == [each for each in crm.requests() if each.path == "/oauth"]


def test_amocrm_being_slow_leaves_it_to_the_worker(crm: Crm, browser: FlaskClient, acme: AccountHandle) -> None:
    crm.spoil(Kind.STATUS, "/oauth2/access_token", status=502, count=1)
    answer = browser.get(accept(crm, start(browser), acme))
    assert (answer.status_code, heading(answer.text)) == (202, "Почти готово")
    db.session.execute(update(Install).values(due_at=func.now()))
    db.session.commit()
    assert finish_installs() == 1


def test_a_failure_names_its_reason(crm: Crm, browser: FlaskClient, acme: AccountHandle, beta: AccountHandle) -> None:
    back = accept(crm, start(browser), acme).replace("referer=acme", "referer=beta")
    answer = browser.get(back)
    assert (answer.status_code, heading(answer.text)) == (400, "Подключить не удалось")
    assert "Invalid account" in answer.text
    assert accounts.find(acme.id) is None
    assert accounts.find(beta.id) is None


def test_states_have_an_end(browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installs, "MOST_STATES", 1)
    assert [browser.get("/oauth/start").status_code for _ in range(2)] == [302, 503]


def test_kommo_has_its_own_page(make_app: object) -> None:
    app = make_app(sandbox_host_suffix="")  # type: ignore[operator]
    pages = [app.test_client().get(f"/oauth/start{query}").headers["Location"] for query in ("", "?kommo")]
    assert [urlsplit(page).netloc for page in pages] == ["www.amocrm.ru", "www.kommo.com"]
