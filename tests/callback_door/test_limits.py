"""How often one may ask: counted in the database, for each account alone, and never on who is refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from backend.store import db
from backend.store.callback import requests
from backend.store.callback.requests import CallbackRow
from backend.store.settings.callback import QuietHoursSetting
from tests.callback_door.conftest import KEY, PHONE, Shop, told

LOOSE = {"number": 1000, "address": 1000, "site": 1000, "account": 1000}


def number(index: int) -> dict[str, str]:
    return {"phone": f"+7 916 000-00-{index:02d}"}


def test_two_requests_of_one_number_within_a_minute_are_one(shop: Shop, other: Shop) -> None:
    first, again = shop.post().json, shop.post({"phone": "+79161234567", "name": "Иван"}, at="198.51.100.8").json
    assert first == again
    assert len(shop.rows) == 1
    shop.grow_old(61)
    assert shop.post().json != first
    assert told(other.post()) == (200, "")
    assert (len(shop.rows), len(other.rows)) == (2, 1)


def test_duplicates_racing_are_one(shop: Shop) -> None:
    with ThreadPoolExecutor(8) as visitors:
        answers = list(visitors.map(lambda each: shop.post(at=f"198.51.100.{each}"), range(16)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.json["id"] for each in answers if each.json}) == 1
    assert len(shop.rows) == 1


def test_a_crowd_at_once_gets_exactly_as_many_as_the_limit(shop: Shop, other: Shop) -> None:
    shop.sets(limits={**LOOSE, "site": 7})
    with ThreadPoolExecutor(8) as visitors:
        kinds = sorted(told(each) for each in visitors.map(lambda each: shop.post(number(each)), range(20)))
    assert kinds == [(200, "")] * 7 + [(429, "often_site")] * 13
    assert (len(shop.rows), shop.refused) == (7, {"often_site": 13})
    assert told(other.post()) == (200, "")


def test_two_at_the_same_moment_do_not_pass_each_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither may be counted before the other is written down, or refused."""
    shop.sets(limits={**LOOSE, "site": 1})
    both, count = threading.Barrier(2), requests.counts

    def count_together(*who: Any, **more: Any) -> requests.Counts:
        with suppress(threading.BrokenBarrierError):
            both.wait(1)
        return count(*who, **more)

    monkeypatch.setattr(requests, "counts", count_together)
    with ThreadPoolExecutor(2) as visitors:
        statuses = [told(each)[0] for each in visitors.map(lambda each: shop.post(number(each)), range(2))]
    assert sorted(statuses) == [200, 429]
    assert len(shop.rows) == 1


@pytest.mark.parametrize("limit", ["number", "address", "site", "account"])
def test_each_limit_of_an_hour(shop: Shop, limit: str) -> None:
    shop.sets(limits={**LOOSE, limit: 2}, one_within_seconds=0)
    one = (lambda _: {"phone": PHONE}) if limit == "number" else number
    assert [told(shop.post(one(index)))[0] for index in range(4)] == [200, 200, 429, 429]
    assert shop.refused == {f"often_{limit}": 2}
    shop.grow_old(3601)
    assert told(shop.post(one(5))) == (200, "")


def test_one_address_cannot_use_up_the_site(shop: Shop) -> None:
    """Who floods is stopped by his own limit, the next visitor is let in; an invented hop is not believed."""
    shop.sets(limits={**LOOSE, "address": 2, "site": 4})
    flood = [told(shop.post(number(index), at=f"203.0.113.{index}, 198.51.100.7")) for index in range(20)]
    assert flood.count((429, "often_address")) == 18
    assert told(shop.post(at="198.51.100.8")) == (200, "")


def test_a_network_of_one_owner_is_one_address(shop: Shop) -> None:
    shop.sets(limits={**LOOSE, "address": 1})
    addresses = [
        "2001:db8::1",
        "2001:db8::ffff:2",
        "2001:db8:0:ffff::1",
        "2001:db8:1::1",
        "::ffff:198.51.100.7",
        "198.51.100.7",
        "junk",
        "junk",
    ]
    answers = [told(shop.post(number(index), at=at))[0] for index, at in enumerate(addresses)]
    assert answers == [200, 429, 429, 200, 200, 429, 200, 429]


def test_addresses_are_kept_as_digests_that_two_accounts_do_not_share(shop: Shop, other: Shop) -> None:
    shop.post()
    other.post()
    (mine,), (theirs,) = shop.rows, other.rows
    assert mine.address
    assert mine.address != theirs.address
    with shop.firm.app.app_context():
        dump = db.session.scalar(text("select string_agg(c::text, ' ') from callbacks c"))
    assert "198.51.100.7" not in str(dump)


def test_a_server_is_let_in_whatever_browsers_have_used_up(shop: Shop) -> None:
    shop.sets(limits={**LOOSE, "address": 1, "site": 2, "account": 5})
    assert [told(shop.post(number(index), at=f"198.51.100.{index}"))[0] for index in range(3)] == [200, 200, 429]
    assert [told(shop.by_server(number(index)))[0] for index in range(10, 14)] == [200, 200, 200, 429]
    assert shop.refused == {"often_account": 1, "often_site": 1}


def test_one_accounts_flood_is_not_anothers(shop: Shop, other: Shop) -> None:
    shop.sets(limits={**LOOSE, "account": 1})
    assert [told(shop.post(number(index)))[0] for index in range(3)] == [200, 429, 429]
    assert [told(other.post(number(index)))[0] for index in range(3)] == [200, 200, 200]
    assert (shop.refused, other.refused) == ({"often_account": 2}, {})


QUIET = [
    ("21:00", "09:00", "2026-11-23T22:30+03:00", "2026-11-24T09:00+03:00"),
    ("21:00", "09:00", "2026-11-23T03:30+03:00", "2026-11-23T09:00+03:00"),
    ("21:00", "09:00", "2026-11-23T09:00+03:00", None),
    ("21:00", "09:00", "2026-11-23T21:00+03:00", "2026-11-24T09:00+03:00"),
    ("13:00", "14:00", "2026-11-23T13:30+03:00", "2026-11-23T14:00+03:00"),
    ("13:00", "14:00", "2026-11-23T14:30+03:00", None),
]


@pytest.mark.parametrize(("since", "until", "now", "wanted"), QUIET)
def test_quiet_hours_end(since: str, until: str, now: str, wanted: str | None) -> None:
    end = QuietHoursSetting(since=since, until=until).to_hours().end(datetime.fromisoformat(now))
    assert end == (datetime.fromisoformat(wanted) if wanted else None)


def test_quiet_hours_hold_a_request_until_the_morning(shop: Shop) -> None:
    """On the account's clock; whatever the hour of this test, these quiet hours hold it."""
    hour = datetime.now(UTC).hour
    quiet = {"since": f"{(hour + 23) % 24:02d}:00", "until": f"{(hour + 3) % 24:02d}:00"}
    shop.sets(quiet=quiet, settings={"zone": "UTC"}, whole_seconds=600)
    answer = shop.post()
    assert answer.json
    assert answer.json["message"].startswith("Заявка принята. Сейчас мы не работаем")
    (row,) = shop.rows
    assert (row.next_at.astimezone(UTC).strftime("%H:%M"), row.state) == (quiet["until"], "waiting")
    assert (row.until - row.next_at).total_seconds() == 600
    assert row.next_at > datetime.now(UTC)


def test_what_a_visitor_is_told_at_each_state(shop: Shop) -> None:
    ticket = shop.post().json
    assert ticket
    wanted: list[tuple[dict[str, Any], str]] = [
        ({"state": "ringing"}, "Ищем свободного сотрудника"),
        ({"state": "answered"}, "Звоним вам, возьмите трубку"),
        ({"state": "talking"}, "Идёт разговор"),
        ({"state": "done", "result": "talked"}, "Разговор состоялся"),
        ({"state": "done", "result": "met"}, "Разговор состоялся"),
        ({"state": "failed", "result": "nobody"}, "Все заняты. Заявка сохранена, мы свяжемся с вами позже"),
        ({"state": "failed", "result": "unreached"}, "Мы звонили, но не дозвонились до вас"),
        ({"state": "stopped", "result": "stopped"}, "Заявка закрыта"),
    ]
    for values, words in wanted:
        with shop.firm.app.app_context():
            db.session.execute(CallbackRow.__table__.update().where(CallbackRow.phone == KEY).values(**values))
            db.session.commit()
        answer = shop.state(ticket).json
        assert answer == {"id": ticket["id"], "state": values["state"], "message": words}
