"""amoCRM tells by itself: what changes there is known here as soon as it is told, whatever way it is told."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from flask import Flask

from backend import logs
from backend.crm_access import client_for
from backend.desk.phonebook import change_inbox
from backend.desk.phonebook.webhook import unsubscribe
from backend.store import accounts, db
from backend.store.accounts import AccountState
from backend.store.journal import journal
from backend.store.phonebook import webhooks
from backend.store.phonebook.webhooks import HookState
from sandbox.crm.faults import Kind
from sandbox.crm.fields import phone_values
from sandbox.crm.server import Crm
from sandbox.crm.state import Record
from tests.phonebook.conftest import Book, number, opened

Client = tuple[Record, str]
UPDATE = "contacts[update][0]"
NONSENSE = (
    "", "a", "&&&===%%%", "contacts", "contacts[update]=7", "contacts[update][0][id]=", "contacts[update][0][id]=no",
    "contacts[update][0][id][id]=7", "contacts[x][0][id]=7", "leads[note][0][note][id]=7",
    "contacts[update][0][id]=9e99", "contacts[update][0][id]=99999999999999999999", "contacts[update][0][type]=contact",
    "%00[update][0][id]=7", "unsorted[add][0][uid]=" + "x" * 1000, "unsorted[delete][0][uid]=%00", "[[[[[[[]]]]]]]=1",
)  # fmt: skip


def test_each_account_has_an_address_of_its_own_that_nobody_can_guess(book: Book, stranger: Book) -> None:
    assert (book.hook().state, stranger.hook().state) == (HookState.SUBSCRIBED, HookState.SUBSCRIBED)
    keys = {book.hook().key, stranger.hook().key}
    assert len(keys) == 2
    assert min(map(len, keys)) >= 43  # 256 bits
    (webhook,) = book.firm.account.state()["webhooks"].values()
    assert webhook["destination"] == f"{book.firm.app.config['PUBLIC_URL']}/hooks/{book.hook().key}"
    with book.firm.app.app_context():
        stored = db.session.execute(db.text("select key, digest from account_hooks")).all()
    assert not keys & {text for row in stored for text in row}


def test_another_responsible_is_followed(book: Book, client: Client) -> None:
    ivan, his = client
    anna, boris = book.firm.people["Анна"], book.firm.people["Борис"]
    book.firm.account.change("contacts", ivan, responsible_user_id=boris)
    book.hear()
    assert book.responsible(his) == boris
    lead = book.firm.account.add_lead("Сделка", contact=ivan, responsible=anna)
    book.hear()
    assert book.responsible(his) == anna
    book.firm.account.change("leads", lead, responsible_user_id=boris)
    book.hear()
    assert book.responsible(his) == boris


def test_another_number_is_followed(book: Book, client: Client) -> None:
    ivan, his = client
    fresh = number()
    book.firm.account.change("contacts", ivan, name="Иван Сидоров", custom_fields_values=phone_values([fresh]))
    book.hear()
    assert (book.name(his), book.name(fresh)) == (None, "Иван Сидоров")


def test_what_is_made_deleted_and_restored_is_followed(book: Book) -> None:
    """Companies come as contacts, and of which of them a deletion is it does not say."""
    hers, theirs = number(), number()
    maria = book.firm.account.add_contact("Мария", [hers])
    office = book.firm.account.add_company("Ромашка", [theirs])
    book.hear()
    assert (book.name(hers), book.name(theirs)) == ("Мария", "Ромашка")
    book.firm.account.delete("contacts", maria)
    book.firm.account.delete("companies", office)
    book.hear()
    assert (book.name(hers), book.name(theirs)) == (None, None)
    book.firm.account.restore("contacts", maria)
    book.firm.account.restore("companies", office)
    book.firm.account.change("companies", office, name="Лютик")
    book.hear()
    assert (book.name(hers), book.name(theirs)) == ("Мария", "Лютик")


def test_who_was_merged_answers_for_both_numbers_and_leads(book: Book, client: Client) -> None:
    ivan, his = client
    other = number()
    double = book.firm.account.add_contact("Ваня", [other])
    lead = book.firm.account.add_lead("Сделка", contact=double)
    book.hear()
    book.firm.account.merge("contacts", double, ivan)
    book.hear()
    for each in (his, other):
        found = book.client(each)
        assert found.party is not None
        assert found.party.id == ivan["id"]
        assert found.lead is not None
        assert found.lead.id == lead["id"]


def test_a_lead_that_is_closed_or_deleted_is_open_no_more(book: Book, client: Client) -> None:
    ivan, his = client
    first, second = (book.firm.account.add_lead(name, contact=ivan) for name in ("Первая", "Вторая"))
    book.hear()
    assert book.lead(his).name == "Вторая"  # type: ignore[union-attr]
    book.firm.account.delete("leads", second)
    book.hear()
    assert book.lead(his).name == "Первая"  # type: ignore[union-attr]
    book.firm.account.move_lead(first, "Успешно реализовано")
    book.hear()
    assert book.lead(his) is None
    book.firm.account.move_lead(first, "Переговоры")
    book.hear()
    assert book.lead(his).name == "Первая"  # type: ignore[union-attr]


def test_a_record_of_ours_that_somebody_accepts_waits_no_more(book: Book) -> None:
    hers = number()
    book.firm.miss(hers)
    book.firm.work_through()
    book.hear()
    (record,) = book.firm.account.unsorted
    assert book.client(hers).party is None  # its contact is nobody's client before
    book.firm.account.accept(record["uid"], book.firm.people["Борис"])
    book.hear()
    assert book.lead(hers) is not None
    assert book.responsible(hers) == book.firm.people["Борис"]
    with book.firm.app.app_context():
        assert db.session.execute(db.text("select count(*) from phonebook_waiting")).scalar_one() == 0


def test_told_twice_late_and_in_any_order_it_is_as_in_the_crm(book: Book, client: Client) -> None:
    (ivan, his), hers = client, number()
    account, boris = book.firm.account, book.firm.people["Борис"]
    before = len(book.firm.crm.sent)
    maria = account.add_contact("Мария", [hers])
    account.change("contacts", ivan, name="Иван Второй", responsible_user_id=boris)
    lead = account.add_lead("Сделка", contact=ivan)
    account.move_lead(lead, "Успешно реализовано")
    account.change("contacts", ivan, name="Иван Третий")
    account.delete("contacts", maria)
    assert book.firm.crm.settle()
    told = book.firm.crm.sent[before:]
    assert len(told) >= 7
    for _ in range(2):
        for sent in reversed(told):
            assert _tell(book, sent.body) == 200
        book.firm.work()
        assert (book.name(his), book.name(hers), book.lead(his)) == ("Иван Третий", None, None)
        assert book.responsible(his) == boris


def test_an_answer_older_than_what_is_known_changes_nothing(book: Book, client: Client) -> None:
    ivan, his = client
    book.firm.account.change("contacts", ivan, name="Иван Новый", updated_at=2_000_000_000)
    book.hear()
    book.firm.account.change("contacts", ivan, name="Иван Старый", updated_at=1_000_000_000)
    book.hear()
    assert book.name(his) == "Иван Новый"


def test_our_own_writes_come_back_and_cost_nothing(book: Book) -> None:
    hers = number()
    book.firm.talk(hers, "101")
    book.firm.work_through()
    before = book.last()
    book.hear()
    assert book.asked(before) == []
    assert book.lead(hers) is not None


def test_many_changes_share_requests(book: Book) -> None:
    theirs = [number() for _ in range(40)]
    many = [book.firm.account.add_contact("Клиент", [each]) for each in theirs]
    book.hear()
    before = book.last()
    for each in many:
        book.firm.account.change("contacts", each, responsible_user_id=book.firm.people["Борис"])
    book.hear()
    assert {book.responsible(each) for each in theirs} == {book.firm.people["Борис"]}
    assert len(book.asked(before)) <= 2


def test_live_work_goes_first(book: Book, client: Client) -> None:
    ivan, his = client
    lead = book.firm.account.add_lead("Сделка", contact=ivan)
    book.hear()
    book.firm.account.change("leads", lead, price=100)
    assert book.firm.crm.settle()
    before = book.last()
    book.firm.talk(his, "101")
    book.firm.work()
    asked = book.asked(before)
    assert asked.index("POST /api/v4/leads/notes") < asked.index(f"GET /api/v4/leads/{lead['id']}")


def test_it_is_answered_while_amocrm_itself_does_not_answer(book: Book, client: Client) -> None:
    ivan, his = client
    book.firm.account.spoil(Kind.STATUS, status=502, count=None)
    book.firm.account.change("contacts", ivan, name="Иван Второй")
    assert book.firm.crm.settle()
    assert book.firm.crm.sent[-1].status == 200
    book.firm.work()
    assert book.name(his) == "Иван"
    book.firm.crm.mend()
    book.firm.work_through()
    assert book.name(his) == "Иван Второй"


def test_nonsense_changes_nothing(book: Book) -> None:
    before = book.last()
    for body in NONSENSE:
        assert _tell(book, body) in (200, 400), body
    book.firm.work()
    assert book.asked(before) == []


def test_who_does_not_know_the_address_tells_nothing(book: Book, stranger: Book) -> None:
    told = _of(book, **{f"{UPDATE}[id]": "7"})
    assert _tell(book, told, key="A" * 43) == 404
    assert _tell(book, told, key=stranger.hook().key) == 400
    with book.firm.app.app_context():
        assert db.session.execute(db.text("select count(*) from phonebook_news")).scalar_one() == 0


def test_a_body_without_end_is_not_read(book: Book) -> None:
    assert _tell(book, b"a" * (2 * 1024 * 1024)) == 413
    assert _tell(book, "&".join(f"a{n}=1" for n in range(60_000))) == 400
    assert _tell(book, "&".join(f"leads[update][{n}][id]={n}" for n in range(6_000))) == 400


def test_a_disabled_account_is_answered_and_not_worked_for(app: Flask, crm: Crm) -> None:
    gone = opened(app, crm)
    with app.app_context():
        accounts.find(gone.firm.id).move(AccountState.DISABLED)  # type: ignore[union-attr]
        db.session.commit()
    assert _tell(gone, _of(gone, **{f"{UPDATE}[id]": "7"})) == 200
    with app.app_context():
        assert journal.intents_of(gone.firm.id, change_inbox.CALL) == []


def test_who_leaves_is_told_no_more(app: Flask, crm: Crm, stranger: Book) -> None:
    leaving = opened(app, crm)
    with app.app_context():
        unsubscribe(leaving.firm.id, client_for(leaving.firm.id))
        assert webhooks.of(leaving.firm.id).state == HookState.NONE
    assert leaving.firm.account.state()["webhooks"] == {}
    assert len(stranger.firm.account.state()["webhooks"]) == 1


def test_no_log_holds_the_address(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    key = book.hook().key
    kept = logs.redact(None, "", {"event": f"POST /hooks/{key} HTTP/1.1", "url": f"https://a.test/hooks/{key}?x=1"})
    assert key not in str(kept)
    _tell(book, _of(book) + "&a=1" * 60_000)
    said = capsys.readouterr()
    assert "webhook not understood" in said.out
    assert key not in said.out + said.err


def _tell(book: Book, body: str | bytes, key: str | None = None) -> int:
    path = f"/hooks/{key or book.hook().key}"
    sent = book.firm.app.test_client().post(path, data=body, content_type="application/x-www-form-urlencoded")
    return sent.status_code


def _of(book: Book, **more: str) -> str:
    return urlencode({"account[id]": str(book.firm.id), **more})
