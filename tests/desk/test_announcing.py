"""A ringing call is announced by amoCRM itself to those who have no stream open: at best, once, and in nobody's way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, update

from backend.calls.facts import CallStarted, ExtensionRang
from backend.store import db, stream
from backend.store.journal import journal
from backend.store.journal.journal import IntentRow
from sandbox.crm.faults import Kind
from tests.firm import Firm

IVAN = "+79161234567"
SEATS = (("Анна", "101"), ("Борис", "102"), ("Вера", "103"))


def rings(firm: Firm, *extensions: str, turn: int = 1) -> dict[str, Any]:
    call = firm.call(IVAN)
    firm.tell(CallStarted(**call), *(ExtensionRang(**call, extension=each, turn=turn) for each in extensions))
    firm.due_now()
    return call


def watches(firm: Firm, name: str, account: int | None = None) -> None:
    with firm.app.app_context():
        stream.seen([(f"stream of {name} {account}", account or firm.id, firm.people[name])])


def announced(firm: Firm) -> list[tuple[str, int]]:
    return [(each["phone"], each["user_id"]) for each in firm.account.notifications]


def test_who_has_no_stream_open_is_told_by_amocrm(firm: Firm) -> None:
    watches(firm, "Борис")
    rings(firm, "101", "102")
    firm.work()
    assert announced(firm) == [(IVAN, firm.people["Анна"])]


def test_a_stream_of_another_account_does_not_count(firm: Firm) -> None:
    stranger = Firm.open(firm.app, firm.crm, "gamma")
    watches(firm, "Анна", stranger.id)
    rings(firm, "101")
    firm.work()
    assert announced(firm) == [(IVAN, firm.people["Анна"])]


def test_a_stream_that_ended_does_not_count(firm: Firm) -> None:
    watches(firm, "Анна")
    with firm.app.app_context():
        db.session.execute(update(stream.StreamWatcher).values(seen_until=func.now()))
        db.session.commit()
        assert stream.watching(firm.id) == set()
    rings(firm, "101")
    firm.work()
    assert announced(firm) == [(IVAN, firm.people["Анна"])]


def test_it_can_be_switched_off(firm: Firm) -> None:
    firm.set(announce_without_stream=False)
    rings(firm, "101")
    firm.work()
    assert announced(firm) == []


@pytest.mark.parametrize("fault", [Kind.CUT, Kind.STATUS, Kind.MALFORMED])
def test_whatever_comes_of_it_the_call_goes_on_and_nobody_is_told_again(firm: Firm, fault: Kind) -> None:
    firm.account.spoil(fault, "/api/v2/events", count=1)
    call = rings(firm, "101")
    firm.tell(*firm.answer(call, "101")[1:], firm.end(call, ["101"]))
    firm.work()
    assert len([each for each in firm.account.requests() if each.path.endswith("/v2/events")]) == 1
    assert len(firm.call_notes()) == 1
    with firm.app.app_context():
        assert {row.state for row in journal.intents_of(firm.id, call["call"])} == {"done"}


def test_what_comes_too_late_is_dropped(firm: Firm) -> None:
    rings(firm, "101")
    with firm.app.app_context():
        db.session.execute(update(IntentRow).values(created_at=func.now() - func.make_interval(0, 0, 0, 0, 0, 0, 6)))
        db.session.commit()
    firm.work()
    assert announced(firm) == []


def requests(firm: Firm) -> int:
    return sum(each.path.endswith("/v2/events") for each in firm.account.requests())


def test_phones_that_begin_to_ring_together_are_announced_in_one_request(firm: Firm) -> None:
    firm.set(employees=[{"user_id": firm.people[name], "extensions": [seat]} for name, seat in SEATS])
    call = rings(firm, "101", "102", "103")
    firm.work()
    assert requests(firm) == 1
    assert sorted(user for _, user in announced(firm)) == sorted(firm.people.values())
    with firm.app.app_context():
        kinds = [row.kind for row in journal.intents_of(firm.id, call["call"])]
    assert kinds.count("announce-call") == 1


def test_who_rings_later_is_told_then(firm: Firm) -> None:
    call = rings(firm, "101")
    firm.work()
    firm.tell(ExtensionRang(**call, extension="102", turn=1))
    firm.due_now()
    firm.work()
    assert [user for _, user in announced(firm)] == [firm.people["Анна"], firm.people["Борис"]]


def test_an_announcement_never_holds_up_a_lead(firm: Firm) -> None:
    firm.account.spoil(Kind.STATUS, "/api/v2/events", status=503)
    call = rings(firm, "101", "102")
    firm.tell(*firm.answer(call, "101")[1:])
    firm.work()
    assert len(firm.account.leads) == 1
