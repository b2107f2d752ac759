"""Who may open a stream: the holder of a ticket of ours, of this purpose, of today, of an account that is connected."""

from __future__ import annotations

import json
import time

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import update

from backend import crm_access
from backend.config import Settings
from backend.store import db
from backend.store.accounts import Account, AccountState, AccountUser
from backend.store.base import crypto
from tests.firm import Firm
from tests.stream.conftest import screen, show, ticket
from tests.stream.web import Web

DAY = 24 * 60 * 60


def status(web: Web, ticket: str) -> int:
    return web.read(ticket).answer.status


def seal(ours: Settings, text: str, age: int = 0) -> str:
    return Fernet(ours.secret_keys[0]).encrypt_at_time(text.encode(), int(time.time()) - age).decode()


def holder(firm: Firm, **changed: object) -> str:
    return json.dumps({"for": "stream", "account": firm.id, "user": firm.people["Анна"], **changed})


def test_a_ticket_is_sold_for_a_token_alone(web: Web, firm: Firm) -> None:
    assert web.ask("POST", "/api/stream/ticket")[0] == 401
    status, sold = web.ask("POST", "/api/stream/ticket", firm.account.widget_token(firm.account.users[0]))
    assert (status, sold["expires_in"]) == (200, DAY)


def test_a_ticket_lives_a_day(web: Web, firm: Firm, ours: Settings) -> None:
    assert status(web, seal(ours, holder(firm), age=DAY - 60)) == 200
    assert status(web, seal(ours, holder(firm), age=DAY + 60)) == 401


@pytest.mark.parametrize(
    "text",
    ["", "[]", "7", "nonsense", '{"account": 1, "user": 2}'],
    ids=["empty", "list", "number", "text", "no purpose"],
)
def test_a_sealed_text_that_is_no_ticket_opens_nothing(web: Web, ours: Settings, text: str) -> None:
    assert status(web, seal(ours, text)) == 401


def test_a_ticket_of_another_purpose_or_another_service_opens_nothing(web: Web, firm: Firm, ours: Settings) -> None:
    assert status(web, seal(ours, holder(firm, **{"for": "callback"}))) == 401
    assert status(web, Fernet(Fernet.generate_key()).encrypt(holder(firm).encode()).decode()) == 401
    assert status(web, "") == 401
    assert status(web, "x" * 2000) == 401
    assert status(web, "Ж" * 50) == 401


def test_a_ticket_opens_nothing_but_the_stream(web: Web, firm: Firm) -> None:
    assert web.ask("GET", "/api/popups", ticket(web, firm))[0] == 401


def test_only_pages_of_amocrm_may_read_it(web: Web, firm: Firm) -> None:
    token = firm.account.widget_token(firm.account.users[0])
    for origin, allowed in ((firm.account.url, True), ("https://evil.example", False)):
        _, sold = web.ask("POST", "/api/stream/ticket", token)
        answer = web.read(sold["ticket"], origin=origin).answer
        assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is allowed


def test_an_account_that_was_disabled_gets_no_ticket_and_its_streams_end(
    web: Web, firm: Firm, other: Firm, app: Flask
) -> None:
    sold, token = ticket(web, firm), firm.account.widget_token(firm.account.users[0])
    here, there = web.read(sold).greeted(), screen(web, other).greeted()
    with app.app_context():
        crm_access.disable(firm.id)
    assert here.has_ended()
    assert status(web, sold) == 401
    assert web.ask("POST", "/api/stream/ticket", token)[0] == 404
    show(other, "1.1")
    assert there.popups_until("1.1", "ringing")


def test_whom_amocrm_does_not_let_in_any_more_hears_nothing_more(web: Web, firm: Firm, other: Firm, app: Flask) -> None:
    holder, colleague, stranger = ticket(web, firm), screen(web, firm, "Борис"), screen(web, other)
    open_stream = web.read(holder).greeted()
    with app.app_context():
        gone = {"account_id": firm.id, "user_id": firm.people["Анна"]}
        db.session.execute(update(AccountUser).filter_by(**gone).values(is_active=False))
        db.session.commit()
    assert open_stream.has_ended()
    assert status(web, holder) == 401
    for each, where in ((firm, colleague), (other, stranger)):
        show(each, "1.1", name="Борис" if each is firm else "Анна")
        assert where.popups_until("1.1", "ringing")


def test_an_account_in_trouble_still_has_its_stream(web: Web, firm: Firm, app: Flask) -> None:
    """Its phones ring on, and the stream is where its people hear of the trouble."""
    with app.app_context():
        account = db.session.get(Account, firm.id)
        assert account
        account.move(AccountState.NEEDS_REAUTHORISATION)
        db.session.commit()
    assert screen(web, firm).next("me")["account"] == "needs_reauthorisation"


def test_a_ticket_survives_the_change_of_the_key(web: Web, firm: Firm, app: Flask, ours: Settings) -> None:
    """All of SECRET_KEYS open it."""
    with app.app_context():
        assert crypto.unseal(seal(ours, "text"), 60) == "text"
        with pytest.raises(crypto.BadSeal):
            crypto.unseal(seal(ours, "text", age=61), 60)
