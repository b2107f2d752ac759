"""A request's life on a real database and the sandbox CRM: each step again changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from backend.calls.facts import Reason
from backend.desk.callback import lifecycle as desk
from backend.store import commands
from backend.store.callback import requests
from backend.store.journal import journal
from tests.callback.conftest import Hand
from tests.desk.test_faults import TROUBLES

OLGA, IVAN = "+79267778899", "+79161234567"


def test_an_answered_request_is_one_lead_with_all_that_was_asked(hand: Hand) -> None:
    hand.set(fields={"size": 1})  # no such field: what it should hold is in the note
    asked = hand.asks(OLGA, comment="про доставку", fields=(("utm_source", "yandex"), ("size", "XL")))
    attempt = hand.takes_one()
    assert (attempt.target, attempt.number, attempt.name) == ("500", "79267778899", "Ольга про доставку")
    assert [hand.answered(attempt), hand.answered(attempt)] == [True, True]
    assert hand.state(asked) == ("answered", None)
    hand.firm.work_through()
    [lead] = hand.firm.account.leads
    assert (lead["name"], lead["responsible_user_id"]) == ("Заявка +7 926 777-88-99", hand.firm.people["Анна"])
    for _ in range(2):
        hand.client_talks(attempt, OLGA)
        hand.over(attempt)
    hand.firm.work_through()
    assert hand.state(asked) == ("done", "talked")
    [contact] = hand.firm.account.contacts
    assert contact["name"] == "Ольга"
    assert [note["entity_id"] for note in hand.firm.call_notes()] == [lead["id"]]
    [text] = hand.texts()
    assert text.splitlines()[-2:] == ["utm_source: yandex", "size: XL"]
    assert (hand.takes(), hand.records()) == ([], [])


def test_tracking_fields_go_into_their_own_places(hand: Hand) -> None:
    hand.asks(OLGA, fields=(("utm_source", "yandex"), ("UTM_SOURCE", "google"), ("yclid", "17")))
    hand.answered(hand.takes_one())
    hand.firm.work_through()
    [lead] = hand.firm.account.leads
    found = {field["field_code"]: field["values"][0]["value"] for field in lead["custom_fields_values"]}
    assert found == {"UTM_SOURCE": "yandex", "YCLID": "17"}


def test_two_processes_never_take_one_request(hand: Hand) -> None:
    for number in range(5):
        hand.asks(f"+7926500000{number}")
    with ThreadPoolExecutor(2) as both:
        taken = [attempt.call for each in both.map(lambda _: hand.takes(), range(2)) for attempt in each]
    assert len(taken) == len(set(taken)) == 5
    assert hand.takes() == []


def test_each_target_in_its_turn_then_again_until_the_time_is_over(hand: Hand) -> None:
    hand.set(site={"departments": {"Доставка": "103"}})
    asked = hand.asks(OLGA, department="Доставка")
    rung = []
    for _ in range(4):
        rung.append(attempt := hand.takes_one())
        assert hand.takes() == []
        hand.over(attempt, "own-busy")
        hand.over(attempt, "own-busy")
        if (row := hand.row(asked)).turn == 0:
            assert row.next_at > datetime.now(UTC) + timedelta(seconds=25)
            hand.later(asked)
    assert [each.target for each in rung] == ["103", "500", "103", "500"]
    assert len({each.call for each in rung}) == 4
    assert (hand.state(asked), hand.row(asked).reason) == (("waiting", None), "own-busy")
    hand.later(asked, until=datetime.now(UTC))
    with hand.firm.app.app_context():
        assert (desk.end_overdue(), desk.end_overdue()) == (1, 0)
    hand.firm.work_through()
    assert hand.state(asked) == ("failed", "nobody")
    [record] = hand.records()
    assert (record["category"], len(hand.texts())) == ("forms", 1)
    [contact] = hand.firm.account.state()["contacts"].values()
    assert contact["name"] == "Ольга"


def test_an_employee_who_comes_too_late_is_not_connected(hand: Hand) -> None:
    asked = hand.asks(OLGA)
    attempt = hand.takes_one()
    hand.over(attempt)
    assert not hand.answered(attempt)
    hand.later(asked)
    second = hand.takes_one()
    assert not hand.answered(attempt)
    assert hand.answered(second)


def test_a_client_who_does_not_answer_is_tried_twice_more_on_one_lead(hand: Hand) -> None:
    asked = hand.asks(OLGA)
    for reason in (Reason.BUSY, Reason.NO_ANSWER, Reason.NO_ANSWER):
        assert hand.state(asked) == ("waiting", None)
        hand.later(asked)
        attempt = hand.takes_one()
        assert hand.answered(attempt)
        hand.client_does_not(attempt, OLGA, reason)
        hand.over(attempt)
    hand.firm.work_through()
    assert hand.state(asked) == ("failed", "unreached")
    [lead] = hand.firm.account.leads
    assert [note["entity_id"] for note in hand.firm.call_notes()] == [lead["id"]] * 3
    assert (len(hand.texts()), hand.records()) == (1, [])


def test_a_number_that_does_not_exist_is_dialled_once(hand: Hand) -> None:
    asked = hand.asks(OLGA)
    attempt = hand.takes_one()
    hand.answered(attempt)
    hand.client_does_not(attempt, OLGA, Reason.NO_SUCH_NUMBER)
    assert hand.state(asked) == ("failed", "unreached")


def test_an_employee_who_hangs_up_before_the_client_is_dialled_is_noted(hand: Hand) -> None:
    asked = hand.asks(OLGA)
    attempt = hand.takes_one()
    hand.answered(attempt)
    hand.over(attempt)
    hand.over(attempt)
    assert hand.state(asked) == ("waiting", None)
    hand.firm.work_through()
    [note] = hand.firm.call_notes()
    assert (note["note_type"], note["params"]["call_result"]) == ("call_out", "не дождались ответа")


@pytest.mark.parametrize("is_ringing", [False, True], ids=["while it waits", "while it rings"])
def test_a_client_who_talks_to_anybody_ends_it(hand: Hand, is_ringing: bool) -> None:
    asked, again = hand.asks(OLGA, comment="раз"), hand.asks(OLGA, comment="два")
    attempt = hand.takes_one() if is_ringing else None
    hand.firm.talk(OLGA, "102")
    assert [hand.state(each) for each in (asked, again)] == [("done", "met")] * 2
    hand.firm.work_through()
    [lead] = hand.firm.account.leads
    assert {note["entity_id"] for note in hand.firm.account.notes} == {lead["id"]}
    assert [text.splitlines()[-1] for text in sorted(hand.texts())] == ["Комментарий: два", "Комментарий: раз"]
    assert (hand.takes(), hand.records()) == ([], [])
    with hand.firm.app.app_context():
        drop = commands.find(hand.id, f"{attempt.call}-drop") if attempt else None
    assert (drop is not None) == is_ringing
    if attempt:
        assert not hand.answered(attempt)


def test_a_client_who_talks_to_another_while_we_dial_him_is_not_tried_again(hand: Hand) -> None:
    asked = hand.asks(OLGA)
    attempt = hand.takes_one()
    hand.answered(attempt)
    hand.firm.talk(OLGA, "102")
    assert hand.state(asked) == ("answered", None)
    hand.client_does_not(attempt, OLGA)
    assert hand.state(asked) == ("done", "met")
    hand.firm.work_through()
    assert (len(hand.firm.account.leads), len(hand.texts()), len(hand.firm.call_notes())) == (1, 1, 2)


def test_one_number_is_called_by_one_request_at_a_time(hand: Hand) -> None:
    first, second = hand.asks(OLGA), hand.asks(OLGA)
    attempt = hand.takes_one()
    assert hand.takes() == []
    hand.answered(attempt)
    assert hand.takes() == []
    hand.client_talks(attempt, OLGA)
    assert (hand.state(first), hand.state(second)) == (("done", "talked"), ("done", "met"))
    hand.firm.work_through()
    assert (len(hand.firm.account.leads), len(hand.texts())) == (1, 2)


def test_a_round_that_has_begun_goes_on_before_another_request_of_the_number(hand: Hand) -> None:
    hand.set(site={"target": "101"})
    first, second = hand.asks(OLGA), hand.asks(OLGA)
    rung = []
    for _ in range(3):
        rung.append(attempt := hand.takes_one())
        hand.over(attempt)
    whose = [next(each for each in (first, second) if each in attempt.call) for attempt in rung]
    assert [attempt.target for attempt in rung] == ["101", "500", "101"]
    assert whose == [first, first, second]


def test_a_request_with_a_lead_uses_it(hand: Hand) -> None:
    lead = hand.firm.account.add_lead("Из формы")
    answered, not_answered = hand.asks(OLGA, lead=lead["id"]), hand.asks(IVAN, lead=lead["id"])
    first, second = sorted(hand.takes(), key=lambda each: each.number != OLGA[1:])
    hand.answered(first)
    hand.client_talks(first, OLGA)
    hand.later(not_answered, until=datetime.now(UTC))
    hand.over(second)
    hand.firm.work_through()
    assert (hand.state(answered), hand.state(not_answered)) == (("done", "talked"), ("failed", "nobody"))
    assert [each["id"] for each in hand.firm.account.leads] == [lead["id"]]
    assert {note["entity_id"] for note in hand.firm.account.notes} == {lead["id"]}
    assert (len(hand.texts()), len(hand.firm.call_notes()), hand.records()) == (2, 1, [])


def test_a_person_stops_it_or_wants_it_now(hand: Hand, other: Hand) -> None:
    asked = hand.asks(OLGA, start=datetime.now(UTC) + timedelta(hours=8))
    with hand.firm.app.app_context():
        assert (hand.takes(), desk.ring_now(other.id, asked), desk.stop(other.id, asked)) == ([], False, False)
        assert desk.ring_now(hand.id, asked)
    attempt = hand.takes_one()
    with hand.firm.app.app_context():
        assert [desk.stop(hand.id, asked), desk.stop(hand.id, asked)] == [True, False]
        assert commands.find(hand.id, f"{attempt.call}-drop") is not None
    hand.over(attempt)
    hand.firm.work_through()
    assert (hand.state(asked), len(hand.records())) == (("stopped", "stopped"), 1)


def test_so_many_are_rung_at_once_and_another_account_does_not_wait(hand: Hand, other: Hand) -> None:
    hand.set(limits={"in_flight": 3})
    for number in range(40):
        hand.asks(f"+792650000{number:02}")
    theirs = other.asks(OLGA)
    with hand.firm.app.app_context():
        assert requests.due_accounts([hand.id, other.id]) == sorted([hand.id, other.id])
        assert requests.due_accounts([other.id]) == [other.id]
    taken = hand.takes()
    assert (len(taken), hand.takes()) == (3, [])
    other.takes_one()
    assert other.state(theirs) == ("ringing", None)
    hand.over(taken[0])
    [fourth] = hand.takes()
    hand.answered(fourth)
    assert hand.takes() == []


def test_as_many_as_ring_are_let_go(hand: Hand) -> None:
    """A person orders only so much in a minute; this is not his order."""
    hand.set(limits={"in_flight": 100})
    asked = [hand.asks(f"+792650000{number:02}") for number in range(commands.MOST_A_MINUTE + 1)]
    attempts = hand.takes()
    assert len(attempts) == len(asked)
    with hand.firm.app.app_context():
        assert all(desk.stop(hand.id, each) for each in asked)
        assert all(commands.find(hand.id, f"{each.call}-drop") for each in attempts)


def test_what_cannot_be_dialled_or_has_nobody_to_ring_never_reaches_the_pbx(hand: Hand) -> None:
    hand.set(allowed=["7495"])
    costly = hand.asks(OLGA)
    assert (hand.takes(), hand.state(costly)) == ([], ("failed", "nobody"))
    assert hand.row(costly).reason == "number-not-allowed"
    hand.set(target=None)
    nobody = hand.asks(IVAN)
    assert (hand.takes(), hand.state(nobody)) == ([], ("waiting", None))
    assert hand.row(nobody).reason == "no-target"


def test_a_request_that_nobody_answered_stands_among_the_missed_until_somebody_talks(hand: Hand) -> None:
    asked = hand.asks(OLGA)
    hand.later(asked, until=datetime.now(UTC))
    with hand.firm.app.app_context():
        desk.end_overdue()
        row = journal.call(hand.id, f"callback-{asked}")
        assert row is not None
        assert (row.result, row.direction, row.missed_closed_at) == ("missed", "request", None)
    hand.firm.talk(OLGA, "101")
    with hand.firm.app.app_context():
        row = journal.call(hand.id, f"callback-{asked}")
        assert row is not None
        assert row.missed_closed_at is not None
    hand.firm.work_through()
    assert (len(hand.firm.account.leads), hand.records()) == (1, [])


@pytest.mark.parametrize("trouble", TROUBLES)
def test_whatever_happens_to_a_request_of_ours_everything_is_there_once(hand: Hand, trouble: str) -> None:
    for path in ("/leads/complex", "/leads/notes", "/unsorted/forms"):
        hand.firm.account.spoil(path=path, count=1, **TROUBLES[trouble])
    answered, stopped = hand.asks(OLGA), hand.asks(IVAN, start=datetime.now(UTC) + timedelta(hours=8))
    attempt = hand.takes_one()
    hand.answered(attempt)
    hand.client_talks(attempt, OLGA)
    with hand.firm.app.app_context():
        assert desk.stop(hand.id, stopped)
    hand.firm.work_through()
    assert hand.state(answered) == ("done", "talked")
    assert (len(hand.firm.account.leads), len(hand.records()), len(hand.texts())) == (1, 1, 2)
    assert len(hand.firm.call_notes()) == 1
