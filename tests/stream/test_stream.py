"""The stream over a real `web` process: what its reader hears, in which order, and what he never hears."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from backend.calls.facts import CallStarted, ExtensionRang
from backend.store import db, popups, stream
from backend.store.accounts import Account, AccountState
from tests.firm import Firm
from tests.stream.conftest import screen, show, ticket
from tests.stream.web import Web


def test_a_reader_is_greeted_in_order_and_then_hears_each_change(web: Web, firm: Firm, other: Firm) -> None:
    show(firm, "1.1")
    browser = screen(web, firm)
    told = browser.events()
    heard = [next(told) for _ in range(4)]
    assert [name for name, _ in heard] == ["me", "colleagues", "missed", "popup"]
    me, colleagues, missed, popup = (data for _, data in heard)
    assert me == {
        "user_id": firm.people["Анна"], "name": "Анна", "extensions": ["101"], "phone": "unknown", "link": "never",
        "account": "connected", "alerts": [],
    }  # fmt: skip
    assert colleagues == {
        "colleagues": [{"user_id": firm.people["Борис"], "name": "Борис", "extension": "102", "state": "unknown"}]
    }
    assert missed == {"calls": []}
    assert (popup["call"], popup["state"], popup["details"]) == ("1.1", "ringing", {"phone": "+7 916 123-45-67"})
    show(firm, "1.1", "talking")
    assert browser.popups_until("1.1", "talking") == [("1.1", "talking")]


def test_the_stream_is_sent_as_it_comes_and_kept_nowhere(web: Web, firm: Firm) -> None:
    headers = screen(web, firm).greeted().answer.headers
    assert headers["Content-Type"].partition(";")[0] == "text/event-stream"
    assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-store", "no")
    browser = screen(web, firm)
    assert browser.answer.readline() == b"retry: 1000\n"
    assert browser.next("beat") == {}


def test_a_reader_sees_his_own_popups_alone(web: Web, firm: Firm, other: Firm) -> None:
    here, there = screen(web, firm).greeted(), screen(web, other).greeted()
    show(firm, "1.1", name="Борис")
    show(other, "1.2")
    show(firm, "1.3")
    assert here.popups_until("1.3", "ringing") == [("1.3", "ringing")]
    show(other, "1.4")
    assert there.popups_until("1.4", "ringing") == [("1.2", "ringing"), ("1.4", "ringing")]


def test_closed_once_is_closed_in_every_tab_of_this_user_alone(web: Web, firm: Firm, other: Firm) -> None:
    tabs, colleague = [screen(web, firm).greeted() for _ in range(3)], screen(web, firm, "Борис").greeted()
    for owner, name in ((firm, "Анна"), (firm, "Борис"), (other, "Анна")):
        show(owner, "1.1", name=name)
    token = firm.account.widget_token(next(user for user in firm.account.users if user["name"] == "Анна"))
    for _ in ("once", "again"):
        assert web.ask("POST", "/api/popups/1.1/close", token) == (200, {})
    for tab in tabs:
        tab.popups_until("1.1", "closed")
    show(firm, "1.2", name="Борис")
    assert colleague.popups_until("1.2", "ringing") == [("1.1", "ringing"), ("1.2", "ringing")]
    assert web.ask("POST", "/api/popups/1.2/close", token)[0] == 404


def test_a_transaction_that_began_first_and_is_committed_last_is_not_missed(web: Web, firm: Firm, app: Flask) -> None:
    """Its serial is the earlier one: who reads on by serials would never see it."""
    open_here, left = screen(web, firm).greeted(), screen(web, firm).greeted()
    anna = [firm.people["Анна"]]
    with app.app_context():
        popups.show(firm.id, "1.1", anna, "ringing", {}, None)
        show(firm, "1.2")
        for each in (open_here, left):
            assert each.popups_until("1.2", "ringing") == [("1.2", "ringing")]
        left.close()
        db.session.commit()
    assert open_here.popups_until("1.1", "ringing") == [("1.1", "ringing")]  # and 1.2 not again
    back = screen(web, firm, after=left.last_id)
    assert ("1.1", "ringing") in back.popups_until("1.1", "ringing")


def test_who_comes_back_hears_what_changed_since_closed_ones_too(web: Web, firm: Firm) -> None:
    for call in ("1.1", "1.2", "1.3"):
        show(firm, call)
    first = screen(web, firm).greeted()
    first.popups_until("1.3", "ringing")
    first.close()
    show(firm, "1.1", "closed")
    show(firm, "1.4")
    heard = screen(web, firm, after=first.last_id).popups_until("1.4", "ringing")
    assert heard[-2:] == [("1.1", "closed"), ("1.4", "ringing")]
    assert ("1.2", "ringing") not in heard
    assert screen(web, firm).greeted().popups_until("1.4", "ringing") == [(f"1.{n}", "ringing") for n in (2, 3, 4)]


def test_who_is_cut_off_in_the_middle_of_a_reading_goes_on_there(web: Web, firm: Firm) -> None:
    calls = [f"1.{number}" for number in range(20)]
    for call in calls:
        show(firm, call)
    first = screen(web, firm).greeted()
    first.popups_until("1.4", "ringing")
    heard = screen(web, firm, after=first.last_id).popups_until("1.19", "ringing")
    assert {call for call, _ in heard} >= set(calls[5:])
    assert "1.0" not in {call for call, _ in heard}


def test_a_place_that_cannot_be_is_none(web: Web, firm: Firm) -> None:
    show(firm, "1.1")
    show(firm, "1.2", "closed")
    show(firm, "1.3")
    for place in ("9" * 17, "-1", "nonsense", "9" * 30, "1e9"):
        heard = screen(web, firm, after=place).popups_until("1.3", "ringing")
        assert heard == [("1.1", "ringing"), ("1.3", "ringing")]


def test_what_did_not_change_is_not_told_again(web: Web, firm: Firm, app: Flask) -> None:
    told = screen(web, firm).greeted().events()
    with app.app_context():
        for topic in ("missed", "me", "colleagues"):
            stream.notify(firm.id, topic)
        db.session.commit()
    firm.miss("89161234567")
    names = []
    while (event := next(told))[0] != "missed":
        names.append(event[0])
    assert set(names) <= {"beat"}
    assert len(event[1]["calls"]) == 1


def test_what_only_another_version_of_us_understands_is_passed_over(web: Web, firm: Firm, app: Flask) -> None:
    browser = screen(web, firm).greeted()
    with app.app_context():
        for words in ("nonsense", f"{firm.id}::weather", f"{firm.id}:x:popups"):
            db.session.execute(text("select pg_notify('stream', :words)"), {"words": words})
        db.session.commit()
    show(firm, "1.1")
    assert browser.popups_until("1.1", "ringing") == [("1.1", "ringing")]


def test_missed_calls_come_and_go(web: Web, firm: Firm, other: Firm) -> None:
    browser, stranger = screen(web, firm, "Борис").greeted(), screen(web, other).greeted()
    call = firm.miss("89161234567")
    assert [each["call"] for each in browser.next("missed")["calls"]] == [call]
    firm.talk("8 916 123-45-67", "101", outbound=True)
    assert browser.next("missed") == {"calls": []}
    foreign = other.miss("89161234567")
    assert [each["call"] for each in stranger.next("missed")["calls"]] == [foreign]


def test_an_employee_hears_of_the_accounts_trouble(web: Web, firm: Firm, app: Flask) -> None:
    """Nobody tells of it: it is looked after with every beat."""
    browser = screen(web, firm).greeted()
    with app.app_context():
        account = db.session.get(Account, firm.id)
        assert account
        account.move(AccountState.UNPAID)
        db.session.commit()
    assert browser.next("me")["account"] == "unpaid"


def test_a_ring_reaches_the_one_whose_phone_rings(web: Web, firm: Firm, other: Firm) -> None:
    browser = screen(web, firm, "Борис").greeted()
    call = firm.call("89161234567")
    firm.tell(CallStarted(**call), ExtensionRang(**call, extension="102"))
    assert browser.popups_until(call["call"], "ringing")


def test_the_oldest_of_too_many_streams_of_one_user_makes_room(web: Web, firm: Firm) -> None:
    holder = ticket(web, firm)
    first, second = web.read(holder).greeted(), web.read(holder).greeted()
    more = [each.greeted() for each in [web.read(holder) for _ in range(19)]]
    assert first.has_ended()
    show(firm, "1.1")
    for each in (second, more[-1]):
        each.popups_until("1.1", "ringing")
    for each in (second, *more):
        each.close()
