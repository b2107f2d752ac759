"""Each refusal has its code and words, writes no request, and is counted on its account alone."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import update

from backend.store import db
from backend.store.accounts import Account, AccountState
from tests.asking import ask
from tests.callback_door.conftest import KEY, PHONE, Shop, told

MOSCOW = "+7 916 000-00-{:02d}"


NUMBERS = [
    ("", "no_phone"),
    ("не скажу", "not_a_phone"),
    ("8 916 123-45", "not_a_phone"),
    ("0000000000", "not_a_phone"),
    ("+7 916 123-45-67-89-00", "not_a_phone"),
    ("112", "number_not_allowed"),
    ("101", "number_not_allowed"),
    ("*21*123#", "number_not_allowed"),
    ("8 809 505-05-05", "number_not_allowed"),  # premium
    ("8 800 555-35-35", "number_not_allowed"),  # nobody's own number
    ("+44 20 7946 0018", "number_not_allowed"),
    ("+960 771 2345", "number_not_allowed"),
    ("+881 612 345 678", "number_not_allowed"),  # a satellite
    ("+7 701 123 45 67", "number_not_allowed"),  # +7, but Kazakhstan
]


def test_a_number_that_may_not_be_called(shop: Shop) -> None:
    answers = [(phone, *told(shop.post({"phone": phone}))) for phone, _ in NUMBERS]
    assert answers == [(phone, 422, kind) for phone, kind in NUMBERS]
    kinds = [kind for _, kind in NUMBERS]
    assert (shop.rows, shop.refused) == ([], {kind: kinds.count(kind) for kind in kinds})


def test_the_account_names_the_prefixes_it_allows(shop: Shop) -> None:
    shop.sets(settings={"dial": {"allowed": ["44", "7809", "8"]}})
    assert told(shop.post({"phone": "+44 7400 123456"})) == (200, "")
    assert told(shop.post()) == (422, "number_not_allowed")
    assert told(shop.post({"phone": "8 809 505-05-05"})) == (422, "number_not_allowed")
    shop.sets(allowed=["+7701"])
    assert told(shop.post({"phone": "+7 701 123 45 67"})) == (200, "")
    assert told(shop.post({"phone": "+44 7400 123457"})) == (422, "number_not_allowed")


def test_a_key_that_is_nobodys(shop: Shop, other: Shop) -> None:
    for key in ("x", "a" * 24, "%D0%B0", shop.key + "a", shop.key[:-1], "..%2f..", "%00"):
        assert told(shop.post(path=f"/callback/{key}"))[0] == 404
    shop.sets(site={"key": shop.key}, sites=[])
    assert told(shop.post()) == (404, "unknown_site")
    with shop.firm.app.app_context():
        db.session.execute(update(Account).where(Account.id == other.firm.id).values(state=AccountState.DISABLED))
        db.session.commit()
    assert told(other.post()) == (404, "unknown_site")
    assert (shop.rows, other.rows) == ([], [])


ORIGINS: list[tuple[str | None, tuple[int, str]]] = [
    ("https://shop.example", (200, "")),
    ("http://shop.example:8080", (200, "")),
    ("https://www.shop.example", (200, "")),
    ("https://xn--e1afmkfd.xn--p1ai", (200, "")),
    ("https://evil.example", (403, "foreign_origin")),
    ("https://shop.example.evil.example", (403, "foreign_origin")),
    ("https://evilshop.example", (403, "foreign_origin")),
    ("https://shop.example@evil.example", (403, "foreign_origin")),
    ("null", (403, "foreign_origin")),
    ("file://shop.example", (403, "foreign_origin")),
    ("https://[shop.example", (403, "foreign_origin")),
    (None, (403, "bad_signature")),
]


def test_only_pages_of_the_site_may_ask(shop: Shop, other: Shop) -> None:
    shop.sets(site={"hosts": ["shop.example", "*.shop.example", "пример.рф"]}, one_within_seconds=0)
    for origin, wanted in ORIGINS:
        answer = shop.post(origin=origin)
        allowed = answer.headers.get("Access-Control-Allow-Origin")
        assert (origin, told(answer), allowed) == (origin, wanted, origin if wanted[0] == 200 else None)
    assert len(shop.rows) == [wanted for _, wanted in ORIGINS].count((200, ""))
    assert (other.rows, other.refused) == ([], {})


def test_a_browser_asks_first_and_reads_refusals(shop: Shop) -> None:
    client = shop.firm.app.test_client()
    for origin, wanted in (("https://shop.example", "https://shop.example"), ("https://evil.example", None)):
        asked = client.options(f"/callback/{shop.key}", headers={"Origin": origin})
        assert (asked.status_code, asked.headers.get("Access-Control-Allow-Origin")) == (204, wanted)
        assert "Origin" in asked.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in asked.headers
    refusal = shop.post({"phone": ""}, lang="en")
    assert refusal.json == {"error": "no_phone", "message": "Please enter your phone number", "fields": []}
    assert refusal.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_a_site_without_hosts_is_its_servers_alone(shop: Shop) -> None:
    shop.sets(site={"hosts": []})
    assert told(shop.post()) == (403, "foreign_origin")
    assert told(shop.by_server({"phone": PHONE})) == (200, "")


def test_a_server_signs(shop: Shop, other: Shop) -> None:
    now = time.time()
    assert told(shop.by_server({"phone": PHONE}, secret=other.secret)) == (403, "bad_signature")
    assert told(shop.by_server({"phone": PHONE}, secret=shop.hook[-32:])) == (403, "bad_signature")
    signed = shop.signed(b'{"phone": ""}', str(round(now)))
    assert told(shop.post({"phone": PHONE}, origin=None, headers=signed)) == (403, "bad_signature")
    for at in (now - 310, now + 310):
        assert told(shop.by_server({"phone": PHONE}, at=at)) == (403, "bad_signature")
    for moment in ("", "x", "-1", "1e9", "²", "9" * 30):
        headers = {"X-Station-Time": moment.encode().decode("latin-1"), "X-Station-Signature": "é" * 64}
        assert told(shop.post(origin=None, headers=headers)) == (403, "bad_signature")
    assert shop.rows == []
    assert told(shop.by_server({"phone": PHONE}, at=now - 290)) == (200, "")
    assert [each.address for each in shop.rows] == [None]


def test_a_signed_request_that_is_sent_again_is_the_same(shop: Shop) -> None:
    now = time.time()
    first = shop.by_server({"phone": PHONE}, at=now).json
    shop.grow_old(240)
    again = shop.by_server({"phone": PHONE}, at=now).json
    assert first
    assert again
    assert (again["id"], len(shop.rows)) == (first["id"], 1)
    other_time = shop.by_server({"phone": PHONE}, at=now + 1).json
    assert other_time
    assert other_time["id"] != first["id"]


def test_a_hook_is_a_secret_of_its_site(shop: Shop, other: Shop) -> None:
    form = {"phone": PHONE}
    tail = other.hook.rsplit("/", 1)[1]
    assert told(shop.post(form, origin=None, path=f"/callback/{shop.key}/{tail}")) == (403, "bad_signature")
    assert told(shop.post(form, origin=None, path=f"/callback/{shop.key}/{shop.secret}")) == (403, "bad_signature")
    assert told(shop.by_hook(form)) == (200, "")
    renewed = ask(shop.firm, "Вера", "POST", f"/api/callback/sites/{shop.key}/secret").json
    assert renewed
    assert renewed["hook"] != shop.hook
    assert told(shop.by_hook(form)) == (403, "bad_signature")
    assert told(shop.by_server(form)) == (403, "bad_signature")


@pytest.mark.parametrize("fields", [{"ps_more": "http://spam"}, {"ps_filled": "300"}], ids=["trap", "too fast"])
def test_a_program_is_thanked_and_nothing_is_written(shop: Shop, fields: dict[str, Any]) -> None:
    real, fake = shop.post(), shop.post({"phone": MOSCOW.format(1), **fields})
    assert real.json
    assert fake.json
    assert (fake.status_code, fake.json.keys()) == (200, real.json.keys())
    assert [len(fake.json[name]) for name in ("id", "key")] == [len(real.json[name]) for name in ("id", "key")]
    assert [fake.json[name] for name in ("state", "message")] == [real.json[name] for name in ("state", "message")]
    assert list(fake.headers.keys()) == list(real.headers.keys())
    assert [each.phone for each in shop.rows] == [KEY]
    assert shop.refused == {"bot": 1}
    assert shop.state(fake.json).json == {name: fake.json[name] for name in ("id", "state", "message")}
    assert told(shop.state(fake.json, key="x" * 24)) == (404, "not_found")


def test_a_person_who_took_his_time_is_no_program(shop: Shop) -> None:
    assert told(shop.post({"phone": PHONE, "ps_filled": "1600", "ps_more": "", "ps_x": "1"})) == (200, "")
    assert shop.rows[0].fields == [["ps_x", "1"]]


def test_what_is_too_large_is_refused_and_long_words_are_cut(shop: Shop) -> None:
    assert told(shop.post({"phone": PHONE, "x": "a" * 33_000})) == (413, "too_large")
    assert told(shop.post({"phone": PHONE, "x": "a" * 33_000}, content_type="multipart/form-data")) == (
        413,
        "too_large",
    )
    assert shop.refused == {"too_large": 2}
    many = {f"field{number}": "1" for number in range(500)} | {"comment": "я" * 2100, "phone": PHONE}
    assert told(shop.post(many)) == (200, "")
    (row,) = shop.rows
    assert (len(row.fields), len(row.comment), row.comment[-1]) == (64, 2000, "…")
    assert told(shop.post({f"f{number}": "1" for number in range(1001)})) == (400, "not_a_form")


def test_no_stranger_reads_a_state(shop: Shop, other: Shop) -> None:
    ticket = shop.post().json
    assert ticket
    assert shop.state(ticket).json == {
        "id": ticket["id"], "state": "waiting", "message": "Заявка принята, мы вам позвоним"
    }  # fmt: skip
    for changed in ({"key": ""}, {"key": ticket["key"][:-1]}, {"key": "я"}, {"id": "x"}):
        assert told(shop.state(ticket, **changed)) == (404, "not_found")
    assert told(other.state(ticket)) == (404, "not_found")


def test_other_methods_are_refused_in_json(shop: Shop) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = shop.firm.app.test_client().open(f"/callback/{shop.key}", method=method)
        assert told(answer) == (405, "wrong_method")


def test_the_script_of_sites_is_small_and_kept_by_browsers(shop: Shop) -> None:
    with shop.firm.app.test_client().get("/callback.js") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
        assert "max-age=300" in answer.headers["Cache-Control"]
        text = answer.text
    assert len(text.encode()) <= 9 * 1024  # the texts of each language are in it
    assert not any(word in text for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval", "document.write"))
