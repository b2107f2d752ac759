"""Where amoCRM does not tell, it is asked; and where it says that it tells, but does not, it is found out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from backend.amocrm import answers, requests
from backend.desk import chores
from backend.desk.phonebook import polling
from backend.store import db
from backend.store.accounts import Account
from backend.store.phonebook import webhooks
from backend.store.phonebook.webhooks import HookState
from sandbox.crm.fields import phone_values
from sandbox.crm.server import Crm
from tests.phonebook.conftest import Book, number, opened


@pytest.fixture(scope="module")
def poor(app: Flask, crm: Crm) -> Book:
    """A firm whose tariff has no webhooks."""
    return opened(app, crm, webhooks_on=False)


def test_a_refused_subscription_leaves_the_account_as_it_is(poor: Book) -> None:
    assert poor.hook().state == HookState.REFUSED
    assert "not part of this tariff" in poor.hook().reason
    assert poor.firm.account.state()["webhooks"] == {}
    with poor.firm.app.app_context():
        assert db.session.get_one(Account, poor.firm.id).state == "connected"


def test_what_changes_is_found(poor: Book) -> None:
    his, hers, theirs = number(), number(), number()
    anna, boris = poor.firm.people["Анна"], poor.firm.people["Борис"]
    ivan = poor.firm.account.add_contact("Иван", [his], anna)
    office = poor.firm.account.add_company("Ромашка", [theirs], anna)
    poor.poll()
    assert (poor.name(his), poor.name(theirs)) == ("Иван", "Ромашка")
    lead = poor.firm.account.add_lead("Сделка", contact=ivan, responsible=boris)
    poor.firm.account.change("contacts", ivan, custom_fields_values=phone_values([hers]))
    poor.firm.account.change("companies", office, responsible_user_id=boris)
    poor.poll()
    assert (poor.name(his), poor.responsible(hers), poor.responsible(theirs)) == (None, boris, boris)
    poor.firm.account.move_lead(lead, "Успешно реализовано")
    poor.poll()
    assert poor.responsible(hers) == anna


def test_what_is_gone_is_found_in_the_history(poor: Book) -> None:
    his, hers, theirs = number(), number(), number()
    ivan = poor.firm.account.add_contact("Иван", [his])
    double = poor.firm.account.add_contact("Ваня", [hers])
    office = poor.firm.account.add_company("Ромашка", [theirs])
    lead = poor.firm.account.add_lead("Сделка", contact=double)
    poor.poll()
    poor.firm.account.delete("companies", office)
    poor.firm.account.merge("contacts", double, ivan)
    poor.poll()
    assert poor.name(theirs) is None
    assert (poor.name(his), poor.name(hers)) == ("Иван", "Иван")
    assert poor.lead(his).id == lead["id"]  # type: ignore[union-attr]
    poor.firm.account.delete("leads", lead)
    poor.firm.account.restore("companies", office)
    poor.poll()
    assert (poor.lead(his), poor.name(theirs)) == (None, "Ромашка")


def test_a_record_that_somebody_accepted_waits_no_more(poor: Book) -> None:
    hers = number()
    poor.firm.miss(hers)
    poor.firm.work_through()
    (record,) = poor.firm.account.unsorted
    poor.firm.account.accept(record["uid"], poor.firm.people["Борис"])
    poor.poll()
    assert poor.responsible(hers) == poor.firm.people["Борис"]
    with poor.firm.app.app_context():
        assert db.session.execute(db.text("select count(*) from phonebook_waiting")).scalar_one() == 0


def test_where_nothing_changes_a_poll_asks_little(poor: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "CLOCKS_APART", -60)  # what happened lately is long ago
    poor.poll()
    before = poor.last()
    poor.poll()
    assert len(poor.asked(before)) <= 5
    assert all(each.startswith("GET ") for each in poor.asked(before))


def test_many_changes_are_read_page_after_page(poor: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "PAGE", 3)
    monkeypatch.setattr(answers.may_have_more, "__defaults__", (3,))
    theirs = [number() for _ in range(10)]
    for each in theirs:
        poor.firm.account.add_contact("Клиент", [each])
    poor.poll()
    assert [poor.name(each) for each in theirs] == ["Клиент"] * 10


def test_it_is_often_where_nothing_is_told_and_seldom_else(app: Flask, book: Book, poor: Book) -> None:
    book.poll()
    poor.poll()
    with app.app_context():
        _polled(app, polling.OFTEN + 1)
        due = chores.poll_due_phonebooks()
        assert poor.firm.id in due
        assert book.firm.id not in due
        _polled(app, polling.SELDOM + 1)
        assert {book.firm.id, poor.firm.id} <= set(chores.poll_due_phonebooks())
    book.firm.work()
    poor.firm.work()


def test_webhooks_that_never_come_are_found_out(app: Flask, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = opened(app, crm)
    deaf.poll()
    assert deaf.hook().is_heard
    monkeypatch.setattr(polling, "LATE", 0)
    with app.app_context():
        webhooks.of(deaf.firm.id).since -= timedelta(hours=1)
        webhooks.of(deaf.firm.id).heard_at = None
        db.session.commit()
        (webhook,) = crm.account(deaf.firm.account.subdomain).state()["webhooks"].values()
    deaf.firm.account._account.webhooks[webhook["id"]]["disabled"] = True
    his = number()
    deaf.firm.account.add_contact("Иван", [his])
    with monkeypatch.context() as later:
        later.setattr(polling.time, "time", lambda: _now() + 5)
        deaf.poll()
    assert deaf.name(his) == "Иван"
    assert not deaf.hook().is_heard
    deaf.firm.sync()  # subscribes anew
    assert deaf.hook().is_heard


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _polled(app: Flask, ago: float) -> None:
    db.session.execute(db.update(webhooks.HookRow).values(polled_at=db.func.now() - timedelta(seconds=ago)))
    db.session.commit()
