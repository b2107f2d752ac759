"""The full sync: it goes on where it was, says how far it is, and forgets only what is gone."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from backend.amocrm import answers, requests
from backend.cli import phonebook
from backend.desk import chores
from backend.desk.phonebook import full_sync, lookup, refresh
from backend.desk.phonebook.progress import PhonebookState, progress
from backend.store import db
from backend.store.accounts import Account
from backend.store.journal import refusals
from backend.store.phonebook import changed_numbers, syncs
from sandbox.crm.faults import Kind
from sandbox.crm.server import Crm
from sandbox.crm.traffic import Phase, Request
from tests.asking import ask
from tests.firm import Firm
from tests.phonebook.conftest import NUMBERS, Book, number, opened


class Killed(BaseException):
    """As if the process were gone: nobody tidies up."""


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "PAGE", 5)
    monkeypatch.setattr(answers.may_have_more, "__defaults__", (5,))


@pytest.fixture
def fresh(app: Flask, crm: Crm) -> Iterator[Book]:
    """A firm with 23 contacts, connected and not synced yet, and a stranger's number that must not be found."""
    account = crm.account(f"firm{next(NUMBERS)}")
    for n in range(23):
        account.add_contact(f"Клиент {n}", [number()])
    return Book(Firm.open(app, crm, account.subdomain))


def _pages(book: Book, since: int = 0) -> list[str]:
    """Which pages of contacts were asked for."""
    asked = [each for each in book.firm.account.requests(since) if each.path == "/api/v4/contacts"]
    return [each.query.partition("&page=")[2].partition("&")[0] for each in asked if "limit=5" in each.query]


def test_killed_amid_a_page_it_goes_on_with_that_page(
    fresh: Book, short_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, told = refresh.put, iter(range(100))

    def dies(*given: Any) -> Any:
        written = put(*given)
        if next(told) == 2:
            raise Killed
        return written

    with monkeypatch.context() as dying:
        dying.setattr(refresh, "put", dies)
        with pytest.raises(Killed):
            fresh.firm.work()
    assert fresh.size()["parties"] == 10
    with fresh.firm.app.app_context():
        halfway = progress(fresh.firm.id)
        assert (halfway.state, halfway.stage, halfway.done) == (PhonebookState.RUNNING, "contacts", 10)
    fresh.firm.work()
    assert _pages(fresh) == ["1", "2", "3", "3", "4", "5"]
    assert fresh.size() == {"parties": 23, "phones": 23}


def test_how_far_it_is_is_told_to_administrators(fresh: Book) -> None:
    def told() -> dict[str, Any]:
        answer = ask(fresh.firm, "Вера", "GET", "/api/phonebook")
        assert answer.status_code == 200
        return dict(answer.json or {})

    assert ask(fresh.firm, "Анна", "GET", "/api/phonebook").status_code == 403
    assert (told()["state"], told()["synced_at"], told()["follows"]) == ("waiting", None, None)
    fresh.firm.work()
    after = told()
    assert (after["state"], after["follows"], after["parties"]) == ("current", "hooks", 23)
    assert (after["done"], after["total"], after["stage"], after["eta_seconds"]) == (23, 23, None, None)
    with fresh.firm.app.app_context():
        full_sync.start(fresh.firm.id)
        db.session.commit()
    again = told()
    assert (again["state"], again["done"], again["total"]) == ("running", 0, 23)
    fresh.firm.work()
    assert told()["state"] == "current"


def test_what_is_not_counted_by_anybody_is_counted_by_probes(
    fresh: Book, short_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_sync, "COUNT_FROM", 4)
    estimates: list[int] = []
    monkeypatch.setattr(syncs, "expect", lambda account, entity, rows: estimates.append(rows))
    fresh.firm.work()
    (estimate,) = estimates
    assert 23 / full_sync.NEAR <= estimate <= 23 * full_sync.NEAR
    probes = [each for each in fresh.firm.account.requests() if "limit=1&" in each.query]
    assert len(probes) <= 12


def test_a_page_that_lost_rows_to_a_deletion_loses_no_client(fresh: Book, crm: Crm, short_pages: None) -> None:
    fresh.firm.work()
    first = fresh.firm.account.contacts[0]
    last = number()
    fresh.firm.account.add_contact("Последний", [last])
    fresh.hear()

    def delete(phase: Phase, request: Request) -> None:
        """After the second page all others move up by one: the first of the third is on no page."""
        if phase is Phase.AFTER_COMMIT and "limit=5&page=2&" in request.query and "contacts" in request.path:
            fresh.firm.account.delete("contacts", first)

    crm.on_request.append(delete)
    fresh.firm.sync()
    crm.on_request.remove(delete)
    assert fresh.size()["parties"] == 23  # 24 less the deleted one
    assert fresh.name(last) == "Последний"


def test_what_was_deleted_unheard_is_gone_after_it(fresh: Book, crm: Crm) -> None:
    fresh.firm.work()
    account = fresh.firm.account._account
    account.webhooks.clear()
    for each in fresh.firm.account.contacts[:3]:
        fresh.firm.account.delete("contacts", each)
    fresh.firm.sync()
    assert fresh.size()["parties"] == 20


def test_live_work_is_done_between_two_pages(fresh: Book, crm: Crm, short_pages: None) -> None:
    his = number()

    def call(phase: Phase, request: Request) -> None:
        if phase is Phase.AFTER_COMMIT and "limit=5&page=2&" in request.query:
            fresh.firm.talk(his, "101")

    crm.on_request.append(call)
    fresh.firm.work()
    crm.on_request.remove(call)
    asked = [f"{each.method} {each.path} {each.query}" for each in fresh.firm.account.requests()]
    made = next(n for n, each in enumerate(asked) if "leads/complex" in each)
    third = next(n for n, each in enumerate(asked) if "limit=5&page=3&" in each)
    assert made < third


def test_one_account_has_one_a_night(app: Flask, fresh: Book, stranger: Book) -> None:
    fresh.firm.work()
    with app.app_context():
        assert fresh.firm.id not in chores.sync_due_phonebooks()
        for hours, due in ((19, False), (31, True)):
            db.session.execute(
                db.update(Account)
                .where(Account.id == fresh.firm.id)
                .values(phonebook_sync_at=db.func.now() - db.text(f"interval '{hours} hours'"))
            )
            db.session.commit()
            found = chores.sync_due_phonebooks()
            assert (fresh.firm.id in found) is due
            assert stranger.firm.id not in found


def test_in_another_country_all_numbers_are_read_anew(app: Flask, fresh: Book) -> None:
    national = "0671234567"
    fresh.firm.account.add_contact("Оксана", [national])
    fresh.firm.work()
    with app.app_context():
        assert "+380671234567" not in lookup.parties(fresh.firm.id, ["+380671234567"])
    fresh.firm.set(country="UA")
    with app.app_context():
        assert fresh.firm.id in chores.sync_due_phonebooks()
    fresh.firm.work()
    with app.app_context():
        (party,) = lookup.parties(fresh.firm.id, ["+380671234567"])["+380671234567"]
        assert party.name == "Оксана"


def test_nothing_is_said_to_have_changed_where_nothing_has(fresh: Book) -> None:
    fresh.firm.work()
    with fresh.firm.app.app_context():
        place = (db.session.execute(db.text("select max(changed_in) from phonebook_changes")).scalar_one(), "~")
    fresh.firm.sync()
    with fresh.firm.app.app_context():
        assert changed_numbers.since(fresh.firm.id, place, 100) == []


def test_the_first_reading_shows_in_the_command(fresh: Book, capsys: pytest.CaptureFixture[str]) -> None:
    fresh.firm.work()
    with fresh.firm.app.app_context():
        phonebook.show(Namespace(account=fresh.firm.id, sync=False, follow=True))
    assert "current, follows by hooks" in capsys.readouterr().out


def test_opened_firms_do_not_meet(app: Flask, crm: Crm, fresh: Book) -> None:
    other = opened(app, crm)
    fresh.firm.work()
    assert (fresh.size()["parties"], other.size()["parties"]) == (23, 0)


@pytest.fixture
def many(app: Flask, crm: Crm) -> Iterator[Book]:
    """A firm with 320 contacts, connected and not synced yet."""
    account = crm.account(f"firm{next(NUMBERS)}")
    for n in range(320):
        account.add_contact(f"Клиент {n}", [number()])
    return Book(Firm.open(app, crm, account.subdomain))


def test_a_page_that_takes_too_long_is_asked_for_in_smaller_ones(many: Book) -> None:
    many.firm.account.spoil(Kind.STATUS, r"contacts\?.*limit=250&page=1&", status=504)
    many.firm.account.spoil(Kind.STATUS, r"contacts\?.*limit=100&page=3&", status=504)
    many.firm.work_through()
    assert many.size() == {"parties": 320, "phones": 320}
    with many.firm.app.app_context():
        assert (progress(many.firm.id).state, progress(many.firm.id).done) == (PhonebookState.CURRENT, 320)
    sizes = [each.query.partition("limit=")[2] for each in many.firm.account.requests() if "contacts" in each.path]
    assert "250&page=2&order%5Bid%5D=asc" in sizes  # only what was too slow is asked for in pieces


def test_a_list_that_is_not_there_is_not_an_empty_one(many: Book) -> None:
    many.firm.work()
    with many.firm.app.app_context():
        full_sync.start(many.firm.id)
        db.session.commit()
    for kind in (Kind.STATUS, Kind.PAGE):
        fault = many.firm.account.spoil(kind, "/api/v4/(contacts|leads)", method="GET", status=404)
        for _ in range(5):
            many.firm.work()
            many.due_now()
        assert many.size()["parties"] == 320
        many.firm.crm.mend([fault.id])
    many.firm.work_through()
    assert many.size()["parties"] == 320


def test_a_reading_that_lacks_a_fifth_is_not_believed_at_once(many: Book) -> None:
    """amoCRM says for a while that there is nothing; or an administrator has deleted them."""
    many.firm.work()
    with many.firm.app.app_context():
        full_sync.start(many.firm.id)
        db.session.commit()
    fault = many.firm.account.spoil(Kind.NOTHING, "/api/v4/contacts", method="GET")
    many.firm.work()
    assert many.size()["parties"] == 320
    with many.firm.app.app_context():
        (refused,) = refusals.waiting(many.firm.id)
        assert "would lose 320 of 320 contacts" in (refused.error or "")
        many.firm.crm.mend([fault.id])
        assert refusals.try_again(many.firm.id) == 1
        db.session.commit()
    many.firm.work_through()
    assert many.size()["parties"] == 320


def test_what_two_readings_lack_is_gone(many: Book) -> None:
    many.firm.work()
    many.firm.account.spoil(Kind.NOTHING, "/api/v4/contacts", method="GET")
    with many.firm.app.app_context():
        full_sync.start(many.firm.id)
        db.session.commit()
        many.firm.work()
        assert refusals.try_again(many.firm.id) == 1
        db.session.commit()
    many.firm.work_through()
    assert many.size()["parties"] == 0


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.PAGE])
@pytest.mark.parametrize("status", [302, 400, 404, 405, 409, 500])
def test_one_bad_page_of_the_first_reading_delays_it_by_seconds(fresh: Book, kind: Kind, status: int) -> None:
    fresh.firm.account.spoil(kind, "/api/v4/contacts", method="GET", status=status, count=1)
    fresh.firm.work()
    fresh.due_now()
    fresh.firm.work()
    assert fresh.size()["parties"] == 23


def test_a_lead_of_any_price_stops_nothing(fresh: Book) -> None:
    contact = fresh.firm.account.add_contact("Дорогой", [number()])
    for price in (2**31, 79161234567, 2**70):
        fresh.firm.account.add_lead("Поставка", contact, price=price)
    fresh.firm.work()
    with fresh.firm.app.app_context():
        assert progress(fresh.firm.id).state is PhonebookState.CURRENT
