"""Calls taken up in the middle: a link that was away, a process that was restarted."""

from __future__ import annotations

from backend.calls.facts import CallPassed, CallStarted, Direction, Fact, Reason, Result
from tests.tracker.pbx import RING, RINGING, UP, Event, Pbx, ended, keys, talkers


def talking() -> Pbx:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    return pbx


def snapshot(pbx: Pbx, *rows: Event, at: float | None = 100.0) -> list[Fact]:
    return pbx.tracker.snapshot(rows, at)


def restarted(pbx: Pbx) -> Pbx:
    """Another process, which has read the journal; it knows the names of the channels only to speak of them."""
    heir = Pbx()
    heir._names, heir._linked = pbx._names, pbx._linked
    heir.tracker.resume(pbx.facts)
    return heir


def test_calls_up_already_are_taken_up() -> None:
    pbx = talking()
    fresh = Pbx()
    told = fresh.tracker.snapshot(
        [
            pbx.row("e", bridge="b", Application="AppDial", CallerIDNum="101", Exten="", Duration="00:00:58"),
            pbx.row("c", bridge="b", Application="Dial", CallerIDNum="79161234567", Exten="600", Duration="00:01:00"),
        ],
        160.0,
    )
    assert keys(told) == ["started", "answered"]
    start = told[0]
    assert (start.call, start.direction, start.client, start.did) == ("c", Direction.INBOUND, "79161234567", None)
    fresh.tracker.feed({"Event": "Hangup", "Uniqueid": "e", "Cause": "16"}, 170.0)
    end = ended(fresh.tracker.feed({"Event": "Hangup", "Uniqueid": "c", "Cause": "16"}, 171.0))
    assert (end.started, end.answered, end.at) == (100.0, 160.0, 171.0)


def test_an_outbound_call_up_already() -> None:
    pbx = Pbx()
    pbx.new("e", "PJSIP/101", state=RING)
    pbx.new("t", "PJSIP/trunk", linked="e")
    fresh = Pbx()
    told = fresh.tracker.snapshot(
        [
            pbx.row("t", bridge="b", Application="AppDial", CallerIDNum="79161234567", Exten=""),
            pbx.row("e", bridge="b", Application="Dial", CallerIDNum="74951234500", Exten="79161234567"),
        ],
        100.0,
    )
    start, answer = told
    assert isinstance(start, CallStarted)
    assert (start.direction, start.client, start.extension) == (Direction.OUTBOUND, "79161234567", "101")
    assert answer.key == "answered"


def test_an_inbound_call_that_rings_already() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    fresh = Pbx()
    told = fresh.tracker.snapshot(
        [
            pbx.row("c", state=RING, Application="Dial", CallerIDNum="79161234567", Exten="74951000001"),
            pbx.row("e", state=RINGING, Application="AppDial", CallerIDNum="101", Exten="s"),
        ],
        100.0,
    )
    assert keys(told) == ["started", "rang:101:1"]
    assert told[0].did == "74951000001"


def test_a_list_that_shows_nothing_new_tells_nothing() -> None:
    pbx = talking()
    assert snapshot(pbx, pbx.row("c", bridge="b"), pbx.row("e", bridge="b")) == []
    assert keys(pbx.facts) == ["started", "rang:101:1", "answered"]


def test_what_is_not_listed_has_hung_up() -> None:
    pbx = talking()
    end = ended(snapshot(pbx))
    assert (end.result, end.at, end.talks[0].end) == (Result.ANSWERED, 100.0, 100.0)
    assert pbx.tracker.open_calls() == []


def test_a_transfer_made_while_the_link_was_away() -> None:
    pbx = talking()
    pbx._names["f"], pbx._linked["f"] = "PJSIP/102-0000000f", "c"
    (passed,) = snapshot(pbx, pbx.row("c", bridge="b2"), pbx.row("f", bridge="b2"))
    assert isinstance(passed, CallPassed)
    assert (passed.extension, passed.previous) == ("102", "101")


def test_a_local_channel_optimised_away_meanwhile_is_the_same_talk() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.local("l", "101@from-queue", linked="c")
    pbx.rings("l-2", "e", "101")
    pbx.answers("e", "b1", "l-2")
    pbx.answers("l", "b2", "c")
    assert snapshot(pbx, pbx.row("c", bridge="b2"), pbx.row("e", bridge="b2")) == []
    (call,) = pbx.tracker.open_calls()
    assert [talk.on for talk in call.talks] == [True]


def test_a_restarted_process_announces_nothing_twice() -> None:
    pbx = talking()
    heir = restarted(pbx)
    assert snapshot(heir, heir.row("c", bridge="b"), heir.row("e", bridge="b")) == []
    heir.hang_up("e", "c")
    end = ended(heir.facts)
    assert (end.client, end.did, talkers(heir.facts)) == ("79161234567", "74951000001", ["101"])
    assert (end.started, end.answered) == (pbx.facts[0].at, pbx.facts[-1].at)


def test_a_call_that_vanished_during_the_restart_ends() -> None:
    heir = restarted(talking())
    told = snapshot(heir)
    assert (ended(told).result, talkers(told)) == (Result.ANSWERED, ["101"])
    assert snapshot(heir) == []


def test_an_unanswered_call_that_vanished_is_missed() -> None:
    pbx = Pbx()
    pbx.client_calls()
    assert ended(snapshot(restarted(pbx))).result is Result.MISSED


def test_a_call_answered_during_the_restart() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    heir = restarted(pbx)
    assert keys(snapshot(heir, heir.row("c", bridge="b"), heir.row("e", bridge="b"))) == ["answered"]


def test_a_call_passed_during_the_restart() -> None:
    heir = restarted(talking())
    heir._names["f"], heir._linked["f"] = "PJSIP/102-0000000f", "c"
    (passed,) = snapshot(heir, heir.row("c", bridge="b2"), heir.row("f", bridge="b2"))
    assert passed.key == "passed:2"


def outbound() -> Pbx:
    pbx = Pbx()
    pbx.new("e", "PJSIP/101", state=RING, number="101", exten="79161234567")
    pbx.new("t", "PJSIP/trunk", linked="e")
    pbx.dial("e", "t", "79161234567@trunk")
    return pbx


def test_an_outbound_call_goes_on_over_a_restart() -> None:
    pbx = outbound()
    pbx.answers("t", "b", "e")
    heir = restarted(pbx)
    assert snapshot(heir, heir.row("t", bridge="b"), heir.row("e", bridge="b")) == []
    heir.hang_up("t", "e")
    assert (ended(heir.facts).extension, talkers(heir.facts)) == ("101", ["101"])


def test_an_outbound_call_still_ringing_goes_on_over_a_restart() -> None:
    heir = restarted(outbound())
    assert snapshot(heir, heir.row("t", state=RINGING), heir.row("e", state=RING)) == []
    heir.hang_up("t", cause="17")
    heir.hang_up("e")
    assert ended(heir.facts).reason is Reason.BUSY


def test_a_ring_after_the_restart_has_its_own_turn() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.hang_up("e")
    heir = restarted(pbx)
    snapshot(heir, heir.row("c", state=UP))
    heir.rings("c", "f", "101")
    assert keys(heir.facts) == ["rang:101:2"]


def test_ended_calls_in_the_journal_stay_ended() -> None:
    pbx = talking()
    pbx.hang_up("e", "c")
    heir = restarted(pbx)
    assert snapshot(heir) == []
    late = {
        "Event": "Newstate",
        "Uniqueid": "c",
        "Linkedid": "c",
        "Channel": "PJSIP/trunk-0000000c",
        "ChannelState": UP,
    }
    assert heir.tracker.feed(late, 1.0) == []


def test_a_phone_that_rings_on_is_not_told_again() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    heir = restarted(pbx)
    assert snapshot(heir, heir.row("c", state=RING), heir.row("e", state=RINGING)) == []
    heir.hang_up("e")
    assert keys(heir.facts) == ["stopped:101:1"]


def test_a_phone_that_stopped_meanwhile_has_stopped() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    heir = restarted(pbx)
    assert keys(snapshot(heir, heir.row("c", state=RING))) == ["stopped:101:1"]


def test_a_client_who_left_meanwhile_ends_the_call_though_the_caller_is_there() -> None:
    pbx = outbound()
    pbx.answers("t", "b", "e")
    heir = restarted(pbx)
    assert ended(snapshot(heir, heir.row("e"))).result is Result.ANSWERED


def test_events_between_the_restart_and_the_list_end_nothing_early() -> None:
    pbx = talking()
    pbx.rings("c", "f", "102")
    heir = restarted(pbx)
    heir.state("f", RINGING)
    heir.enter("b9", "f")
    heir.hang_up("f")
    assert keys(heir.facts) == ["stopped:102:1"]
    assert snapshot(heir, heir.row("c", bridge="b"), heir.row("e", bridge="b")) == []


def test_a_call_passed_on_after_the_restart_counts_on() -> None:
    pbx = talking()
    pbx.leave("b", "e")
    pbx.at += 5
    pbx.enter("b", "e")
    pbx.hang_up("e")
    pbx.rings("c", "f", "102")
    pbx.answers("f", "b2", "c")
    heir = restarted(pbx)
    snapshot(heir, heir.row("c", bridge="b2"), heir.row("f", bridge="b2"))
    heir.hang_up("f")
    heir.rings("c", "g", "103")
    heir.answers("g", "b3", "c")
    assert keys([*pbx.told("passed"), *heir.told("passed")]) == ["passed:2", "passed:3"]
