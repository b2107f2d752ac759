"""`POST /api/pbx/check`: who may, with which secret, and what he is told."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from backend.desk.settings import change
from backend.store import commands, db
from backend.store.commands import Command, CommandRow
from tests.asking import ask, messages
from tests.firm import Firm
from tests.pbx.fake_ami import SECRET, USER, key_of

from .fake_pbx import Pbx

ADMIN = "Вера"


def address(pbx: Pbx, **changes: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": pbx.port, "username": USER, "secret": SECRET, **changes}


def check(firm: Firm, body: Any, name: str = ADMIN, language: str = "ru") -> TestResponse:
    return ask(firm, name, "POST", "/api/pbx/check", body, language)


def line(answer: TestResponse, what: str) -> dict[str, str]:
    assert answer.json is not None, answer.text
    (found,) = [each for each in answer.json["lines"] if each["what"] == what]
    return found  # type: ignore[no-any-return]


def test_an_administrator_is_told_what_works_and_what_does_not(firm: Firm, pbx: Pbx) -> None:
    pbx.endpoints = [{"ObjectName": "101", "DeviceState": "Not in use"}, {"ObjectName": "line", "DeviceState": "Busy"}]
    answer = check(firm, {"pbx": address(pbx)})
    assert (answer.status_code, answer.json["ok"], answer.json["version"]) == (200, True, "22.1.0")  # type: ignore[index]
    assert [each["what"] for each in answer.json["lines"]] == [  # type: ignore[index]
        "address", "login", "version", "rights", "shell", "filter", "clock", "modules", "extensions", "trunks",
        "dialplan", "transfer", "recording", "journal",
    ]  # fmt: skip
    assert line(answer, "login") == {"what": "login", "state": "ok", "message": "Вход выполнен."}
    assert "на АТС нет: 102." in line(answer, "extensions")["message"]  # Boris sits at 102
    assert answer.json["endpoints"] == [  # type: ignore[index]
        {"name": "101", "side": "extension", "extension": "101", "state": "free"},
        {"name": "line", "side": "trunk", "extension": None, "state": "talking"},
    ]


def test_a_failure_is_told_in_the_callers_language_and_nothing_is_stored(firm: Firm, pbx: Pbx) -> None:
    pbx.refuses["Login"] = "Authentication failed"
    answer = check(firm, {"pbx": address(pbx)}, language="en")
    assert answer.json["ok"] is False  # type: ignore[index]
    assert "wrong username or secret" in line(answer, "login")["message"]
    with firm.app.app_context():
        assert db.session.scalar(text("select count(*) from account_pbx")) == 0


def test_the_secret_is_nowhere_afterwards(firm: Firm, pbx: Pbx, capfd: pytest.CaptureFixture[str]) -> None:
    answer = check(firm, {"pbx": address(pbx)})
    with firm.app.app_context():
        kept = str(db.session.execute(text("select * from commands")).all())
        assert db.session.scalars(select(CommandRow.body)).all() == ["{}"]
    printed = "".join(capfd.readouterr())
    assert not [where for where in (answer.text, kept, printed) if SECRET in where]


def test_the_stored_secret_goes_to_its_own_address_alone(firm: Firm, other: Firm, pbx: Pbx) -> None:
    with firm.app.app_context():
        assert change(firm.id, {"pbx": address(pbx)}) == []
    known = {name: value for name, value in address(pbx).items() if name != "secret"}
    assert line(check(firm, {"pbx": known}), "login")["state"] == "ok"
    assert (pbx.told[1]["Username"], pbx.told[1]["Key"]) == (USER, key_of(SECRET))
    for moved in ({"host": "localhost"}, {"port": pbx.port + 1}, {"username": "root"}):
        assert "pbx.secret" in messages(check(firm, {"pbx": {**known, **moved}}))
    assert "pbx.secret" in messages(check(other, {"pbx": known}))


def test_the_accounts_own_patterns_and_employees_count(firm: Firm, other: Firm, pbx: Pbx) -> None:
    pbx.endpoints = [{"ObjectName": "sip-7", "DeviceState": "Not in use"}]
    firm.set(extensions=["^sip-(\\d)$"], employees=[{"user_id": firm.people["Анна"], "extensions": ["7"]}])
    mine, others = (check(each, {"pbx": address(pbx)}) for each in (firm, other))
    assert line(mine, "extensions") == {
        "what": "extensions", "state": "ok", "message": "Внутренних номеров на АТС: 1.",
    }  # fmt: skip
    assert line(others, "extensions")["state"] == "warn"


def test_others_may_not(firm: Firm, pbx: Pbx) -> None:
    answer = check(firm, {"pbx": address(pbx)}, name="Анна")
    assert (answer.status_code, answer.json["error"]) == (403, "not_admin")  # type: ignore[index]
    assert pbx.connections == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "pbx"),
        ({"pbx": None}, "pbx"),
        ({"pbx": []}, "pbx"),
        ({"pbx": {"host": "a b", "username": "u", "secret": "s"}}, "pbx.host"),
        ({"pbx": {"host": "h", "username": "u\r\nAction: Logoff", "secret": "s"}}, "pbx.username"),
        ({"pbx": {"host": "h", "username": "u", "secret": "s", "port": "5038"}}, "pbx.port"),
        ({"pbx": {"host": "h", "username": "u", "secret": "s"}, "account_id": 1}, "account_id"),
    ],
)
def test_nonsense_is_told_by_field(firm: Firm, body: Any, field: str) -> None:
    assert list(messages(check(firm, body))) == [field]


def test_without_a_pbx_process_the_check_says_so(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "TAKEN_WITHIN", 0.1)
    answer = check(firm, {"pbx": {"host": "pbx.example", "username": "u", "secret": "s"}})
    assert answer.json["ok"] is False  # type: ignore[index]
    assert "не запущен" in line(answer, "address")["message"]


def test_two_checks_at_the_same_moment_are_one(firm: Firm, pbx: Pbx, monkeypatch: pytest.MonkeyPatch) -> None:
    both, look = threading.Barrier(2), commands.is_busy

    def look_together(account_id: int, kind: str) -> bool:
        with suppress(threading.BrokenBarrierError):
            both.wait(1)
        return look(account_id, kind)

    monkeypatch.setattr(commands, "is_busy", look_together)
    pbx.ignores.add("CoreSettings")  # so that one still runs when the other looks
    with ThreadPoolExecutor(2) as tabs:
        answers = list(tabs.map(lambda _: check(firm, {"pbx": address(pbx)}), range(2)))
    assert sorted(each.status_code for each in answers) == [200, 409]
    assert pbx.connections == 1


def test_one_check_at_a_time(firm: Firm, other: Firm, pbx: Pbx) -> None:
    pbx.ignores.add("Login")
    with firm.app.app_context():
        waiting = Command(account_id=firm.id, request=str(uuid.uuid4()), user_id=1, kind="check", body={"pbx": {}})
        commands.order(waiting)
        db.session.flush()
        db.session.execute(text("update commands set state = 'taken'"))
        db.session.commit()
    answer = check(firm, {"pbx": address(pbx)})
    assert (answer.status_code, answer.json["error"]) == (409, "checking")  # type: ignore[index]
    pbx.ignores.clear()
    assert check(other, {"pbx": address(pbx)}).status_code == 200
