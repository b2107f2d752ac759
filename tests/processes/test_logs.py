"""Logs: one line per event, nothing private in it, whoever wrote it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from backend import logs


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_events_name_account_and_call(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    with logs.about(account=7, call="1700000000.12"):
        structlog.get_logger().info("call_answered", extension="101")
    structlog.get_logger().info("idle")
    answered, idle = written(capsys)
    assert (answered["event"], answered["account"], answered["call"]) == ("call_answered", 7, "1700000000.12")
    assert answered["extension"] == "101"
    assert "account" not in idle


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"client": "+7 (916) 123-45-67"}, {"client": "***4567"}),
        ({"phone": 79161234567}, {"phone": "***4567"}),
        ({"client": "102"}, {"client": "102"}),
        ({"lead": 12345678}, {"lead": 12345678}),
        ({"note": "сказал +79161234567, ждёт"}, {"note": "сказал ***4567, ждёт"}),
        ({"channel": "PJSIP/101-00000012"}, {"channel": "PJSIP/101-00000012"}),
        ({"linked": "1700000000.99"}, {"linked": "1700000000.99"}),
        ({"refresh_token": "abc"}, {"refresh_token": "***"}),
        ({"ami": {"Secret": "abc", "host": "h"}}, {"ami": {"Secret": "***", "host": "h"}}),
        ({"headers": [{"Authorization": "Bearer abc"}]}, {"headers": [{"Authorization": "***"}]}),
        ({"url": "postgresql://u:pw@h/n"}, {"url": "postgresql://u:***@h/n"}),
        ({"url": "http://localhost:8000"}, {"url": "http://localhost:8000"}),
        ({"url": "https://h/oauth?code=abc&state=1"}, {"url": "https://h/oauth?code=***&state=1"}),
        ({"password": ""}, {"password": ""}),
        ({"problem": ValueError("token=abc 89161234567")}, {"problem": "ValueError('token=*** ***4567')"}),
    ],
)  # fmt: skip
def test_what_is_private_is_masked(
    given: dict[str, Any], shown: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("json")
    structlog.get_logger().info("event", **given)
    (line,) = written(capsys)
    assert {name: line[name] for name in given} == shown


def test_libraries_and_tracebacks_are_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    logging.getLogger("panoramisk").warning("Secret: %s for %s", "hunter2", "+79161234567")
    try:
        raise ValueError("password=hunter2 of 79161234567")
    except ValueError:
        structlog.get_logger().exception("bad")
    library, ours = written(capsys)
    assert library["event"] == "Secret: *** for ***4567"
    assert "ValueError: password=*** of ***4567" in ours["exception"]
    assert "hunter2" not in json.dumps([library, ours])


def test_what_a_library_prints_by_itself_is_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    """gunicorn names the address when a request fails."""
    gunicorn = logging.getLogger("gunicorn.error")
    gunicorn.propagate, own = False, logging.StreamHandler()
    gunicorn.addHandler(own)
    logs.configure("json")
    logs.adopt("gunicorn.error")
    gunicorn.error("Error handling request %s %s", "GET", "/api/stream?ticket=gAAAAB-x_y&after=7")
    (line,) = written(capsys)
    assert line["event"] == "Error handling request GET /api/stream?ticket=***&after=7"


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text")
    structlog.get_logger().info("call_answered", client="+79161234567", account=7)
    line = capsys.readouterr().err
    assert line.endswith("call_answered account=7 client=***4567\n")


def test_a_value_nested_without_end_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    endless: list[Any] = []
    endless.append(endless)
    structlog.get_logger().info("event", value=endless)
    assert "***" in json.dumps(written(capsys))
