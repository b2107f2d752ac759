"""Administrators are told of an outage once, in amoCRM and in the widget, and when it is over; a blink is nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, text, update

from backend.desk import office as people
from backend.desk.health import alerts
from backend.store import accounts, db
from backend.store.accounts import Account, AccountPbx, AccountState, LineState
from backend.store.journal import refusals
from backend.store.journal.journal import IntentRow, IntentState
from backend.store.phonebook import phonebook
from sandbox.crm.faults import Kind
from sandbox.crm.server import Crm
from tests.asking import ask
from tests.firm import Firm

STRANGER, KNOWN = "+79267778899", "+79161234568"


@pytest.fixture(autouse=True)
def _with_pbxs(firm: Firm, other: Firm) -> None:
    for each in (firm, other):
        with each.app.app_context():
            db.session.add(AccountPbx(account_id=each.id, host="pbx", username="u", secret="s"))
            db.session.commit()
        link(each, LineState.UP)


def link(firm: Firm, state: LineState, trouble: str = "", *, held: bool = True, minutes: float = 60) -> None:
    """Since so long."""
    with firm.app.app_context():
        accounts.set_link(firm.id, state, trouble, trouble=trouble)
        until = text("clock_timestamp() + interval '1 hour'" if held else "clock_timestamp() - interval '1 second'")
        since = text(f"clock_timestamp() - interval '{minutes} minutes'")
        mine = update(AccountPbx).where(AccountPbx.account_id == firm.id)
        db.session.execute(mine.values(lease_until=until, link_since=since))
        db.session.commit()


def later(firm: Firm, minutes: float = 3) -> None:
    """Looked at, and again after so long."""
    with firm.app.app_context():
        alerts.watch()
        db.session.execute(
            text("update outages set began_at = began_at - make_interval(secs => :s) where ended_at is null"),
            {"s": minutes * 60},
        )
        db.session.commit()
        alerts.watch()


def tasks(firm: Firm) -> list[dict[str, Any]]:
    return list(firm.account.state()["tasks"].values())


def shown(firm: Firm, name: str = "Вера", language: str = "ru") -> Any:
    answer = ask(firm, name, "GET", "/api/overview?days=7", language=language).json
    assert answer is not None
    return answer["health"] and answer["health"]["alerts"]


def test_a_dead_line_is_one_task_of_an_administrator_and_is_completed_when_it_is_back(firm: Firm, other: Firm) -> None:
    link(firm, LineState.REFUSED, "wrong_login")
    later(firm)
    later(firm)  # nobody is told twice, whatever restarts
    firm.work_through()
    (task,) = tasks(firm)
    assert task["responsible_user_id"] == firm.people["Вера"]
    assert "не принимает логин или пароль AMI" in task["text"]
    assert not task["is_completed"]
    assert [each["kind"] for each in shown(firm)] == ["link"]
    assert "does not accept the AMI username or password" in shown(firm, language="en")[0]["message"]
    assert shown(other) == []
    link(firm, LineState.UP)
    later(firm)
    firm.work_through()
    (task,) = tasks(firm)
    assert task["is_completed"]
    assert "восстановлена" in task["result"]["text"]
    assert shown(firm) == []
    assert tasks(other) == []


def test_only_administrators_see_it(firm: Firm) -> None:
    link(firm, LineState.DOWN, "silent")
    later(firm)
    assert shown(firm, "Анна") is None


def test_administrators_are_told_on_whatever_page_they_are(firm: Firm, other: Firm) -> None:
    """By the stream, which needs nothing of amoCRM: the token may be what died."""
    move(firm, AccountState.NEEDS_REAUTHORISATION)
    later(firm)
    (alert,) = heard(firm, "Вера")
    assert (alert["kind"], "подключите аккаунт заново" in alert["message"]["ru"]) == ("crm", True)
    assert "connect the account again" in alert["message"]["en"]
    assert heard(firm, "Анна") == heard(other, "Вера") == []
    move(firm, AccountState.CONNECTED)
    later(firm)
    assert heard(firm, "Вера") == []


def heard(firm: Firm, name: str) -> Any:
    with firm.app.app_context():
        office = people.office(firm.id)
        assert office is not None
        return office.me(firm.people[name])["alerts"]


def test_a_blink_is_nothing(firm: Firm) -> None:
    link(firm, LineState.DOWN, "lost")
    later(firm, minutes=1)
    assert shown(firm) == []
    link(firm, LineState.UP)
    later(firm)
    firm.work_through()
    assert tasks(firm) == []


def test_a_line_that_comes_and_goes_is_told_of_from_its_first_loss(firm: Firm) -> None:
    for state in (LineState.DOWN, LineState.CONNECTING) * 2:
        link(firm, state, "no_connection")
        later(firm, minutes=0.6)
    firm.work_through()
    assert len(tasks(firm)) == 1


def test_a_line_that_is_back_for_a_moment_is_not_told_of_again(firm: Firm) -> None:
    for _ in range(3):
        link(firm, LineState.DOWN, "silent")
        later(firm)
        assert len(shown(firm)) == 1
        link(firm, LineState.UP, minutes=1)
        assert shown(firm) == []
        later(firm)
    firm.work_through()
    assert [task["is_completed"] for task in tasks(firm)] == [False]
    link(firm, LineState.UP, minutes=3)
    later(firm)
    firm.work_through()
    assert [task["is_completed"] for task in tasks(firm)] == [True]


def test_a_line_that_nobody_holds_is_dead(firm: Firm) -> None:
    link(firm, LineState.UP, held=False)
    later(firm)
    assert "не подключён к АТС" in shown(firm)[0]["message"]


def test_a_line_on_which_no_calls_are_told_is_dead_and_one_that_lacks_other_rights_is_not(firm: Firm) -> None:
    link(firm, LineState.UP, "no_right")
    later(firm)
    assert shown(firm) == []
    link(firm, LineState.UP, "deaf")
    later(firm)
    assert "read =" in shown(firm, language="en")[0]["message"]


def test_while_amocrm_is_closed_the_widget_tells_and_afterwards_a_task(firm: Firm, other: Firm) -> None:
    move(firm, AccountState.NEEDS_REAUTHORISATION)
    later(firm)
    assert [each["kind"] for each in shown(firm)] == ["crm"]
    assert "подключите аккаунт заново" in shown(firm)[0]["message"]
    assert tasks(firm) == []
    move(firm, AccountState.CONNECTED)
    later(firm)
    firm.work_through()
    (task,) = tasks(firm)
    assert "доступ к amoCRM восстановлен" in task["text"]
    assert tasks(other) == []


def test_an_unpaid_account_is_told_what_to_do(firm: Firm) -> None:
    move(firm, AccountState.UNPAID)
    later(firm)
    assert "Продлите подписку" in shown(firm)[0]["message"]


def test_an_amocrm_that_answers_nothing_but_errors_is_told_of(firm: Firm, other: Firm, crm: Crm) -> None:
    firm.account.spoil(Kind.STATUS, "/api", status=500)
    firm.talk(STRANGER, "101")
    in_vain(firm, minutes=9)
    assert shown(firm) == []
    in_vain(firm, minutes=2)
    assert "отвечает ошибкой" in shown(firm)[0]["message"]
    crm.mend()
    firm.work_through()
    later(firm)
    firm.work_through()
    (task,) = tasks(firm)
    assert "доступ к amoCRM восстановлен" in task["text"]
    assert (shown(firm), shown(other), tasks(other)) == ([], [], [])


def test_one_request_that_amocrm_cannot_bear_is_no_outage(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=500)
    firm.talk(STRANGER, "101")
    in_vain(firm, minutes=20)
    firm.account.add_contact("Иван", [KNOWN])
    firm.talk(KNOWN, "101")
    firm.work()
    later(firm)
    assert shown(firm) == []


def in_vain(firm: Firm, minutes: float) -> None:
    """What is due is tried, twice, and grows older by so much."""
    for _ in range(2):
        firm.work()
        with firm.app.app_context():
            older = {"due_at": func.now(), "created_at": IntentRow.created_at - timedelta(minutes=minutes / 2)}
            todo = (IntentRow.account_id == firm.id, IntentRow.state == IntentState.TODO.value)
            db.session.execute(update(IntentRow).where(*todo).values(older))
            db.session.commit()
    later(firm)


def test_a_line_that_is_back_before_amocrm_could_be_told_makes_no_task(firm: Firm) -> None:
    link(firm, LineState.DOWN, "silent")
    later(firm)
    link(firm, LineState.UP)
    later(firm)
    firm.work_through()
    assert tasks(firm) == []


def test_a_task_whose_answer_is_lost_is_found(firm: Firm) -> None:
    firm.account.spoil(Kind.CUT, "/tasks", method="POST", seconds=0.01, after_write=True, count=1)
    link(firm, LineState.DOWN, "silent")
    later(firm)
    firm.work_through()
    assert len(tasks(firm)) == 1


def test_a_disabled_account_is_left_alone(firm: Firm) -> None:
    move(firm, AccountState.DISABLED)
    link(firm, LineState.DOWN, "silent")
    later(firm)
    with firm.app.app_context():
        assert alerts.shown(firm.id, "ru") == []


def move(firm: Firm, state: AccountState) -> None:
    with firm.app.app_context():
        account = db.session.get(Account, firm.id)
        assert account is not None
        account.move(state, "for the test")
        db.session.commit()


def test_an_administrator_who_lost_his_rights_is_told_of_and_the_phonebook_is_read_all_the_same(
    firm: Firm, other: Firm
) -> None:
    firm.account.add_user("Галина", admin=True)
    firm.sync()
    contact = firm.account.add_contact("Иван", [KNOWN])
    firm.account.set_user(firm.people["Вера"], is_admin=False)
    firm.sync()
    with firm.app.app_context():
        assert phonebook.has(firm.id, "contacts", contact["id"])
        assert refusals.waiting(firm.id) == []
    later(firm)
    firm.work_through()
    with firm.app.app_context():
        (told,) = alerts.shown(firm.id, "ru")
        assert (told["kind"], "больше не администратор" in told["message"]) == ("rights", True)
        assert alerts.shown(other.id, "ru") == []
    assert any("больше не администратор" in task["text"] for task in tasks(firm))
    firm.account.set_user(firm.people["Вера"], is_admin=True)
    firm.sync()
    later(firm)
    firm.work_through()
    assert [task["is_completed"] for task in tasks(firm)] == [True]
