"""What is sent to whoever helps: much of the account, nothing that opens or names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import update

from backend.desk.health import diagnostics as desk
from backend.store import db
from backend.store.accounts import AccountPbx
from backend.store.recordings import recordings
from backend.store.recordings.recordings import RecordingRow, Why
from backend.store.settings import settings
from sandbox.crm.faults import Kind
from tests.asking import ask
from tests.firm import Firm

STRANGER = "+79267778899"
SECRETS = {"host": "pbx.example.com", "username": "station", "secret": "Gh7-very-secret"}


def busy(firm: Firm) -> str:
    contact = firm.account.add_contact("Илья Тайный", [STRANGER])
    firm.account.add_lead("Тайная сделка", contact)
    with firm.app.app_context():
        db.session.add(AccountPbx(account_id=firm.id, **SECRETS))
        chosen = settings.read(firm.id).model_dump(mode="json") | {"no_lead_numbers": ["+79150001122"]}
        settings.write(firm.id, settings.AccountSettings.model_validate(chosen))
        db.session.commit()
    firm.sync()
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400)
    call = firm.talk(STRANGER, "101")
    firm.talk("+79151112233", "102")
    firm.work_through()
    return call


def test_it_tells_what_a_helper_needs_and_no_more(firm: Firm, other: Firm) -> None:
    call = busy(firm)
    theirs = other.talk("+79169998877", "101")
    answer = ask(firm, "Вера", "GET", "/api/diagnostics")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="phone-station-{firm.id}.json"'
    told: Any = answer.json
    mine = next(each for each in told["calls"] if each["call"] == call)
    assert (mine["client"], mine["extension"], mine["result"]) == ("***8899", "101", "answered")
    assert [each["kind"] for each in told["intents"]["errors"]] == ["open-lead"]
    assert (told["pbx"]["host"], told["account"]["state"]) == ("pbx.example.com", "connected")
    assert told["versions"]["tables"]
    assert told["health"]["refused"]
    whole = json.dumps(told, ensure_ascii=False)
    private = [SECRETS["secret"], "9267778899", "926 777-88-99", "9150001122", "9151112233", "Илья", "Тайн", theirs]
    assert [each for each in private if each in whole] == []


def test_it_tells_which_recordings_are_not_there_and_why(firm: Firm, other: Firm) -> None:
    name = "in-74951000002-+79267778899-20261123-143738.wav"
    for each in (firm, other):
        call = each.talk(STRANGER, "101")
        with each.app.app_context():
            recordings.named(each.id, call, name)
            db.session.commit()
    with firm.app.app_context():
        mine = {"account_id": firm.id}
        refused = {"why": Why.REFUSED.value, "detail": f"401 for {STRANGER}", "tries": 3}
        db.session.execute(update(RecordingRow).filter_by(**mine).values(refused))
        db.session.commit()
        (told,) = desk.diagnostics(firm.id)["recordings"]
        assert desk.diagnostics(other.id)["recordings"] == []
    assert (told["state"], told["why"], told["detail"], told["tries"]) == ("waiting", "refused", "401 for ***8899", 3)
    assert "9267778899" not in str(told)


def test_it_is_for_administrators(firm: Firm) -> None:
    assert ask(firm, "Анна", "GET", "/api/diagnostics").status_code == 403
    assert firm.app.test_client().get("/api/diagnostics").status_code == 401


def test_it_is_bounded(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "MOST_CALLS", 2)
    newest = [firm.miss(STRANGER) for _ in range(4)][:1:-1]
    with firm.app.app_context():
        assert [each["call"] for each in desk.diagnostics(firm.id)["calls"]] == newest
