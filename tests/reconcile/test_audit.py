"""Calls are held against the CRM: what lacks is mended once, what people deleted stays deleted, days add up."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from backend.amocrm import requests
from backend.desk import chores
from backend.desk.health import audit
from backend.desk.health.health import health
from backend.store import accounts, audits, db
from backend.store.audits import AuditDay, CallAudit, Span
from backend.store.journal.journal import CallRow, IntentRow
from backend.store.settings import settings
from sandbox.crm.faults import Kind
from tests.firm import Firm

IVAN, STRANGER = "+79161234567", "+79267778899"


def look(firm: Firm, *, thorough: bool = True) -> AuditDay:
    """Has all calls of today looked at and mended; the day's counts."""
    with firm.app.app_context():
        zone = ZoneInfo(settings.read(firm.id).zone)
        today = datetime.now(zone).date()
        span = Span(since=audit.midnight(today, zone), until=time.time() + 60, thorough=thorough)
        audit.start(firm.id, span)
        db.session.commit()
    firm.work_through()
    with firm.app.app_context():
        audits.count_days(firm.id, span, zone.key)
        db.session.commit()
        (day,) = audits.days(firm.id, today, today)
        return day


def counts(day: AuditDay) -> dict[str, int]:
    names = ("in_crm", "mended", "by_rule", "gone", "waiting", "failed")
    told = {name: getattr(day, name) for name in names if getattr(day, name)}
    assert sum(told.values()) == day.seen
    return told


def whys(firm: Firm) -> dict[str, str]:
    with firm.app.app_context():
        rows = db.session.scalars(select(CallAudit).where(CallAudit.account_id == firm.id)).all()
        return {row.call: row.why for row in rows}


def note_of(firm: Firm, call: str) -> dict[str, Any]:
    (note,) = [each for each in firm.call_notes() if each["params"]["uniq"] == call]
    return note


def spoil_note(firm: Firm, call: str, **params: Any) -> None:
    with firm.crm.parts.world.lock:
        notes = firm.crm.parts.world.by_subdomain(firm.account.subdomain).notes
        notes[note_of(firm, call)["id"]]["params"].update(params)


def delete_note(firm: Firm, call: str) -> None:
    note = note_of(firm, call)["id"]
    with firm.crm.parts.world.lock:
        del firm.crm.parts.world.by_subdomain(firm.account.subdomain).notes[note]


def test_every_call_of_the_pbx_is_counted_in_the_crm(firm: Firm) -> None:
    firm.talk(STRANGER, "101")
    firm.talk(STRANGER, "102", outbound=True)
    firm.miss(IVAN)
    firm.fail("+79150001122")
    firm.work_through()
    before = firm.snapshot()
    assert counts(look(firm)) == {"in_crm": 4}
    assert firm.snapshot() == before


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [({"duration": 0}, "duration"), ({"call_status": 6}, "result"), ({"link": ""}, "recording")],
    ids=["duration", "result", "link"],
)
def test_a_note_that_lacks_something_is_mended(firm: Firm, spoilt: dict[str, Any], why: str) -> None:
    call = firm.talk(STRANGER, "101", seconds=42)
    firm.talk(IVAN, "101")
    firm.work_through()
    whole = note_of(firm, call)["params"]
    spoil_note(firm, call, **spoilt)
    assert counts(look(firm)) == {"in_crm": 1, "mended": 1}
    assert whys(firm)[call] == why
    assert note_of(firm, call)["params"] == whole
    assert counts(look(firm)) == {"in_crm": 2}


def test_what_amocrm_does_not_keep_is_not_written_every_hour(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account whose other integration undoes us must not cost a request per call and hour."""
    call = firm.talk(STRANGER, "101", seconds=42)
    firm.work_through()
    for _ in range(audit.MOST_MENDINGS):
        spoil_note(firm, call, duration=0)
        assert counts(look(firm, thorough=False)) == {"mended": 1}
    spoil_note(firm, call, duration=0)
    assert counts(look(firm, thorough=False)) == {"failed": 1}
    assert whys(firm)[call] == "not kept by amoCRM: duration"
    assert note_of(firm, call)["params"]["duration"] == 0
    assert counts(look(firm, thorough=True)) == {"mended": 1}
    assert note_of(firm, call)["params"]["duration"] == 42


def test_a_note_that_is_gone_is_made_again_once_though_the_answer_is_lost(firm: Firm) -> None:
    call = firm.talk(STRANGER, "101", seconds=42)
    firm.work_through()
    delete_note(firm, call)
    firm.account.spoil(Kind.CUT, "/leads/notes", method="POST", seconds=0.01, after_write=True, count=1)
    assert counts(look(firm)) == {"mended": 1}
    assert (note_of(firm, call)["params"]["duration"], len(firm.account.leads)) == (42, 1)
    assert counts(look(firm)) == {"in_crm": 1}


def test_what_people_deleted_stays_deleted(firm: Firm) -> None:
    call, missed = firm.talk(STRANGER, "101"), firm.miss(IVAN)
    firm.work_through()
    vera = firm.people["Вера"]
    firm.account.decline(firm.account.unsorted[0]["uid"], vera)
    firm.account.delete("leads", firm.account.leads[0])
    delete_note(firm, call)
    assert counts(look(firm)) == {"gone": 2}
    assert "declined" in whys(firm)[missed]
    assert firm.account.leads == firm.account.unsorted == []


def test_a_record_that_was_accepted_is_in_the_crm(firm: Firm) -> None:
    firm.miss(IVAN)
    firm.work_through()
    firm.account.accept(firm.account.unsorted[0]["uid"], firm.people["Вера"])
    assert counts(look(firm)) == {"in_crm": 1}


def test_what_the_rules_keep_out_is_no_loss(firm: Firm) -> None:
    firm.set(failed_makes_lead=False)
    firm.fail(STRANGER)
    firm.work_through()
    assert counts(look(firm)) == {"by_rule": 1}


def test_what_amocrm_refused_is_told_and_tried_again_by_who_asks(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/leads/complex", status=400)
    call = firm.talk(STRANGER, "101")
    firm.work_through()
    assert counts(look(firm, thorough=False)) == {"failed": 1}
    assert "400" in whys(firm)[call]
    firm.crm.mend()
    look(firm)
    assert (len(firm.account.leads), note_of(firm, call)["params"]["duration"]) == (1, 60)
    assert counts(look(firm)) == {"in_crm": 1}


def test_many_calls_cost_few_requests_and_none_the_second_time(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAGE", 4)
    calls = [firm.talk(STRANGER, "101") for _ in range(6)]
    firm.work_through()
    before = len(firm.account.requests())
    assert counts(look(firm, thorough=False)) == {"in_crm": len(calls)}
    asked = len(firm.account.requests()) - before
    assert asked == 2
    look(firm, thorough=False)
    assert len(firm.account.requests()) - before == asked


def test_an_account_that_ignores_the_filter_is_asked_card_by_card(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the paid option amoCRM gives whatever it has (docs/amocrm-contract.md gotcha 5)."""

    def ignored(entity: requests.Entity, ids: object) -> requests.Request:
        path, query = f"/api/v4/{entity}/notes", (("limit", "1"),)
        return requests.Request(method="GET", path=path, query=query, way=requests.Way.ALL)

    monkeypatch.setattr(requests, "notes", ignored)
    firm.talk(IVAN, "101")
    firm.work_through()
    call = firm.talk(STRANGER, "101", seconds=9)
    firm.work_through()
    spoil_note(firm, call, duration=0)
    assert counts(look(firm)) == {"in_crm": 1, "mended": 1}
    assert note_of(firm, call)["params"]["duration"] == 9


def test_an_hour_later_it_is_looked_again_and_another_account_alone(firm: Firm, other: Firm) -> None:
    with firm.app.app_context():
        due = update(accounts.Account).where(accounts.Account.id == firm.id)
        db.session.execute(due.values(created_at=db.func.now() - db.text("interval '2 hours'")))
        db.session.commit()
        assert firm.id in chores.audit_due_calls()
        assert firm.id not in chores.audit_due_calls()
        looks = select(IntentRow.account_id).where(IntentRow.kind == audit.KIND)
        assert other.id not in db.session.scalars(looks).all()
        assert health(other.id)["days"] == []


def test_health_shows_the_days(firm: Firm) -> None:
    firm.talk(STRANGER, "101")
    firm.work_through()
    look(firm)
    with firm.app.app_context():
        (day,) = health(firm.id)["days"]
    assert (day["seen"], day["in_crm"], day["failed"]) == (1, 1, 0)


def test_a_call_that_goes_on_waits(firm: Firm) -> None:
    call = firm.call(STRANGER)
    firm.tell(*firm.answer(call, "101"))
    firm.work_through()
    assert counts(look(firm)) == {"waiting": 1}
    with firm.app.app_context():
        assert db.session.scalar(select(CallRow.ended).where(CallRow.call == call["call"])) is None
