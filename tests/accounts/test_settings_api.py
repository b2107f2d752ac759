"""The settings API: who may, of which account, and a clear answer to nonsense."""

from __future__ import annotations

import re
import time
from typing import Any
from unittest.mock import ANY

from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import func, text, update
from werkzeug.test import TestResponse

from backend.crm_access import disable
from backend.pbx.errors import Trouble
from backend.store import accounts, db
from backend.store.accounts import Account, AccountPbx, AccountUser, LineState
from backend.store.settings import settings
from backend.words import LANGUAGES
from backend.words.check import with_link_reason
from sandbox.crm.faults import Kind
from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm

from .conftest import fresh

Two = tuple[AccountHandle, AccountHandle]
PBX = {"host": "pbx.example", "username": "station", "secret": "Gh7-secret"}


def call(browser: FlaskClient, token: str, body: Any = None, language: str = "ru") -> TestResponse:
    headers = {"X-Auth-Token": token, "Accept-Language": language}
    if body is None:
        return browser.get("/api/settings", headers=headers)
    return browser.put("/api/settings", headers=headers, json=body)


def admin_token(office: AccountHandle) -> str:
    return office.widget_token(office.users[0])


def messages(answer: TestResponse) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["message"] for each in answer.json["fields"]}  # type: ignore[index]


def test_an_administrator_reads_and_changes_his_own_account(connected: Two, browser: FlaskClient) -> None:
    acme, beta = connected
    anna, boris = acme.users
    wanted = {
        "country": "kz",
        "employees": [{"user_id": anna["id"], "extensions": ["101"], "mobiles": ["+7 916 123-45-67"]}],
        "missed_to": [anna["id"], boris["id"]],
        "no_lead_numbers": ["8 (495) 111-22-33"],
    }
    answer = call(browser, admin_token(acme), {"settings": wanted, "pbx": PBX})
    assert answer.status_code == 200, answer.text
    assert call(browser, admin_token(acme)).json == answer.json
    rules, others = settings.rules(acme.id), settings.rules(beta.id)
    assert (rules.country, rules.employees[0].extensions, rules.missed_to) == (
        "KZ",
        ("101",),
        (anna["id"], boris["id"]),
    )
    assert [each.name for each in rules.employees] == ["Анна Петрова", "Борис Иванов"]
    assert settings.read(acme.id).to_lines().mobile("89161234567") == "101"
    assert (others.country, others.missed_to, others.employees[0].extensions) == ("RU", (), ())
    assert db.session.get(AccountPbx, beta.id) is None


def test_the_secret_is_kept_encrypted_and_never_told(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    told = call(browser, admin_token(acme), {"pbx": PBX})
    assert PBX["secret"] not in told.text + call(browser, admin_token(acme)).text
    kept = db.session.get(AccountPbx, acme.id)
    assert kept is not None
    assert kept.secret == PBX["secret"]
    (raw,) = db.session.connection().exec_driver_sql("select secret from account_pbx").one()
    assert PBX["secret"] not in raw


def test_the_stored_secret_goes_to_no_other_address(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    call(browser, admin_token(acme), {"pbx": PBX})
    same = {"host": PBX["host"], "username": PBX["username"]}
    assert call(browser, admin_token(acme), {"pbx": same}).status_code == 200
    for change in ({"host": "evil.example"}, {"port": 5039}, {"username": "another"}, {"tls": True}):
        assert "pbx.secret" in messages(call(browser, admin_token(acme), {"pbx": same | change}))
    fresh()
    kept = db.session.get(AccountPbx, acme.id)
    assert kept is not None
    assert (kept.host, kept.tls, kept.secret) == (PBX["host"], False, PBX["secret"])


def test_a_pbx_can_be_taken_away(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    call(browser, admin_token(acme), {"pbx": PBX})
    answer = call(browser, admin_token(acme), {"pbx": None})
    assert answer.json["pbx"] is None  # type: ignore[index]


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(connected: Two, browser: FlaskClient) -> None:
    acme, beta = connected
    read = call(browser, admin_token(acme)).json["version"]  # type: ignore[index]
    call(browser, admin_token(beta), {"settings": {"country": "KZ"}})
    first = call(browser, admin_token(acme), {"settings": {"country": "UZ"}, "version": read})
    assert first.status_code == 200, first.text
    for body in ({"settings": {"country": "KZ"}}, {"pbx": PBX}):
        late = call(browser, admin_token(acme), {**body, "version": read})
        assert (late.status_code, late.json["error"]) == (409, "changed_meanwhile")  # type: ignore[index]
    assert (settings.read(acme.id).country, db.session.get(AccountPbx, acme.id)) == ("UZ", None)
    again = call(browser, admin_token(acme), {"pbx": PBX, "version": first.json["version"]})  # type: ignore[index]
    assert (again.status_code, again.json["version"] == first.json["version"]) == (200, False)  # type: ignore[index]


def test_why_the_line_is_down_is_said_in_the_users_language(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    call(browser, admin_token(acme), {"pbx": PBX})
    accounts.set_link(acme.id, LineState.REFUSED, "in English", trouble="other_name", detail="pbx.lan")
    db.session.execute(update(AccountPbx).values(lease_until=func.now() + text("interval '1 minute'")))
    db.session.commit()
    pbx = call(browser, admin_token(acme), language="ru").json["pbx"]  # type: ignore[index]
    assert (pbx["link"], "Сертификат выдан на другое имя: pbx.lan." in pbx["link_reason"]) == ("refused", True)
    assert not [name for name in pbx if name in ("link_trouble", "link_detail")]
    english = call(browser, admin_token(acme), language="en").json["pbx"]["link_reason"]  # type: ignore[index]
    assert "for another name: pbx.lan" in english


def test_every_trouble_of_a_line_has_words_in_both_languages() -> None:
    for trouble in (*Trouble, "nobody"):
        shown = {"link_trouble": trouble, "link_detail": "x"}
        said = {with_link_reason(shown, language)["link_reason"] for language in LANGUAGES}
        assert len(said) == len(LANGUAGES), trouble
        assert all(said), trouble
    without = {"link": "up", "link_trouble": "", "link_detail": ""}
    assert with_link_reason(without, "ru") == {"link": "up", "link_reason": ""}


def test_others_see_themselves_alone_and_change_nothing(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    people = [{"user_id": user["id"], "extensions": [f"10{n}"]} for n, user in enumerate(acme.users)]
    call(
        browser, admin_token(acme), {"pbx": PBX, "settings": {"employees": people, "no_lead_numbers": ["84951112233"]}}
    )
    boris = acme.widget_token(acme.users[1])
    shown = call(browser, boris).json
    assert shown == {
        "account": {"id": acme.id, "name": "ООО Акме", "state": "connected", "since": ANY},
        "me": {
            "user_id": acme.users[1]["id"], "name": "Борис Иванов", "extensions": ["101"], "phone": "unknown",
            "link": "never", "account": "connected", "alerts": [],
        },
        "is_admin": False, "settings": None, "version": None, "pbx": None, "health": None, "recordings": None,
        "users": [], "stages": [],
    }  # fmt: skip
    answer = call(browser, boris, {"settings": {"country": "KZ"}})
    assert (answer.status_code, answer.json["error"]) == (403, "not_admin")  # type: ignore[index]
    assert settings.read(acme.id).country == "RU"


def test_an_account_that_is_not_connected_is_told_so(app: Flask, acme: AccountHandle, browser: FlaskClient) -> None:
    answer = call(browser, admin_token(acme))
    assert (answer.status_code, answer.json["error"]) == (404, "unknown_account")  # type: ignore[index]


NONSENSE: list[tuple[dict[str, Any], str, str, str]] = [
    ({"colour": "red"}, "settings.colour", "такой настройки нет", "there is no such setting"),
    ({"country": "XX"}, "settings.country", "нужен двухбуквенный код страны", "must be a two-letter country code"),
    ({"zone": "Moscow"}, "settings.zone", "нет такого часового пояса", "is not a time zone"),
    ({"zone": "../../../etc/passwd"}, "settings.zone", "нет такого часового пояса", "is not a time zone"),
    ({"zone": "Europe"}, "settings.zone", "нет такого часового пояса", "is not a time zone"),
    ({"zone": 3}, "settings.zone", "нужна строка", "must be text"),
    ({"country": 7}, "settings.country", "нужна строка", "must be text"),
    ({"language": "de"}, "settings.language", "одно из", "one of"),
    ({"trunks": ["("]}, "settings.trunks.0", "не регулярное выражение", "is not a regular expression"),
    ({"trunks": ["(?!a)b"]}, "settings.trunks.0", "регулярное выражение", "regular expression"),
    ({"trunks": ["(a?){1000}"]}, "settings.trunks.0", "регулярное выражение", "regular expression"),
    ({"trunks": ["(a)\\1"]}, "settings.trunks.0", "регулярное выражение", "regular expression"),
    ({"trunks": ["x" * 201]}, "settings.trunks.0", "не длиннее 200", "at most 200"),
    ({"trunks": "trunk"}, "settings.trunks", "нужен список", "must be a list"),
    ({"trunks": ["x"] * 21}, "settings.trunks", "не больше 20", "at most 20"),
    ({"employees": [{}]}, "settings.employees.0.user_id", "обязательное поле", "is required"),
    ({"employees": [{"user_id": "7"}]}, "settings.employees.0.user_id", "нужно целое число", "must be a whole number"),
    ({"employees": [{"user_id": 0}]}, "settings.employees.0.user_id", "больше 0", "greater than 0"),
    (
        {"employees": [{"user_id": 1, "extensions": ["1 0 1"]}]},
        "settings.employees.0.extensions.0",
        "знаки",
        "characters",
    ),
    (
        {"default_employee": 424242},
        "settings.default_employee",
        "нет активного пользователя 424242",
        "no active user 424242",
    ),
    ({"missed_to": [1]}, "settings.missed_to.0", "нет активного пользователя 1", "no active user 1"),
    ({"stage": {"pipeline_id": 5}}, "settings.stage.pipeline_id", "нет воронки 5", "no pipeline 5"),
    (
        {"stages_by_did": {"12": {"pipeline_id": 5}}},
        "settings.stages_by_did.12",
        "не номер телефона",
        "not a phone",
    ),
    ({"lead_name": "{phone.__class__}"}, "settings.lead_name", "только {phone}", "only {phone}"),
    ({"lead_name": "{phone!r:>999999999}"}, "settings.lead_name", "только {phone}", "only {phone}"),
    ({"lead_name": "{"}, "settings.lead_name", "только {phone}", "only {phone}"),
    ({"contact_name": "a\u0000b"}, "settings.contact_name", "недопустимые знаки", "has characters"),
    ({"lead_owner": "boss"}, "settings.lead_owner", "одно из", "one of"),
    ({"popup_on_ringing": "yes"}, "settings.popup_on_ringing", "нужно true или false", "must be true or false"),
    ({"no_lead_numbers": ["101"]}, "settings.no_lead_numbers.0", "не номер телефона", "not a phone number"),
]


def test_nonsense_is_answered_at_its_field_in_the_users_language(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    token, unclear = admin_token(acme), []
    for wrong, field, russian, english in NONSENSE:
        said = messages(call(browser, token, {"settings": wrong})).get(field, "")
        translated = messages(call(browser, token, {"settings": wrong}, "en")).get(field, "")
        if russian not in said or english not in translated:
            unclear.append((wrong, said, translated))
    assert unclear == []
    assert db.session.get(Account, acme.id).settings == {}  # type: ignore[union-attr]


PBX_NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"host": "a b"}, "pbx.host"),
    ({"host": "http://pbx"}, "pbx.host"),
    ({"host": ""}, "pbx.host"),
    ({"port": 0}, "pbx.port"),
    ({"port": 65536}, "pbx.port"),
    ({"port": "5038"}, "pbx.port"),
    ({"username": "a\r\nAction: Originate"}, "pbx.username"),
    ({"secret": "a\r\nAction: Originate"}, "pbx.secret"),
    ({"secret": ""}, "pbx.secret"),
    ({"certificate": "-----BEGIN CERTIFICATE-----"}, "pbx.certificate"),
    ({"link": "up"}, "pbx.link"),
]


def test_a_nonsense_pbx_is_refused_and_its_secret_not_repeated(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    answers = [call(browser, admin_token(acme), {"pbx": PBX | wrong}) for wrong, _ in PBX_NONSENSE]
    assert [list(messages(answer)) for answer in answers] == [[field] for _, field in PBX_NONSENSE]
    assert not any(PBX["secret"] in answer.text for answer in answers)
    assert db.session.get(AccountPbx, acme.id) is None


def test_an_extension_belongs_to_one_employee(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    people = [{"user_id": user["id"], "extensions": ["101"]} for user in acme.users]
    told = messages(call(browser, admin_token(acme), {"settings": {"employees": people}}))
    assert told == {f"settings.employees.{n}.extensions.0": "указано дважды: 101" for n in (0, 1)}


def test_a_stage_must_be_the_pipelines_and_not_the_unsorted_one(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    stages = call(browser, admin_token(acme)).json["stages"]  # type: ignore[index]
    unsorted = next(each for each in stages if each["is_unsorted"])
    first = next(each for each in stages if not each["is_unsorted"])

    def choose(status_id: int) -> TestResponse:
        stage = {"pipeline_id": first["pipeline_id"], "status_id": status_id}
        return call(browser, admin_token(acme), {"settings": {"stage": stage}})

    assert "Неразобранное" in messages(choose(unsorted["status_id"]))["settings.stage.status_id"]
    assert "нет этапа 1" in messages(choose(1))["settings.stage.status_id"]
    assert choose(first["status_id"]).status_code == 200
    assert settings.rules(acme.id).stage is not None


def test_all_that_is_wrong_is_told_together(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    anna = acme.users[0]["id"]
    wanted = {
        "country": "XX",
        "employees": [{"user_id": anna, "extensions": ["101", "101"]}, {"user_id": 424242}],
        "missed_to": [5],
        "stage": {"pipeline_id": 5},
    }
    told = messages(call(browser, admin_token(acme), {"settings": wanted, "pbx": PBX | {"secret": None}}))
    assert set(told) == {
        "settings.country", "settings.employees.0.extensions.0", "settings.employees.0.extensions.1",
        "settings.employees.1.user_id", "settings.missed_to.0", "settings.stage.pipeline_id", "pbx.secret",
    }  # fmt: skip


def test_the_zone_is_the_crms_until_another_is_chosen(connected: Two, browser: FlaskClient) -> None:
    acme, beta = connected
    assert settings.read(acme.id).zone == "Europe/Moscow"
    assert call(browser, admin_token(acme), {"settings": {"zone": "Asia/Yekaterinburg"}}).status_code == 200
    assert (settings.read(acme.id).zone, settings.read(beta.id).zone) == ("Asia/Yekaterinburg", "Europe/Moscow")


def test_a_disabled_account_answers_nothing_while_a_token_lives(connected: Two, browser: FlaskClient) -> None:
    """At any address of the API."""
    acme, beta = connected
    tokens = admin_token(acme), admin_token(beta)
    disable(acme.id)
    for rule in browser.application.url_map.iter_rules():
        if rule.rule.startswith("/api/") and rule.rule != "/api/stream":
            method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            path = re.sub("<[^>]*>", "1", rule.rule)
            answer = browser.open(path, method=method, headers={"X-Auth-Token": tokens[0]}, json={})
            assert (answer.status_code, answer.json["error"]) == (404, "unknown_account"), path  # type: ignore[index]
    assert call(browser, tokens[1]).status_code == 200


def test_a_user_who_has_left_is_answered_nothing(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    left = (AccountUser.account_id == acme.id, AccountUser.user_id == acme.users[0]["id"])
    db.session.execute(update(AccountUser).where(*left).values(is_active=False))
    db.session.commit()
    assert call(browser, admin_token(acme)).status_code == 404


def test_all_is_changed_or_nothing(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    answer = call(browser, admin_token(acme), {"settings": {"country": "KZ"}, "pbx": PBX | {"port": 0}})
    assert list(messages(answer)) == ["pbx.port"]
    answer = call(browser, admin_token(acme), {"settings": {"country": "KZ"}, "pbx": PBX | {"secret": None}})
    assert list(messages(answer)) == ["pbx.secret"]
    fresh()
    assert settings.read(acme.id).country == "RU"


RAW = (b"", b"{", b"[]", b"null", b'"text"', b"\xff", b'{"settings": "\\ud800"}')


def test_a_body_that_is_no_object_is_refused(connected: Two, browser: FlaskClient) -> None:
    headers = {"X-Auth-Token": admin_token(connected[0])}
    answers = [browser.put("/api/settings", headers=headers, data=raw) for raw in RAW]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 400, 400, 400, 422]
    assert all(answer.json for answer in answers)


def test_an_endless_body_is_refused(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    raw = b'{"settings": "' + b"x" * 2_000_000 + b'"}'
    answer = browser.put("/api/settings", headers={"X-Auth-Token": admin_token(acme)}, data=raw)
    assert (answer.status_code, answer.json["error"]) == (413, "too_large")  # type: ignore[index]


# Tokens


def minted(crm: Crm, office: AccountHandle, alg: str = "HS256", key: str = "", **changed: Any) -> str:
    now = int(time.time())
    (integration,) = crm.parts.world.integrations.values()
    claims = {
        "iss": office.url, "aud": "http://localhost", "jti": "1", "iat": now, "nbf": now, "exp": now + 1800,
        "account_id": office.id, "user_id": office.users[0]["id"], "client_uuid": crm.client_id, "is_admin": True,
    }  # fmt: skip
    claims = {name: value for name, value in {**claims, **changed}.items() if value is not None}
    key = key or integration.client_secret
    return jwt.encode({"alg": alg}, claims, OctKey.import_key(key), algorithms=[alg])


AGO, AHEAD = int(time.time()) - 7200, int(time.time()) + 7200
WRONG_TOKENS: list[dict[str, Any]] = [
    {"key": "another integration's secret"},
    {"alg": "HS512"},
    {"exp": AGO},
    {"exp": None},
    {"nbf": AHEAD},
    {"nbf": None},
    {"iat": AHEAD},
    {"aud": "https://another.example"},
    {"aud": None},
    {"aud": ["http://localhost"]},
    {"client_uuid": "another"},
    {"client_uuid": None},
    {"iss": "https://evil.example"},
    {"iss": "https://acme.amocrm.ru.evil.example"},
    {"iss": None},
    {"account_id": None},
    {"account_id": "x"},
    {"user_id": None},
]


def test_the_minted_token_is_good_when_nothing_is_wrong_with_it(connected: Two, crm: Crm, browser: FlaskClient) -> None:
    assert call(browser, minted(crm, connected[0])).status_code == 200


def test_a_wrong_token_opens_nothing(connected: Two, crm: Crm, browser: FlaskClient) -> None:
    acme, _ = connected
    opened = [wrong for wrong in WRONG_TOKENS if call(browser, minted(crm, acme, **wrong)).status_code != 401]
    assert opened == []


def test_what_is_no_token_opens_nothing(connected: Two, browser: FlaskClient) -> None:
    for token in ("", "a.b.c", "x" * 5000, "ы.ы.ы"):
        answer = browser.get("/api/settings", environ_overrides={"HTTP_X_AUTH_TOKEN": token})
        assert (answer.status_code, answer.json["error"]) == (401, "token")  # type: ignore[index]


def test_an_unsigned_token_opens_nothing(connected: Two, crm: Crm, browser: FlaskClient) -> None:
    _, body, _ = minted(crm, connected[0]).split(".")
    for head in ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJOb25lIiwidHlwIjoiSldUIn0"):
        assert call(browser, f"{head}.{body}.").status_code == 401


def test_the_account_is_the_tokens_never_the_requests(connected: Two, crm: Crm, browser: FlaskClient) -> None:
    acme, beta = connected
    headers = {"X-Auth-Token": admin_token(acme)}
    answer = browser.get(f"/api/settings?account_id={beta.id}&account={beta.id}", headers=headers)
    assert answer.json["account"]["id"] == acme.id  # type: ignore[index]
    body = {"account_id": beta.id, "settings": {}}
    assert messages(call(browser, admin_token(acme), body)) == {"account_id": "такой настройки нет"}


def test_without_the_claim_amocrm_is_asked_who_is_an_administrator(
    connected: Two, crm: Crm, browser: FlaskClient
) -> None:
    acme, beta = connected
    boris = acme.users[1]
    change = {"settings": {"country": "KZ"}}
    assert call(browser, minted(crm, acme, is_admin=None, user_id=boris["id"]), change).status_code == 403
    assert call(browser, minted(crm, acme, is_admin=None, user_id=beta.users[0]["id"]), change).status_code == 403
    crm.spoil(Kind.STATUS, "/api/v4/users", status=502, count=1)
    assert call(browser, minted(crm, acme, is_admin=None), change).status_code == 503
    assert call(browser, minted(crm, acme, is_admin=None), change).status_code == 200
    assert call(browser, minted(crm, acme, is_admin="yes", user_id=boris["id"]), change).status_code == 403


# CORS


def test_amocrms_pages_may_call(connected: Two, browser: FlaskClient) -> None:
    acme, _ = connected
    asked = {
        "Origin": acme.url,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-auth-token",
    }
    answer = browser.options("/api/settings", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == acme.url
    assert "X-Auth-Token" in answer.headers["Access-Control-Allow-Headers"]
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    refused = browser.get("/api/settings", headers={"Origin": acme.url})
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, acme.url)


STRANGERS = (
    "https://evil.example",
    "https://acme.amocrm.ru.evil.example",
    "http://acme.amocrm.ru",
    "null",
    "acme.amocrm.ru",
)


def test_other_pages_may_not(connected: Two, browser: FlaskClient) -> None:
    token = admin_token(connected[0])
    for origin in STRANGERS:
        answer = browser.get("/api/settings", headers={"Origin": origin, "X-Auth-Token": token})
        assert "Access-Control-Allow-Origin" not in answer.headers, origin
        assert "Origin" in answer.headers["Vary"]
