"""`POST /api/recordings/check`: a source is tried for real, and what is wrong is told in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from backend.calls.facts import RecordingNamed
from backend.store import commands, db
from tests.asking import ask, messages
from tests.firm import Firm

from .servers import BASIC, SECRET, USER, Web, web_over
from .ssh import PASSWORD, ssh_over
from .ssh import USER as SSH_USER
from .test_settings import ADMIN, HTTP, saved, without

NAME = "in-74951000001-79161234567-20261123-101112-1795395461.77.wav"
pytestmark = pytest.mark.usefixtures("clerk")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    day = tmp_path / "monitor/2026/11/23"
    day.mkdir(parents=True)
    (day / NAME).write_bytes(b"RIFF" + bytes(1000))
    return tmp_path


@pytest.fixture
def web(folder: Path) -> Iterator[Web]:
    with web_over(folder) as web:
        web.authorization = BASIC
        yield web


def name_recording(firm: Firm, name: str = NAME) -> None:
    call = firm.call("+79161234567")
    firm.tell(*firm.answer(call, "101"), firm.end(call, ["101"]), RecordingNamed(**call, recording=name))


def check(firm: Firm, recordings: dict[str, Any], language: str = "ru") -> dict[str, Any]:
    answer = ask(firm, ADMIN, "POST", "/api/recordings/check", {"recordings": recordings}, language)
    assert answer.status_code == 200, answer.text
    assert isinstance(answer.json, dict)
    return answer.json


def states(told: dict[str, Any]) -> list[str]:
    return [f"{each['what']} {each['state']}" for each in told["lines"]]


def http(web: Web, **changes: Any) -> dict[str, Any]:
    return {"source": "http", "url": web.url(), "username": USER, "secret": SECRET, **changes}


def test_what_works_is_told(firm: Firm, web: Web) -> None:
    name_recording(firm)
    told = check(firm, http(web))
    assert told["ok"] is True
    assert states(told) == ["address ok", "login ok", "file ok"]
    assert NAME in told["lines"][-1]["message"]


def test_each_failure_is_told_where_it_is(firm: Firm, web: Web) -> None:
    told = check(firm, http(web, secret="wrong"), "en")
    assert (told["ok"], states(told)) == (False, ["address ok", "login fail"])
    assert "wrong name, password or key" in told["lines"][-1]["message"]
    assert states(check(firm, http(web))) == ["address ok", "login ok", "file warn"]  # nothing recorded yet
    name_recording(firm)
    told = check(firm, http(web, path="{name}"))
    assert states(told) == ["address ok", "login ok", "file fail"]
    assert NAME in told["lines"][-1]["message"]
    told = check(firm, http(web, url="http://10.1.2.3/"))
    assert states(told) == ["address fail"]
    assert "10.1.2.3 — не публичный адрес" in told["lines"][0]["message"]


def test_an_ssh_servers_key_is_shown_before_any_password(firm: Firm, folder: Path) -> None:
    name_recording(firm)
    with ssh_over(folder) as ssh:
        wanted = {"source": "sftp", "url": ssh.url, "username": SSH_USER, "secret": PASSWORD}
        first = check(firm, wanted)
        assert (first["host_key"], states(first)) == (ssh.host_key, ["address fail"])
        assert ssh.logins == 0
        then = check(firm, {**wanted, "host_key": first["host_key"]})
    assert (then["host_key"], states(then)) == (None, ["address ok", "login ok", "file ok"])


def test_the_stored_secret_goes_to_its_own_place_alone(firm: Firm, other: Firm, web: Web) -> None:
    saved(firm, **http(web))
    assert states(check(firm, without(http(web), "secret")))[:2] == ["address ok", "login ok"]
    for changes in ({"username": "root"}, {"url": f"http://localhost:{web.port}/monitor"}):
        body = {"recordings": {**without(http(web), "secret"), **changes}}
        assert list(messages(ask(firm, ADMIN, "POST", "/api/recordings/check", body))) == ["recordings.secret"]
    body = {"recordings": without(http(web), "secret")}
    assert list(messages(ask(other, ADMIN, "POST", "/api/recordings/check", body))) == ["recordings.secret"]


def test_the_secret_is_nowhere_afterwards(firm: Firm, web: Web, capfd: pytest.CaptureFixture[str]) -> None:
    told = check(firm, http(web))
    with firm.app.app_context():
        kept = str(db.session.execute(text("select * from commands")).all())
    printed = "".join(capfd.readouterr())
    assert not [where for where in (str(told), kept, printed) if SECRET in where]


def test_nonsense_is_told_by_field(firm: Firm) -> None:
    for body, field in (
        ({}, "recordings"),
        ({"recordings": None}, "recordings"),
        ({"recordings": {"source": "none"}}, "recordings.source"),
        ({"recordings": {"source": "http"}}, "recordings.url"),
        ({"recordings": without(HTTP, "secret")}, "recordings.secret"),
        ({"recordings": HTTP, "account_id": 1}, "account_id"),
    ):
        assert list(messages(ask(firm, ADMIN, "POST", "/api/recordings/check", body))) == [field]


def test_push_is_seen_by_what_came(firm: Firm) -> None:
    assert states(check(firm, {"source": "push"})) == ["file warn"]


def test_without_a_pbx_process_the_check_says_so(firm: Firm, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "TAKEN_WITHIN", -1.0)
    told = check(firm, http(web))
    assert (told["ok"], states(told)) == (False, ["address fail"])
    assert "не запущен" in told["lines"][0]["message"]
