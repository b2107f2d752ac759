"""The marketplace's hook: answered at once, worked through afterwards, whatever happens between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from backend.config import REDIRECT_PATH
from backend.installs import finish_install, finish_installs
from backend.store import accounts, db, installs, tokens
from backend.store.accounts import Account, AccountState
from backend.store.installs import Install
from sandbox.crm.faults import Kind
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm

from .conftest import fresh, host_of


def only_install() -> Install:
    fresh()
    return db.session.scalars(select(Install)).one()


def soon() -> None:
    """The time of what waits has come."""
    db.session.execute(update(Install).values(due_at=func.now()))
    db.session.commit()


def test_answered_before_amocrm_is_asked_anything(app: Flask, crm: Crm, acme: AccountHandle) -> None:
    assert acme.install() == 200
    assert crm.requests() == []
    assert len(installs.waiting()) == 1


def test_the_work_is_done_afterwards(app: Flask, acme: AccountHandle, beta: AccountHandle) -> None:
    acme.install()
    beta.install()
    assert finish_installs() == 2
    for office in (acme, beta):
        account = accounts.find(office.id)
        assert account is not None
        assert (account.host, account.state) == (host_of(office), AccountState.CONNECTED)
        assert [user.name for user in accounts.users(office.id)] == ["Анна Петрова", "Борис Иванов"]
        assert len(accounts.unsorted_stages(office.id)) == 1
    assert finish_installs() == 0


def test_the_secrets_of_an_install_are_gone_when_it_is_done(app: Flask, acme: AccountHandle) -> None:
    acme.install()
    finish_installs()
    done = only_install()
    assert (done.code, done.access_token, done.refresh_token, done.failure) == ("", None, None, None)
    assert done.account_id == acme.id


def test_two_workers_make_one_account(app: Flask, crm: Crm, acme: AccountHandle) -> None:
    acme.install()
    (waiting,) = installs.waiting()
    assert installs.taken(waiting) is not None  # the first worker has it and its transaction is open
    with app.app_context():
        assert finish_install(waiting) is None
    assert crm.requests() == []


def test_a_crash_after_the_exchange_loses_nothing(app: Flask, acme: AccountHandle) -> None:
    acme.install()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("backend.installs._look", _killed)
        with pytest.raises(KeyboardInterrupt):
            finish_installs()
    assert accounts.find(acme.id) is None
    assert finish_installs() == 1
    exchanges = [each for each in acme.requests() if each.path == "/oauth2/access_token"]
    assert len(exchanges) == 1


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_amocrm_failing_for_a_while_is_waited_out(app: Flask, crm: Crm, acme: AccountHandle) -> None:
    acme.install()
    for path in ("/oauth2/access_token", "/api/v4/users"):
        crm.spoil(Kind.STATUS, path, status=503, count=1)
        assert finish_installs() == 0
        assert only_install().failure is None
        soon()
    assert finish_installs() == 1


@pytest.mark.parametrize("status", [302, 400, 401, 402, 403, 404, 405])
@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.PAGE])
def test_whatever_the_first_answer_is_the_tokens_are_kept(
    app: Flask, crm: Crm, acme: AccountHandle, kind: Kind, status: int
) -> None:
    acme.install()
    crm.spoil(kind, "/api/v4/account", status=status, count=1)
    assert finish_installs() == 0
    assert (only_install().failure, bool(only_install().access_token)) == (None, True)
    assert only_install().due_at > only_install().received_at
    soon()
    assert finish_installs() == 1


def test_tokens_that_ended_before_amocrm_let_us_in_are_renewed(app: Flask, crm: Crm, acme: AccountHandle) -> None:
    acme.install()
    crm.spoil(Kind.STATUS, "/api/v4/account", status=401, count=1)
    finish_installs()
    db.session.execute(update(Install).values(expires_at=func.now(), due_at=func.now()))
    db.session.commit()
    acme.revoke_tokens(("access",))
    assert finish_installs() == 1


@pytest.mark.usefixtures("impatient")
def test_a_code_that_was_used_elsewhere_fails_with_its_reason(app: Flask, crm: Crm, acme: AccountHandle) -> None:
    acme.install()
    crm.spoil(Kind.CUT, "/oauth2/access_token", after_write=True, count=1)
    assert finish_installs() == 0
    assert only_install().failure is None
    soon()
    assert finish_installs() == 0
    assert "Authorization code has been revoked" in (only_install().failure or "")
    assert accounts.find(acme.id) is None


def test_a_code_older_than_its_life_is_not_tried(app: Flask, crm: Crm, acme: AccountHandle) -> None:
    acme.install()
    db.session.execute(update(Install).values(received_at=func.now() - timedelta(minutes=21)))
    db.session.commit()
    finish_installs()
    assert "older than 20 minutes" in (only_install().failure or "")
    assert crm.requests() == []


def test_the_same_hook_twice_is_one_install(browser: FlaskClient, crm: Crm) -> None:
    query = {"code": "def502aa", "referer": f"acme.{crm.domain}", "from_widget": "1"}
    assert [browser.get(REDIRECT_PATH, query_string=query).status_code for _ in range(2)] == [200, 200]
    assert len(installs.waiting()) == 1


FOREIGN = (
    {"referer": "evil.example"},
    {"referer": "acme.amocrm.ru.evil.example"},
    {"referer": "evil.example/acme.amocrm.ru"},
    {"referer": "acme.amocrm.ru\n"},
    {"referer": "a.b.amocrm.ru"},
    {"referer": "user@acme.amocrm.ru"},
    {"referer": "acme.amocrm.ru:8443"},
    {"referer": ""},
    {"code": ""},
    {"code": "x" * 2049},
    {"code": "with\x00nul"},
    {"client_id": "another"},
)


def test_what_cannot_be_amocrms_is_refused(browser: FlaskClient, crm: Crm) -> None:
    good = {"code": "def502aa", "referer": f"acme.{crm.domain}", "from_widget": "1", "client_id": crm.client_id}
    answers = [browser.get(REDIRECT_PATH, query_string=good | each).status_code for each in FOREIGN]
    assert answers == [400] * len(FOREIGN)
    assert installs.waiting() == []


def test_in_production_the_sandbox_is_a_stranger(make_app: object, crm: Crm) -> None:
    app = make_app(sandbox_host_suffix="")  # type: ignore[operator]
    query = {"code": "def502aa", "referer": f"acme.{crm.domain}", "from_widget": "1"}
    assert app.test_client().get(REDIRECT_PATH, query_string=query).status_code == 400
    query["referer"] = "acme.amocrm.ru"
    assert app.test_client().get(REDIRECT_PATH, query_string=query).status_code == 200


def come(browser: FlaskClient, code: str, referer: str, at: str) -> None:
    query = {"code": code, "referer": referer, "from_widget": "1"}
    answer = browser.get(REDIRECT_PATH, query_string=query, environ_overrides={"REMOTE_ADDR": at})
    assert answer.status_code == 200


def test_a_flood_is_dropped_and_a_real_install_goes_first(
    app: Flask, browser: FlaskClient, crm: Crm, acme: AccountHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installs, "MOST_WAITING", 30)
    for number in range(60):
        come(browser, f"c{number}", f"a{number}.{crm.domain}", f"198.51.100.{number}")
    assert acme.install() == 200
    assert finish_installs() == 1
    assert db.session.scalar(select(func.count()).where(*installs.WAITING)) == 30 - installs.AT_ONCE
    exchanges = [each for each in crm.requests() if each.path == "/oauth2/access_token"]
    assert len(exchanges) <= installs.AT_ONCE


@pytest.mark.parametrize("bound", ["MOST_OF_SENDER", "MOST_OF_REFERER"])
def test_one_sender_and_one_referer_drop_their_own(
    browser: FlaskClient, crm: Crm, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(installs, bound, 2)
    come(browser, "another", f"b.{crm.domain}", "203.0.113.1")
    for number in range(5):
        of_sender = bound == "MOST_OF_SENDER"
        referer = f"a{number if of_sender else ''}.{crm.domain}"
        come(browser, f"c{number}", referer, "198.51.100.7" if of_sender else f"198.51.100.{number}")
    kept = set(db.session.scalars(select(Install.code)))
    assert kept == {"another", "c3", "c4"}


def test_what_amocrm_does_not_answer_is_tried_less_and_less_often(app: Flask, crm: Crm, acme: AccountHandle) -> None:
    acme.install()
    crm.spoil(Kind.STATUS, "/oauth2/access_token", status=503, count=1)
    assert finish_installs() == 0
    first = only_install()
    assert (first.tries, len(installs.waiting())) == (1, 0)
    assert first.due_at - first.received_at >= installs.SHORTEST_WAIT
    soon()
    assert finish_installs() == 1


def test_installing_again_keeps_the_settings_and_heals_the_state(
    app: Flask, connected: tuple[AccountHandle, AccountHandle]
) -> None:
    acme, beta = connected
    db.session.execute(
        update(Account).values(settings={"lead_name": "Звонок"}, state=AccountState.NEEDS_REAUTHORISATION)
    )
    db.session.commit()
    acme.install()
    finish_installs()
    fresh()
    account, other = accounts.find(acme.id), accounts.find(beta.id)
    assert account is not None
    assert other is not None
    assert (account.state, account.settings) == (AccountState.CONNECTED, {"lead_name": "Звонок"})
    assert other.state is AccountState.NEEDS_REAUTHORISATION


def test_a_user_without_rights_does_not_replace_an_administrators_tokens(
    app: Flask, connected: tuple[AccountHandle, AccountHandle]
) -> None:
    acme, _ = connected
    before = tokens.read(acme.id)
    acme.install(user=acme.users[1])
    finish_installs()
    assert "not its administrator" in (only_install().failure or "")
    assert tokens.read(acme.id) == before
