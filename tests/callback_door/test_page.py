"""What the account's administrators see and do: the sites, the requests, what was refused."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text, update

from backend.desk import chores
from backend.store import db
from backend.store.callback import sites
from backend.store.callback.requests import CallbackRow
from backend.store.settings.callback import MOST_SITES
from tests.asking import ask, messages
from tests.callback_door.conftest import PHONE, Shop, told

TABLES = {"callback_seen": "at", "callback_refusals": "hour"}
SITE = {"name": "x", "hosts": ["x.example"]}


def put(shop: Shop, callback: dict[str, Any]) -> dict[str, str]:
    """The wrong fields; empty when it was stored."""
    answer = ask(shop.firm, "Вера", "PUT", "/api/settings", {"settings": {"callback": callback}}, "en")
    return {} if answer.status_code == 200 else messages(answer)


def test_a_sites_secret_is_told_once_and_kept_encrypted(shop: Shop) -> None:
    whole = ask(shop.firm, "Вера", "GET", "/api/settings").text + ask(shop.firm, "Вера", "GET", "/api/callbacks").text
    assert shop.key in whole
    with shop.firm.app.app_context():
        stored = str(db.session.scalar(text("select secret from callback_sites")))
    for place in (whole, stored):
        assert shop.secret not in place
        assert shop.hook.rsplit("/", 1)[1] not in place


def test_a_site_is_its_accounts_alone(shop: Shop, other: Shop) -> None:
    theirs = {"sites": [{**SITE, "key": other.key}]}
    assert put(shop, theirs) == {"settings.callback.sites.0.key": "this site has not been created here"}
    assert told(ask(shop.firm, "Вера", "POST", f"/api/callback/sites/{other.key}/secret")) == (404, "not_found")
    assert told(other.by_hook({"phone": PHONE})) == (200, "")


def test_only_administrators_make_sites_and_see_requests(shop: Shop) -> None:
    ticket = shop.post().json
    assert ticket
    for method, path in (
        ("POST", "/api/callback/sites"),
        ("POST", f"/api/callback/sites/{shop.key}/secret"),
        ("GET", "/api/callbacks"),
        ("POST", f"/api/callbacks/{ticket['id']}/stop"),
        ("POST", f"/api/callbacks/{ticket['id']}/now"),
    ):
        assert told(ask(shop.firm, "Анна", method, path)) == (403, "not_admin")


def test_sites_that_were_never_saved_are_forgotten(shop: Shop) -> None:
    assert told(ask(shop.firm, "Вера", "POST", "/api/callback/sites")) == (200, "")
    with shop.firm.app.app_context():
        for _ in range(2 * MOST_SITES - 2):
            sites.make(shop.firm.id, [shop.key])
        db.session.commit()
    assert told(ask(shop.firm, "Вера", "POST", "/api/callback/sites")) == (409, "too_many_sites")
    with shop.firm.app.app_context():
        db.session.execute(text("update callback_sites set made_at = now() - interval '25 hours'"))
        db.session.commit()
    assert told(ask(shop.firm, "Вера", "POST", "/api/callback/sites")) == (200, "")
    with shop.firm.app.app_context():
        assert len(sites.keys(shop.firm.id)) == 2
    assert told(shop.post()) == (200, "")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"target": "10a"}, "target"),
    ({"target": ""}, "target"),
    ({"order": []}, "order"),
    ({"order": ["anybody"]}, "order.0"),
    ({"again_seconds": 0}, "again_seconds"),
    ({"whole_seconds": 100_000}, "whole_seconds"),
    ({"tries_of_client": "2"}, "tries_of_client"),
    ({"one_within_seconds": -1}, "one_within_seconds"),
    ({"quiet": {"since": "25:00", "until": "09:00"}}, "quiet.since"),
    ({"quiet": {"since": "09:00", "until": "09:00"}}, "quiet.until"),
    ({"allowed": ["7.9"]}, "allowed.0"),
    ({"limits": {"number": 0}}, "limits.number"),
    ({"limits": {"nobody": 1}}, "limits.nobody"),
    ({"notice": "../../etc/passwd"}, "notice"),
    ({"notice": "a&System(x)"}, "notice"),
]
WRONG_SITES: list[tuple[dict[str, Any], str]] = [
    ({"hosts": ["https://"]}, "hosts.0"),
    ({"hosts": ["x.example/a"]}, "hosts.0"),
    ({"hosts": ["x..example"]}, "hosts.0"),
    ({"hosts": ["*"]}, "hosts.0"),
    ({"hosts": ["x" * 250 + ".example"]}, "hosts.0"),
    ({"name": ""}, "name"),
    ({"name": "x\n"}, ""),
    ({"target": "*8"}, "target"),
    ({"departments": {"Сервис": "x"}}, "departments.Сервис"),
    ({"stage": {"pipeline_id": 1}}, "stage.pipeline_id"),
]


def test_every_setting_is_checked_at_its_field(shop: Shop) -> None:
    for values, field in WRONG:
        assert next(iter(put(shop, values))) == f"settings.callback.{field}", values
    for values, field in WRONG_SITES:
        wanted = [f"settings.callback.sites.0.{field}"] if field else []
        assert list(put(shop, {"sites": [{**SITE, "key": shop.key, **values}]})) == wanted, values
    twice = put(shop, {"sites": [{**SITE, "key": shop.key}] * 2})
    assert set(twice) == {"settings.callback.sites.0.key", "settings.callback.sites.1.key"}


def test_hosts_are_kept_as_browsers_tell_them(shop: Shop) -> None:
    hosts = ["ПРИМЕР.рф", " Shop.Example ", "https://www.x.example:8080/a?b"]
    assert put(shop, {"sites": [{**SITE, "key": shop.key, "hosts": hosts}]}) == {}
    answer = ask(shop.firm, "Вера", "GET", "/api/settings").json
    assert answer
    kept = answer["settings"]["callback"]["sites"][0]["hosts"]
    assert kept == ["xn--e1afmkfd.xn--p1ai", "shop.example", "www.x.example"]


def test_requests_are_listed_with_what_was_refused(shop: Shop, other: Shop) -> None:
    shop.post({"phone": PHONE, "name": "<b>Иван</b>", "comment": "Когда?", "department": "Сервис"})
    shop.post({"phone": "112"})
    shop.post({"phone": ""})
    shop.post({"phone": ""})
    answer = ask(shop.firm, "Вера", "GET", "/api/callbacks").json
    assert answer
    (one,) = answer["callbacks"]
    (row,) = shop.rows
    assert one == {
        "id": row.id, "state": "waiting", "phone": "+7 916 123-45-67", "name": "<b>Иван</b>", "comment": "Когда?",
        "department": "Сервис", "site": "Магазин", "attempts": 0, "at": round(row.created_at.timestamp()),
        "next_at": round(row.next_at.timestamp()),
    }  # fmt: skip
    assert list(answer["refused"].items()) == [("no_phone", 2), ("number_not_allowed", 1)]
    empty = ask(other.firm, "Вера", "GET", "/api/callbacks").json
    assert empty == {"callbacks": [], "refused": {}}


def test_a_request_is_stopped_once_by_its_own_account(shop: Shop, other: Shop) -> None:
    ticket = shop.post().json
    assert ticket
    for what in ("stop", "now"):
        assert told(ask(other.firm, "Вера", "POST", f"/api/callbacks/{ticket['id']}/{what}")) == (404, "not_found")
    assert shop.rows[0].state == "waiting"
    assert told(ask(shop.firm, "Вера", "POST", f"/api/callbacks/{ticket['id']}/stop")) == (200, "")
    assert told(ask(shop.firm, "Вера", "POST", f"/api/callbacks/{ticket['id']}/stop")) == (409, "over")
    assert told(ask(shop.firm, "Вера", "POST", f"/api/callbacks/{ticket['id']}/now")) == (409, "over")
    state = shop.state(ticket).json
    assert state
    assert (state["state"], state["message"]) == ("stopped", "Заявка закрыта")


def test_a_request_that_waits_for_the_morning_can_be_rung_now(shop: Shop) -> None:
    ticket = shop.post().json
    assert ticket
    with shop.firm.app.app_context():
        later = {"next_at": text("now() + interval '8 hours'"), "until": text("now() + interval '9 hours'")}
        db.session.execute(update(CallbackRow).values(later))
        db.session.commit()
    assert told(ask(shop.firm, "Вера", "POST", f"/api/callbacks/{ticket['id']}/now")) == (200, "")
    (row,) = shop.rows
    assert (row.next_at - row.created_at).total_seconds() < 60


@pytest.mark.parametrize("days", [6, 8])
def test_what_servers_sent_and_what_was_refused_is_forgotten_after_a_week(shop: Shop, days: int) -> None:
    shop.post({"phone": ""})
    shop.by_server({"phone": PHONE})
    with shop.firm.app.app_context():
        for table, column in TABLES.items():
            db.session.execute(text(f"update {table} set {column} = {column} - make_interval(days => {days})"))
        db.session.commit()
        chores.forget_old()
        left = [db.session.scalar(text(f"select count(*) from {table}")) for table in TABLES]
    assert left == ([1, 1] if days < 7 else [0, 0])
