"""The requests about calls: who may ask what, what is refused and in which words, and that nothing is done twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from backend.calls.states import ExtensionState
from backend.config import Settings
from backend.desk.dialing import click
from backend.processes.commands.command import CommandRefused
from backend.store import commands, db, extensions, popups
from backend.store.accounts import AccountPbx, LineState
from backend.store.commands import Command
from tests.asking import ask, messages
from tests.firm import Firm

from .conftest import Open
from .exchange import Exchange

PHONE, KEY = "8 (916) 123-45-67", "+79161234567"


def clicks(firm: Firm, name: str = "Анна", language: str = "ru", **body: Any) -> TestResponse:
    body = {"request": str(uuid.uuid4()), "phone": PHONE, **body}
    return ask(firm, name, "POST", "/api/calls", body, language)


def does(firm: Firm, name: str, call: str, what: str, **body: Any) -> TestResponse:
    return ask(firm, name, "POST", f"/api/calls/{call}/{what}", {"request": str(uuid.uuid4()), **body}, "ru")


def told(answer: TestResponse) -> tuple[int, str]:
    assert answer.json is not None
    return answer.status_code, answer.json.get("error", "")


def dials(exchange: Exchange, firm: Firm) -> Exchange:
    """Does with a click what the real one does before it asks the PBX."""

    def begin() -> dict[str, Any]:
        with firm.app.app_context():
            click.begin(exchange.done[-1], "101")
        return {}

    exchange.answers["call"] = begin
    return exchange.listens()


def talks(firm: Firm, call: str, name: str = "Анна", state: str = "talking") -> str:
    with firm.app.app_context():
        popups.show(firm.id, call, [firm.people[name]], state, {}, None)
        db.session.commit()
    return call


def test_a_click_rings_the_callers_own_phones(firm: Firm, opens: Open) -> None:
    exchange = dials(opens("one", firm), firm)
    answer = clicks(firm)
    assert answer.json == {"call": exchange.done[0].call, "state": "calling"}
    body = exchange.done[0].body
    assert (body["client"], body["number"], body["channels"]) == (KEY, KEY[1:], {"101": "PJSIP/101"})


def test_a_double_click_is_one_call(firm: Firm, opens: Open) -> None:
    """At once, from two tabs, and again later with the same request."""
    exchange = dials(opens("one", firm), firm)
    requests = [str(uuid.uuid4()) for _ in range(6)]
    with ThreadPoolExecutor(6) as tabs:
        answers = list(tabs.map(lambda each: clicks(firm, request=each), requests))
    assert len({each.json["call"] for each in answers if each.json}) == 1
    assert len(exchange.done) == 1
    call = str(exchange.done[0].call)
    with firm.app.app_context():
        popups.change(firm.id, call, {}, state="ended")
        db.session.commit()
    assert clicks(firm, request=call.removeprefix("click-")).json == {"call": call, "state": "ended"}
    assert clicks(firm).json != {"call": call, "state": "calling"}
    assert len(exchange.done) == 2


def test_two_clicks_at_the_same_moment_do_not_pass_each_other(
    firm: Firm, opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither may look for the other's call before that is written down."""
    exchange = dials(opens("one", firm), firm)
    both, look = threading.Barrier(2), click._on_its_way

    def look_together(*who: int) -> Any:
        with suppress(threading.BrokenBarrierError):
            both.wait(2)
        return look(*who)

    monkeypatch.setattr(click, "_on_its_way", look_together)
    with ThreadPoolExecutor(2) as tabs:
        answers = [each.result() for each in (tabs.submit(clicks, firm), tabs.submit(clicks, firm))]
    assert len({each.json["call"] for each in answers if each.json}) == 1
    assert len(exchange.done) == 1


def test_each_refusal_is_told_in_words(firm: Firm, opens: Open) -> None:
    dials(opens("one", firm), firm)
    assert told(clicks(firm, "Вера")) == (409, "no_extension")
    assert told(clicks(firm, phone="101")) == (422, "number_not_allowed")
    assert told(clicks(firm, phone="")) == (422, "invalid")
    assert told(clicks(firm, request="1")) == (422, "invalid")
    with firm.app.app_context():
        db.session.execute(update(AccountPbx).where(AccountPbx.account_id == firm.id).values(link=LineState.DOWN))
        db.session.commit()
    refused = clicks(firm, language="en")
    assert refused.json
    assert (refused.status_code, refused.json["message"]) == (503, "The PBX is not connected")


@pytest.mark.parametrize(
    ("kind", "words", "status", "message"),
    [
        ("phone_unreachable", "", 409, "Ваш телефон недоступен: он не зарегистрирован на АТС"),
        ("busy_here", "", 409, "Вы уже разговариваете"),
        (
            "number_not_allowed",
            "not-in-dialplan",
            422,
            "На этот номер звонить нельзя: в диалплане АТС нет такого номера",
        ),
        ("pbx_refused", "Originate: <b>no</b>", 502, "АТС отказала: Originate: <b>no</b>"),
    ],
)
def test_the_pbx_has_the_last_word(firm: Firm, opens: Open, kind: str, words: str, status: int, message: str) -> None:
    exchange = opens("one", firm).listens()

    def refuse() -> None:
        raise CommandRefused(kind, words)

    exchange.answers["call"] = refuse
    answer = clicks(firm)
    assert answer.json
    assert (answer.status_code, answer.json["error"], answer.json["message"]) == (status, kind, message)


def test_a_click_that_nobody_takes_is_refused_and_never_dialled(
    firm: Firm, opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "TAKEN_WITHIN", 0.0)
    assert told(clicks(firm)) == (503, "pbx_not_connected")
    exchange = opens("one", firm)
    exchange.waits_for(exchange.orders.look())
    assert exchange.done == []


def test_a_flood_of_clicks_is_stopped_and_told(firm: Firm, opens: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST_A_MINUTE", 1)
    exchange, request = opens("one", firm).listens(), str(uuid.uuid4())
    assert clicks(firm, request=request).status_code == 200
    assert told(clicks(firm)) == (429, "too_often")
    assert clicks(firm, request=request).status_code == 200
    assert told(clicks(firm, "Борис")) == (200, "")
    call = talks(firm, "1795414795.37")
    assert [told(does(firm, "Анна", call, "hangup")) for _ in range(2)] == [(200, ""), (429, "too_often")]
    assert len(exchange.done) == 3


def test_nobody_touches_a_call_that_is_not_his(firm: Firm, other: Firm, opens: Open) -> None:
    exchange = opens("one", firm, other).listens()
    call = talks(firm, "1795414795.34")
    for what in ("hangup", "transfer/cancel", "transfer/complete"):
        assert told(does(firm, "Борис", call, what)) == (404, "not_found")
        assert told(does(other, "Анна", call, what)) == (404, "not_found")
    body = {"to": other.people["Борис"], "kind": "blind"}
    assert told(does(other, "Анна", call, "transfer", **body)) == (404, "not_found")
    assert exchange.done == []
    assert told(does(firm, "Анна", call, "hangup")) == (200, "")
    assert [(each.account_id, each.call, each.body["extensions"]) for each in exchange.done] == [
        (firm.id, call, ["101"])
    ]


def test_a_request_does_one_thing_once(firm: Firm, opens: Open) -> None:
    exchange = opens("one", firm).listens()
    call, request = talks(firm, "1795414795.35"), str(uuid.uuid4())
    for _ in range(2):
        assert told(does(firm, "Анна", call, "hangup", request=request)) == (200, "")
    assert told(does(firm, "Анна", call, "transfer/cancel", request=request)) == (422, "invalid")
    assert told(clicks(firm, request=request)) == (422, "invalid")
    talks(firm, call, state="ended")
    assert told(does(firm, "Анна", call, "hangup", request=request)) == (200, "")
    assert told(does(firm, "Анна", call, "hangup")) == (409, "call_over")
    assert len(exchange.done) == 1


def test_a_transfer_goes_to_a_colleague_who_can_be_reached(firm: Firm, other: Firm, opens: Open) -> None:
    exchange = opens("one", firm).listens()
    call = talks(firm, "1795414795.36")
    for nobody in (other.people["Борис"], firm.people["Анна"]):
        assert told(does(firm, "Анна", call, "transfer", to=nobody, kind="blind")) == (422, "invalid")
    vera = does(firm, "Анна", call, "transfer", to=firm.people["Вера"], kind="blind")
    assert told(vera) == (409, "colleague_unreachable")
    boris = {"to": firm.people["Борис"], "kind": "attended"}
    assert told(does(firm, "Анна", call, "transfer", **boris)) == (200, "")
    body = exchange.done[0].body
    assert (body["extension"], body["to"]) == ("102", {"user_id": boris["to"], "name": "Борис"})
    with firm.app.app_context():
        extensions.put(firm.id, {"102": ExtensionState.UNREACHABLE})
        db.session.commit()
    assert told(does(firm, "Анна", call, "transfer", **boris)) == (409, "colleague_unreachable")


def test_clicks_whose_channels_are_gone_are_told_so(firm: Firm, other: Firm) -> None:
    """The link was away: what began before, and has no channel any more, rang in vain; nobody else's is touched."""
    with firm.app.app_context():
        for each in (firm, other):
            command = Command(
                account_id=each.id, request="r", user_id=each.people["Анна"], kind="call", call="click-r",
                body={"client": KEY},
            )  # fmt: skip
            click.begin(command, "101")
        click.fail_lost(firm.id, {"click-r"}, before=2e9, reason="own-no-answer")
        click.fail_lost(firm.id, set(), before=1e9, reason="own-no-answer")
        assert state(firm) == ("calling", None)
        click.fail_lost(firm.id, set(), before=2e9, reason="own-no-answer")
        assert (state(firm), state(other)) == (("failed", "own-no-answer"), ("calling", None))


def state(firm: Firm) -> tuple[str, str | None]:
    popup = popups.of(firm.id, "click-r", firm.people["Анна"])
    assert popup is not None
    return popup.state, popup.details.get("reason")


def test_the_lines_to_paste_are_the_administrators_and_hold_no_stored_secret(firm: Firm, other: Firm) -> None:
    assert told(ask(firm, "Анна", "GET", "/api/pbx/lines", None, "ru")) == (403, "not_admin")
    answer = ask(firm, "Вера", "GET", "/api/pbx/lines?address=10.8.0.7", None, "en")
    assert answer.json
    assert "[crm.user]" in answer.json["manager"]
    assert "permit = 10.8.0.7/255.255.255.255" in answer.json["manager"]
    assert "hunter2" not in answer.text
    flavours = answer.json["flavours"]
    assert [each["name"] for each in flavours] == ["asterisk", "freepbx"]
    assert all(answer.json["version"] in each["install"][0]["text"] for each in flavours)
    words = {step["message"] for each in flavours for step in each["install"] + each["uninstall"]}
    russian = ask(firm, "Вера", "GET", "/api/pbx/lines", None, "ru").json
    assert russian
    assert words.isdisjoint(step["message"] for step in russian["flavours"][0]["install"])
    with firm.app.app_context():
        db.session.execute(update(AccountPbx).where(AccountPbx.account_id == firm.id).values(username="a] b"))
        db.session.commit()
    assert told(ask(firm, "Вера", "GET", "/api/pbx/lines", None, "ru")) == (422, "invalid")
    assert told(ask(other, "Вера", "GET", f"/api/pbx/lines?account_id={firm.id}", None, "ru")) == (200, "")


@pytest.mark.parametrize(
    ("flavour", "context"), [("asterisk", "[phone-station-click]"), ("freepbx", "[from-pstn-custom]")]
)
def test_the_same_lines_on_the_command_line(firm: Firm, ours: Settings, flavour: str, context: str) -> None:
    environ = {"DATABASE_URL": ours.database_url, "SECRET_KEYS": ",".join(ours.secret_keys)}
    command = [sys.executable, "-m", "backend", "dialplan", "--account", str(firm.id), "--address", "10.8.0.0/24"]
    command += ["--flavour", flavour]
    done = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "permit = 10.8.0.0/255.255.255.0" in done.stdout
    assert context in done.stdout
    assert "hunter2" not in done.stdout


@pytest.mark.parametrize(
    "dial",
    [
        {"channel": "PJSIP/101"}, {"channel": "PJSIP/{extension}&PJSIP/666"}, {"context": "a b"},
        {"context": "x,1,System"}, {"prefix": "9w"}, {"format": "any"}, {"allowed": ["7.9"]}, {"ring_seconds": 1},
        {"timeout": 1},
    ],
    ids=str,
)  # fmt: skip
def test_how_to_dial_is_checked_field_by_field(firm: Firm, dial: dict[str, Any]) -> None:
    answer = ask(firm, "Вера", "PUT", "/api/settings", {"settings": {"dial": dial}})
    assert [each.split(".")[:3] for each in messages(answer)] == [["settings", "dial", next(iter(dial))]]


def test_a_click_dials_as_the_account_has_set_it(firm: Firm, opens: Open) -> None:
    dial = {"channel": "SIP/{extension}", "context": "out", "prefix": "9", "format": "national", "ring_seconds": 12}
    firm.set(dial=dial)
    exchange = dials(opens("one", firm), firm)
    assert clicks(firm).status_code == 200
    body = dict(exchange.done[0].body)
    assert (body["number"], body["channels"], body["context"]) == ("989161234567", {"101": "SIP/101"}, "out")
    assert body["ring_seconds"] == 12
