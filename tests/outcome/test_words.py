"""What people type: kept as text when it is one, refused in words when it is not, whatever it holds."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.asking import ask, messages
from tests.firm import Firm
from tests.outcome.saying import DUE, save, say, tasks, texts

STRANGER = "+79267778899"
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "שלום \u202eгоду\u202c 👩🏽‍💻 🇷🇺",
    "{{phone}} {phone} %s %(x)s $1 ${x}",
    "'; drop table outcomes; --",
    "a" * 5000,
]


@pytest.mark.parametrize("told", HOSTILE, ids=["markup", "emoji and directions", "templates", "sql", "long"])
def test_a_note_is_written_as_it_was_typed(firm: Firm, told: str) -> None:
    call = firm.talk(STRANGER, "101")
    save(firm, call, note=told, task={"text": told[:1000], "due": DUE}, name=told[:200])
    firm.work()
    assert (texts(firm), [task["text"] for task in tasks(firm)]) == ([told], [told[:1000]])
    assert firm.account.contacts[0]["name"] == told[:200]


@pytest.fixture
def call(firm: Firm) -> str:
    return firm.talk(STRANGER, "101")


TEN_KILOBYTES = "я" * 5001
NONSENSE: list[tuple[dict[str, Any], str, str, str]] = [
    ({}, "note", "напишите результат", "enter a result"),
    ({"note": "  \n "}, "note", "напишите результат", "enter a result"),
    ({"note": TEN_KILOBYTES}, "note", "не длиннее 5000 знаков", "at most 5000 characters"),
    ({"result": "я" * 101}, "result", "не длиннее 100 знаков", "at most 100 characters"),
    ({"result": "две\nстроки"}, "result", "недопустимые знаки", "characters that are not allowed"),
    ({"note": "нуль\0"}, "note", "недопустимые знаки", "characters that are not allowed"),
    ({"note": 7}, "note", "нужна строка", "must be text"),
    ({"name": "я" * 201}, "name", "не длиннее 200 знаков", "at most 200 characters"),
    ({"task": "позвонить"}, "task", "нужен объект", "must be an object"),
    ({"task": {"text": "позвонить"}}, "task.due", "обязательное поле", "is required"),
    ({"task": {"text": " ", "due": DUE}}, "task.text", "не может быть пустым", "must not be empty"),
    ({"task": {"text": "x", "due": DUE * 1000}}, "task.due", "не больше", "at most"),
    ({"task": {"text": "x", "due": 0}}, "task.due", "должно быть больше 0", "must be greater than 0"),
    ({"contact": "7"}, "contact", "нужно целое число", "must be a whole number"),
    ({"contact": 7}, "contact", "такого контакта нет", "there is no such contact"),
    ({"note": "x", "user_id": 1}, "user_id", "такой настройки нет", "there is no such setting"),
    ({"note": "x", "request": "раз"}, "request", "нужен UUID", "must be a UUID"),
]


def test_nonsense_is_answered_by_field_in_the_users_language(firm: Firm, call: str) -> None:
    for told, field, russian, english in NONSENSE:
        for language, words in (("ru", russian), ("en", english)):
            body = {"request": str(uuid.uuid4()), **told}
            answer = ask(firm, "Анна", "POST", f"/api/popups/{call}/outcome", body, language)
            assert words in messages(answer).get(field, ""), (told, answer.text)
    firm.work()
    assert (texts(firm), tasks(firm)) == ([], [])


def test_a_request_is_needed_and_a_call_is_no_path(firm: Firm, call: str) -> None:
    assert "request" in messages(ask(firm, "Анна", "POST", f"/api/popups/{call}/outcome", {"note": "x"}))
    assert say(firm, "%00", note="x").status_code == 404
    assert ask(firm, "Анна", "POST", f"/api/popups/{call}/outcome", ["x"]).status_code == 400


def test_a_contact_of_another_account_is_not_there(firm: Firm, other: Firm, call: str) -> None:
    other.sync()
    foreign = other.account.contacts[0]["id"]
    assert "contact" in messages(say(firm, call, contact=foreign))
