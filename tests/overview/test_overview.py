"""The overview's numbers, each counted by hand from a table of calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from backend.desk.health.overview import overview
from backend.store import db
from backend.store.accounts import Account, AccountUser
from backend.store.journal import journal
from backend.store.journal.journal import CallRow
from backend.store.settings import settings
from backend.store.settings.settings import AccountSettings

MINE, OTHER = 31000777, 31000778
ANNA, BORIS, VERA = 11, 12, 13
ZONE = "Asia/Yekaterinburg"  # five hours ahead of UTC all the year
NOW = "2026-11-20 15:00"

# Began on the day before, unless a day is told; talks are `extension:seconds`, `after` is how long it rang,
# `back` how long after its end somebody talked to the client.
CALLS = """
day  time   way  did  rang     after  talks          result    back
     09:10  in   one  101,102  10     101:60         answered
     09:50  in   one  101,102  30     102:20,101:40  answered
     10:05  in   two  101      20     101:100        answered
     10:30  in   one  101,102                        missed    600
     23:55  in   two  102                            missed
     11:00  in   one                                 missed    1200
     12:00  out       101             101:90         answered
     12:10  out       101                            failed
     12:20  out       999             999:30         answered
20   00:05  in   two  101      40     101:5          answered
20   14:55  in   one  101,102
13   23:59  in   two  102      5      102:7          answered
"""
EMPTY_ROW = {"inbound": 0, "outbound": 0, "answered": 0, "missed": 0, "failed": 0}


def at(time: str, zone: str = ZONE) -> float:
    return datetime.fromisoformat(time).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.fixture(autouse=True)
def firms(app: Flask) -> Any:
    """Two accounts with the same people and the same extensions; the other one's day was a busy one."""
    with app.app_context():
        for account in (MINE, OTHER):
            add_account(account)
        for line in CALLS.strip().splitlines()[1:]:
            add_call(MINE, line)
        for _ in range(7):
            add_call(OTHER, CALLS.strip().splitlines()[1])
        db.session.commit()
        yield


def add_account(account: int) -> None:
    db.session.add(Account(id=account, host=f"a{account}.example"))
    db.session.flush()
    for user, name in ((ANNA, "Анна"), (BORIS, "Борис"), (VERA, "Вера")):
        db.session.add(AccountUser(account_id=account, user_id=user, name=name, is_active=True, is_admin=False))
    employees = [{"user_id": ANNA, "extensions": ["101"]}, {"user_id": BORIS, "extensions": ["102", "202"]}]
    settings.write(account, AccountSettings.model_validate({"employees": employees, "zone": ZONE}))


NAMES = iter(range(10_000))


def add_call(account: int, line: str) -> None:
    """A line of the table, cut where its head's columns begin."""
    head = CALLS.strip().splitlines()[0]
    starts = [head.index(name) for name in head.split()] + [200]
    names = head.split()
    told = {name: line[a:b].strip() for name, a, b in zip(names, starts, starts[1:], strict=False)}
    started = at(f"2026-11-{told['day'] or '19'} {told['time']}")
    talks = [(each.split(":")[0], int(each.split(":")[1])) for each in told["talks"].split(",") if each]
    inbound = told["way"] == "in"
    rang = [each for each in told["rang"].split(",") if each]
    ended = started + 60 if told["result"] else None
    row = CallRow(
        account_id=account, call=f"call-{next(NAMES)}", direction="inbound" if inbound else "outbound",
        did=told["did"] or None, client="+79161234567", started=started, ended=ended, result=told["result"] or None,
        answered=started + int(told["after"] or 5) if talks else None,
        extension=talks[0][0] if talks else None if inbound else rang[0], rang=rang if inbound else [],
        talks=[{"extension": extension, "at": started, "seconds": seconds} for extension, seconds in talks],
        missed_closed_at=ended + int(told["back"]) if ended and told["back"] else None,
    )  # fmt: skip
    db.session.add(row)


def told(days: int, **more: Any) -> dict[str, Any]:
    return overview(MINE, days, at(NOW), **more)


def test_each_day_of_the_period_in_the_accounts_zone() -> None:
    week = told(7)
    assert (week["days"], week["zone"]) == (7, ZONE)
    assert [each["at"] for each in week["calls"]] == [at(f"2026-11-{day} 00:00") for day in range(14, 21)]
    assert [{name: each[name] for name in EMPTY_ROW} for each in week["calls"]] == [EMPTY_ROW] * 5 + [
        {"inbound": 6, "outbound": 3, "answered": 5, "missed": 3, "failed": 1},
        {"inbound": 2, "outbound": 0, "answered": 1, "missed": 0, "failed": 0},
    ]


def test_one_day_is_told_hour_by_hour() -> None:
    today = told(1)["calls"]
    assert [each["at"] for each in today] == [at(f"2026-11-20 {hour:02}:00") for hour in range(24)]
    assert [(hour, each["inbound"], each["answered"]) for hour, each in enumerate(today) if each["inbound"]] == [
        (0, 1, 1),
        (14, 1, 0),
    ]


def test_hours_of_the_day_are_of_inbound_calls() -> None:
    hours = told(7)["hours"]
    assert len(hours) == 24
    assert {hour: each for hour, each in enumerate(hours) if any(each.values())} == {
        0: {"answered": 1, "missed": 0},
        9: {"answered": 2, "missed": 0},
        10: {"answered": 1, "missed": 1},
        11: {"answered": 0, "missed": 1},
        23: {"answered": 0, "missed": 1},
    }


def test_what_each_employee_did() -> None:
    names = ("user_id", "name", "inbound", "outbound", "missed_rung", "talk", "answer_after")
    assert [tuple(each[name] for name in names) for each in told(7)["employees"]] == [
        (ANNA, "Анна", 4, 2, 1, 295, 20),  # 09:10, 09:50 by transfer, 10:05, 00:05; answered after 10, 20 and 40 s
        (BORIS, "Борис", 1, 0, 2, 20, 30),
    ]


def test_each_dialled_number() -> None:
    assert told(7)["dids"] == [
        {"did": "one", "calls": 5, "answered": 2, "missed": 2},
        {"did": "two", "calls": 3, "answered": 2, "missed": 1},
    ]


def test_how_long_clients_waited() -> None:
    week = told(7)
    assert week["answer_after"] == {"median": 25, "p90": 37}  # of 10, 20, 30, 40
    assert week["missed"] == {"total": 3, "closed": 2, "first_response_median": 900}


def test_a_longer_period_has_the_older_call() -> None:
    month = told(30)
    assert sum(each["inbound"] for each in month["calls"]) == 9
    assert len(month["calls"]) == 30
    assert month["calls"][-8]["answered"] == 1


def test_one_users_own_calls_and_no_health() -> None:
    boris = told(7, user_id=BORIS)
    assert [each["name"] for each in boris["employees"]] == ["Борис"]
    assert boris["health"] is None
    assert sum(each["inbound"] for each in boris["calls"]) == 5  # those that rang at 102 or that he talked in
    assert boris["missed"]["total"] == 2
    vera = told(7, user_id=VERA)
    assert vera["employees"] == []
    assert sum(each["inbound"] + each["outbound"] for each in vera["calls"]) == 0


def test_an_account_without_calls_has_zeros() -> None:
    db.session.execute(CallRow.__table__.delete())
    empty = told(7)
    assert [{name: each[name] for name in EMPTY_ROW} for each in empty["calls"]] == [EMPTY_ROW] * 7
    assert empty["answer_after"] == {"median": None, "p90": None}
    assert empty["missed"] == {"total": 0, "closed": 0, "first_response_median": None}
    assert (empty["dids"], empty["health"]["seen_on_pbx"]) == ([], 0)
    assert [each["talk"] for each in empty["employees"]] == [0, 0]


def test_the_day_the_clocks_go_back_has_25_hours() -> None:
    settings.write(MINE, AccountSettings.model_validate({"zone": "Europe/Berlin"}))
    hours = overview(MINE, 1, at("2026-10-25 12:00", "Europe/Berlin"))["calls"]
    assert len(hours) == 25
    assert hours[0]["at"] == at("2026-10-25 00:00", "Europe/Berlin")
    assert hours[-1]["at"] == at("2026-10-25 23:00", "Europe/Berlin")


def test_numbers_that_no_pipeline_was_chosen_for() -> None:
    assert told(7)["health"]["unknown_dids"] == []  # as long as none has one
    chosen = {"stages_by_did": {"+7 495 100-00-01": {"pipeline_id": 1}}}
    settings.write(MINE, AccountSettings.model_validate(chosen))
    db.session.execute(CallRow.__table__.update().where(CallRow.did == "one").values(did="84951000001"))
    assert told(7)["health"]["unknown_dids"] == ["two"]


def test_calls_seen_are_set_against_calls_in_the_crm() -> None:
    names = db.session.scalars(db.select(CallRow.call).where(CallRow.account_id == MINE).order_by(CallRow.call)).all()
    noted, part, waits, _ = names[:4]
    for call in (noted, waits):
        journal.add_intent(MINE, call, "log-call", {})
    journal.add_intent(OTHER, names[3], "log-call", {})
    for call, values in ((noted, {"note": 5}), (part, {"part_of_record": True})):
        db.session.execute(CallRow.__table__.update().where(CallRow.call == call).values(values))
    health = told(30)["health"]
    assert (health["seen_on_pbx"], health["in_crm"]) == (3, 2)
    assert (health["link"], health["account"]) == ("never", "connected")
