"""Calls of awkward shapes, said event by event: what the lab does not play, or plays only by luck."""

from __future__ import annotations

import pytest

from backend.calls.facts import CallEnded, CallPassed, CallStarted, Direction, ExtensionRang, Reason, Result
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.hangup_reasons import why
from tests.tracker.pbx import DOWN, RING, RINGING, UP, Pbx, ended, keys, talkers

MOBILES = Lines.of(mobiles={"9037770103": "103"})


def test_a_client_is_called_first_and_then_the_employee() -> None:
    pbx = Pbx()
    pbx.new("crm-1", "PJSIP/trunk", number="")
    pbx.dial("", "crm-1", "79161234567@trunk")
    pbx.state("crm-1", RINGING)
    pbx.state("crm-1", UP)
    pbx.rings("crm-1", "e", "101")
    pbx.answers("e", "b", "crm-1")
    pbx.hang_up("crm-1", "e")
    assert keys(pbx.facts) == ["started", "rang:101:1", "answered", "ended"]
    end = ended(pbx.facts)
    assert (end.call, end.direction, end.client, end.extension) == ("crm-1", Direction.OUTBOUND, "79161234567", "101")


def test_an_originated_client_who_does_not_answer_in_time_was_not_given_up() -> None:
    pbx = Pbx()
    pbx.new("crm-1", "PJSIP/trunk")
    pbx.dial("", "crm-1", "79161234567@trunk")
    pbx.hang_up("crm-1", cause="0")
    assert ended(pbx.facts).reason is Reason.NO_ANSWER


def outbound(pbx: Pbx, string: str = "79161234567@trunk") -> None:
    pbx.new("e", "PJSIP/101", state=RING, number="101", exten="89161234567")
    leg(pbx, "t1", string)


def leg(pbx: Pbx, uid: str, string: str = "79161234567@trunk", *, number: str = "") -> None:
    pbx.new(uid, "PJSIP/trunk", linked="e", number=number)
    pbx.dial("e", uid, string)


def test_trunks_tried_one_after_another_are_one_call() -> None:
    pbx = Pbx()
    outbound(pbx)
    pbx.dial_end("e", "t1", "CONGESTION")
    pbx.hang_up("t1", cause="34")
    leg(pbx, "t2", "second/89161234567")
    pbx.state("t2", RINGING)
    pbx.answers("t2", "b", "e")
    pbx.hang_up("t2", "e")
    assert keys(pbx.facts) == ["started", "answered", "ended"]
    assert ended(pbx.facts).client == "79161234567"


def test_the_last_trunk_tried_says_why_a_call_failed() -> None:
    pbx = Pbx()
    outbound(pbx)
    pbx.hang_up("t1", cause="34")
    leg(pbx, "t2")
    pbx.dial_end("e", "t2", "BUSY")
    pbx.hang_up("t2", cause="17")
    assert pbx.told("ended") == []
    pbx.hang_up("e", cause="34")
    assert (ended(pbx.facts).result, ended(pbx.facts).reason) == (Result.FAILED, Reason.BUSY)


def test_trunks_dialled_at_once_are_one_call() -> None:
    pbx = Pbx()
    outbound(pbx)
    leg(pbx, "t2")
    pbx.answers("t2", "b", "e")
    pbx.dial_end("e", "t1", "CANCEL")
    pbx.hang_up("t1", cause="26")
    assert keys(pbx.facts) == ["started", "answered"]
    pbx.hang_up("t2", "e")
    assert talkers(pbx.facts) == ["101"]


@pytest.mark.parametrize(
    ("string", "number", "exten", "client"),
    [
        ("79161234567@trunk", "", "x", "79161234567"),
        ("trunk/79161234567", "", "x", "79161234567"),
        ("trunk/sip:+79161234567@10.0.0.1:5060", "", "x", "+79161234567"),
        ("g0/89161234567", "", "x", "89161234567"),
        ("trunk", "79161234567", "x", "79161234567"),
        ("trunk", "", "89161234567", "89161234567"),
        ("", "anonymous", "s", None),
    ],
)
def test_the_client_is_whom_the_trunk_was_asked_for(string: str, number: str, exten: str, client: str | None) -> None:
    pbx = Pbx()
    pbx.new("e", "PJSIP/101", state=RING, number="101", exten=exten)
    leg(pbx, "t1", string, number=number)
    (start,) = pbx.told("started")
    assert (start.client, start.did) == (client, None)


def test_who_calls_is_read_from_the_channel_name() -> None:
    pbx = Pbx()
    pbx.new("e", "PJSIP/101", state=RING, number="74951234500", exten="79161234567")
    leg(pbx, "t1")
    (start,) = pbx.told("started")
    assert isinstance(start, CallStarted)
    assert start.extension == "101"


def test_a_transfer_of_an_outbound_call_rings_and_passes() -> None:
    pbx = Pbx()
    outbound(pbx)
    pbx.answers("t1", "b", "e")
    pbx.leave("b", "t1", "e")
    pbx.hang_up("e")
    pbx.rings("t1", "f", "102")
    pbx.answers("f", "b2", "t1")
    pbx.hang_up("t1", "f")
    assert keys(pbx.facts) == ["started", "answered", "rang:102:1", "passed:2", "ended"]
    assert talkers(pbx.facts) == ["101", "102"]
    assert ended(pbx.facts).extension == "101"


def test_a_conference_of_two_employees() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.rings("c", "f", "102")
    pbx.enter("b", "f", technology="softmix")
    pbx.leave("b", "e")
    pbx.hang_up("e", "c", "f")
    one, other = ended(pbx.facts).talks
    assert (one.extension, other.extension) == ("101", "102")
    assert one.end is not None
    assert other.start is not None
    assert one.end > other.start
    (passed,) = (fact for fact in pbx.facts if isinstance(fact, CallPassed))
    assert (passed.extension, passed.previous, passed.turn) == ("102", "101", 2)


def test_a_call_passed_and_passed_back() -> None:
    pbx = Pbx()
    pbx.client_calls()
    for uid, extension, bridge in (("e", "101", "b1"), ("f", "102", "b2"), ("g", "101", "b3")):
        pbx.rings("c", uid, extension)
        pbx.answers(uid, bridge, "c")
        pbx.at += 5
        pbx.leave(bridge, uid, "c")
        pbx.hang_up(uid)
    pbx.hang_up("c")
    assert keys(pbx.told("answered", "passed")) == ["answered", "passed:2", "passed:3"]
    assert keys(pbx.told("rang")) == ["rang:101:1", "rang:102:1", "rang:101:2"]
    assert talkers(pbx.facts) == ["101", "102", "101"]


def test_a_consultation_outside_is_not_a_call_of_its_own() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.leave("b", "e")
    pbx.local("l", "79037654321@from-internal", linked="c")
    pbx.enter("b2", "l", "e")
    pbx.new("t", "PJSIP/trunk", linked="c")
    pbx.dial("l-2", "t", "79037654321@trunk")
    pbx.answers("t", "b3", "l-2")
    pbx.hang_up("t", "l-2", "l")
    pbx.leave("b2", "e")
    pbx.at += 5
    pbx.enter("b", "e")
    pbx.hang_up("c", "e")
    assert keys(pbx.facts) == ["started", "rang:101:1", "answered", "ended"]
    assert talkers(pbx.facts) == ["101", "101"]


def test_a_transfer_made_while_the_other_phone_rings() -> None:
    """The dialling goes over to the client: DialBegin again, with his channel (Asterisk 13)."""
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.new("e2", "PJSIP/101", state=RING, number="101", exten="102")
    pbx.local("l", "102@from-internal", linked="e2")
    pbx.dial("e2", "l")
    pbx.rings("l-2", "f", "102")
    assert keys(pbx.told("rang")) == ["rang:101:1"]
    pbx.leave("b", "e", "c")
    pbx.dial_end("e2", "l", "NOANSWER")
    pbx.dial("c", "l")
    pbx.hang_up("e2", "e")
    assert keys(pbx.told("rang")) == ["rang:101:1", "rang:102:1"]
    pbx.answers("f", "b2", "l-2")
    pbx.answers("l", "b3", "c")
    pbx.hang_up("c", "l", "l-2", "f")
    assert talkers(pbx.facts) == ["101", "102"]


def test_a_client_who_gives_up_such_a_transfer_stops_the_ringing() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.new("e2", "PJSIP/101", state=RING, number="101", exten="102")
    pbx.rings("e2", "f", "102")
    pbx.leave("b", "e", "c")
    pbx.dial("c", "f")
    pbx.hang_up("e2", "e", "c", "f")
    assert keys(pbx.facts)[-3:] == ["rang:102:1", "stopped:102:1", "ended"]


def test_a_forward_to_an_employees_mobile_is_his_answer() -> None:
    pbx = Pbx(MOBILES)
    pbx.client_calls()
    pbx.new("m", "PJSIP/trunk", linked="c")
    pbx.dial("c", "m", "+79037770103@trunk")
    pbx.state("m", RINGING)
    pbx.answers("m", "b", "c")
    pbx.hang_up("c", "m")
    assert keys(pbx.facts) == ["started", "rang:103:1", "answered", "ended"]
    assert talkers(pbx.facts) == ["103"]


def test_a_forward_to_a_strange_number_is_no_answer() -> None:
    pbx = Pbx(MOBILES)
    pbx.client_calls()
    pbx.new("m", "PJSIP/trunk", linked="c")
    pbx.dial("c", "m", "79160000000@trunk")
    pbx.answers("m", "b", "c")
    pbx.hang_up("c", "m")
    assert keys(pbx.facts) == ["started", "ended"]
    assert ended(pbx.facts).result is Result.MISSED


def test_an_employee_calling_in_from_his_mobile_is_a_client() -> None:
    pbx = Pbx(MOBILES)
    pbx.client_calls(number="+79037770103")
    (start,) = pbx.facts
    assert (start.direction, start.client) == (Direction.INBOUND, "+79037770103")


def test_a_callback_may_begin_on_an_employees_mobile() -> None:
    pbx = Pbx(MOBILES)
    pbx.new("crm-1", "PJSIP/trunk")
    pbx.dial("", "crm-1", "89037770103@trunk")
    pbx.state("crm-1", UP)
    assert pbx.facts == []
    pbx.new("t", "PJSIP/trunk", linked="crm-1")
    pbx.dial("crm-1", "t", "79161234567@trunk")
    pbx.answers("t", "b", "crm-1")
    pbx.hang_up("t", "crm-1")
    assert talkers(pbx.facts) == ["103"]
    assert (ended(pbx.facts).client, ended(pbx.facts).extension) == ("79161234567", "103")


def test_a_holding_bridge_joins_nobody() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.enter("b", "c", "e", technology="holding_bridge")
    assert keys(pbx.facts) == ["started", "rang:101:1"]


def test_a_client_parked_by_his_employee_talks_to_nobody() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.enter("lot", "c", technology="holding_bridge")
    (call,) = pbx.tracker.open_calls()
    assert call.talking == []


def test_a_local_channel_optimised_away_is_the_same_talk() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.local("l", "101@from-queue", linked="c")
    pbx.dial("c", "l")
    pbx.rings("l-2", "e", "101")
    pbx.answers("e", "b1", "l-2")
    pbx.answers("l", "b2", "c")
    pbx.leave("b1", "e")
    pbx.enter("b2", "e", swap="l")
    pbx.hang_up("l", "l-2")
    assert keys(pbx.facts) == ["started", "rang:101:1", "answered"]
    pbx.hang_up("c", "e")
    (talk,) = ended(pbx.facts).talks
    assert talk.end == ended(pbx.facts).at


def test_a_swap_that_says_nothing_of_the_one_replaced() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.new("f", "PJSIP/102", state=UP)
    pbx.enter("b", "f", swap="e")
    (call,) = pbx.tracker.open_calls()
    assert [talk.extension for talk in call.talking] == ["102"]


def test_an_inbound_channel_that_is_down_at_first() -> None:
    """chan_sip: Newchannel says Down, Newstate then Ring (Asterisk 11 to 16)."""
    pbx = Pbx()
    pbx.new("c", "SIP/provider", state=DOWN, number="79161234567", exten="74951000001")
    assert pbx.facts == []
    pbx.state("c", RING)
    (start,) = pbx.facts
    assert (start.direction, start.client, start.did) == (Direction.INBOUND, "79161234567", "74951000001")


def test_a_call_that_was_up_before_anything_was_heard() -> None:
    pbx = Pbx()
    pbx.say(
        "BridgeEnter", BridgeUniqueid="b", Uniqueid="c", Linkedid="c", Channel="PJSIP/trunk-0000000c", ChannelState=UP,
        CallerIDNum="79161234567", Exten="74951000001",
    )  # fmt: skip
    pbx.say(
        "BridgeEnter", BridgeUniqueid="b", Uniqueid="e", Linkedid="c", Channel="PJSIP/101-0000000e", ChannelState=UP
    )
    assert keys(pbx.facts) == ["started", "answered"]


@pytest.mark.parametrize(
    "number", ["", "<unknown>", "anonymous", "Anonymous", "RESTRICTED", "unavailable", "private", "s"]
)
def test_a_hidden_number_is_no_number(number: str) -> None:
    pbx = Pbx()
    pbx.client_calls(number=number)
    assert [fact.client for fact in pbx.facts] == [None]


def test_a_number_told_later_is_taken_before_anybody_talks() -> None:
    pbx = Pbx()
    pbx.client_calls(number="")
    pbx.say("NewCallerid", Uniqueid="c", Channel="PJSIP/trunk-0000c", CallerIDNum="79161234567")
    pbx.say("NewCallerid", Uniqueid="c", Channel="PJSIP/trunk-0000c", CallerIDNum="101")
    pbx.hang_up("c")
    assert ended(pbx.facts).client == "79161234567"


def test_a_number_the_dialplan_sets_for_a_forward_is_not_the_clients() -> None:
    pbx = Pbx()
    pbx.client_calls(number="anonymous")
    pbx.new("m", "PJSIP/trunk", linked="c")
    pbx.say("NewCallerid", Uniqueid="c", Channel="PJSIP/trunk-0000c", CallerIDNum="74951234500")
    pbx.hang_up("m", "c")
    assert ended(pbx.facts).client is None


def test_the_dialplans_start_is_no_did() -> None:
    pbx = Pbx()
    pbx.client_calls(did="s")
    assert pbx.facts[0].did is None


def test_two_phones_of_one_extension_ring_once() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.rings("c", "e2", "101")
    pbx.answers("e2", "b", "c")
    pbx.hang_up("e", "c", "e2")
    assert keys(pbx.facts) == ["started", "rang:101:1", "answered", "ended"]


def test_an_extension_that_rings_twice_is_counted() -> None:
    pbx = Pbx()
    pbx.client_calls()
    for uid in ("e", "f"):
        pbx.rings("c", uid, "101")
        pbx.hang_up(uid)
    rang = [fact.turn for fact in pbx.facts if isinstance(fact, ExtensionRang)]
    assert rang == [1, 2]
    assert keys(pbx.facts) == ["started", "rang:101:1", "stopped:101:1", "rang:101:2", "stopped:101:2"]


def test_an_internal_call_is_told_only_when_asked_and_once() -> None:
    for internal, told in ((False, []), (True, ["ended"])):
        pbx = Pbx(internal=internal)
        pbx.new("e", "PJSIP/101", state=RING, number="101", exten="102")
        pbx.rings("e", "f", "102")
        pbx.answers("f", "b", "e")
        pbx.hang_up("e", "f")
        assert keys(pbx.facts) == told
    end = ended(pbx.facts)
    assert (end.direction, end.client, end.extension, talkers(pbx.facts)) == (
        Direction.INTERNAL, None, "101", ["101", "102"],
    )  # fmt: skip


def test_listening_to_ones_voicemail_is_no_internal_call() -> None:
    pbx = Pbx(internal=True)
    pbx.new("e", "PJSIP/101", state=RING, number="101", exten="*97")
    pbx.state("e", UP)
    pbx.hang_up("e")
    assert pbx.facts == []


def test_an_internal_call_that_goes_outside_is_outbound() -> None:
    pbx = Pbx(internal=True)
    pbx.new("e", "PJSIP/101", state=RING, number="101", exten="102")
    pbx.rings("e", "f", "102")
    pbx.hang_up("f")
    leg(pbx, "t1", "79160000000@trunk")
    pbx.answers("t1", "b", "e")
    pbx.hang_up("t1", "e")
    assert keys(pbx.facts) == ["started", "answered", "ended"]
    assert ended(pbx.facts).direction is Direction.OUTBOUND


def test_channels_of_an_ended_call_begin_nothing() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.hang_up("c")
    pbx.rings("e", "f", "102")
    pbx.hang_up("e", "f")
    pbx.say("Newchannel", Uniqueid="late", Linkedid="c", Channel="PJSIP/trunk-000000ff", ChannelState=RING)
    assert isinstance(pbx.facts[-1], CallEnded)


# ---- recordings


def test_a_recording_is_named_by_a_variable() -> None:
    pbx = Pbx()
    pbx.client_calls()
    path = "/var/spool/asterisk/monitor/2026/11/23/in-1.wav"
    pbx.say("VarSet", Uniqueid="c", Variable="MIXMONITOR_FILENAME", Value=path)
    pbx.say("VarSet", Uniqueid="c", Variable="OTHER", Value="/x/y.wav")
    pbx.hang_up("c")
    pbx.say("Cdr", UniqueID="c", RecordingFile="in-1.wav")
    assert ended(pbx.facts).recording == "in-1.wav"
    assert keys(pbx.facts) == ["started", "ended"]


@pytest.mark.parametrize("told", [{"LinkedID": "c"}, {"UniqueID": "e"}, {"uniqueid": "c"}])
def test_a_recording_named_after_the_end_is_a_fact_of_its_own(told: dict[str, str]) -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.hang_up("e", "c")
    for _ in range(2):
        pbx.say("Cdr", **told, recordingfile="in-1.wav")
    (fact,) = pbx.told("recording")
    assert (fact.call, fact.client) == ("c", "79161234567")


def test_an_event_of_the_dialplan_may_name_a_recording() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.say("UserEvent", UserEvent="Recording", Uniqueid="c", RecordingFile="C:\\calls\\in-1.wav")
    pbx.hang_up("c")
    assert ended(pbx.facts).recording == "in-1.wav"


def test_each_leg_of_a_transferred_call_may_have_its_own_recording() -> None:
    """One of them was begun in a call of its own, when a colleague was asked, and is the client's in the end."""
    pbx = Pbx()
    pbx.client_calls()
    pbx.say("VarSet", Uniqueid="c", Variable="MIXMONITOR_FILENAME", Value="/monitor/in-1.wav")
    pbx.say("VarSet", Uniqueid="c", Variable="MIXMONITOR_FILENAME", Value="/monitor/in-2.wav")
    pbx.hang_up("c")
    for name in ("in-1.wav", "asked-3.wav", "in-2.wav"):
        pbx.say("Cdr", UniqueID="elsewhere", LinkedID="c", RecordingFile=name)
    assert ended(pbx.facts).recording == "in-1.wav"
    assert [fact.recording for fact in pbx.told("recording")] == ["in-2.wav", "asked-3.wav"]
    assert len({fact.key for fact in pbx.facts}) == len(pbx.facts)


def test_names_of_recordings_have_an_end() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.hang_up("c")
    for number in range(100):
        pbx.say("Cdr", UniqueID="c", RecordingFile=f"in-{number}.wav")
    assert len(pbx.told("recording")) == 20


@pytest.mark.parametrize("name", ["", "/", "..", "a" * 300])
def test_no_name_is_no_recording(name: str) -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.say("Cdr", UniqueID="c", RecordingFile=name)
    pbx.hang_up("c")
    assert ended(pbx.facts).recording is None


# ---- reasons


@pytest.mark.parametrize(
    ("cause", "status", "reason"),
    [
        (17, "BUSY", Reason.BUSY),
        (19, "NOANSWER", Reason.NO_ANSWER),
        (18, None, Reason.NO_ANSWER),
        (1, "CHANUNAVAIL", Reason.NO_SUCH_NUMBER),
        (28, "CONGESTION", Reason.NO_SUCH_NUMBER),
        (21, "NOANSWER", Reason.REFUSED),
        (34, "CONGESTION", Reason.REFUSED),
        (38, "CONGESTION", Reason.REFUSED),
        (20, "CHANUNAVAIL", Reason.UNREACHABLE),
        (27, "CONGESTION", Reason.UNREACHABLE),
        (17, "CANCEL", Reason.GIVEN_UP),
        (16, "BUSY", Reason.BUSY),
        (0, "NOANSWER", Reason.NO_ANSWER),
        (16, None, Reason.GIVEN_UP),
        (None, None, Reason.GIVEN_UP),
        (16, "ANSWER", Reason.GIVEN_UP),
        (999, None, Reason.REFUSED),
    ],
)
def test_why_an_outbound_call_failed(cause: int | None, status: str | None, reason: Reason) -> None:
    assert why(cause=cause, status=status) is reason


# ---- ends and beginnings that are easily mistaken


@pytest.mark.parametrize("exten", ["s", "979161234567"])
@pytest.mark.parametrize("states", [[RINGING], [UP], [RINGING, UP]])
def test_the_number_is_what_the_trunk_was_asked_for(exten: str, states: list[str]) -> None:
    """Newstate may come before DialBegin (Asterisk 13)."""
    pbx = Pbx()
    pbx.new("e", "PJSIP/101", state=RING, exten=exten)
    pbx.new("t", "PJSIP/trunk", linked="e", number=exten)
    for state in states:
        pbx.state("t", state)
    pbx.dial("e", "t", "79161234567@trunk")
    pbx.enter("b", "e", "t")
    pbx.hang_up("t", "e")
    assert [fact.kind for fact in pbx.facts] == ["started", "answered", "ended"]
    assert {fact.client for fact in pbx.facts} == {"79161234567"}


def test_a_failed_call_is_over_when_its_caller_is_gone() -> None:
    pbx = Pbx()
    outbound(pbx)
    pbx.new("x", "PJSIP/103", linked="e")
    pbx.hang_up("t1", cause="17")
    assert pbx.told("ended") == []
    pbx.hang_up("e")
    assert ended(pbx.facts).reason is Reason.BUSY


def test_an_answered_call_is_over_when_the_client_is_gone() -> None:
    pbx = Pbx()
    outbound(pbx)
    pbx.answers("t1", "b", "e")
    pbx.hang_up("t1")
    assert ended(pbx.facts).result is Result.ANSWERED


def test_another_outside_line_within_an_answered_call_is_not_the_client() -> None:
    pbx = Pbx()
    outbound(pbx)
    pbx.answers("t1", "b", "e")
    leg(pbx, "t2", "79037654321@trunk")
    pbx.state("t2", UP)
    pbx.hang_up("t1")
    assert (ended(pbx.facts).client, talkers(pbx.facts)) == ("79161234567", ["101"])


def test_before_the_client_picks_up_it_is_the_callers_own_phone_that_rings() -> None:
    pbx = Pbx()
    outbound(pbx)
    pbx.rings("e", "f", "101")
    assert keys(pbx.facts) == ["started"]


def test_a_dialled_trunk_is_dialled_whatever_its_state_is_called() -> None:
    """Some channel drivers call the far side's ringing Ring."""
    pbx = Pbx()
    pbx.new("e", "PJSIP/101", state=RING, exten="79161234567")
    pbx.new("t", "SIP/trunk", linked="e", state=RING)
    pbx.dial("e", "t", "79161234567@trunk")
    assert [fact.direction for fact in pbx.facts] == [Direction.OUTBOUND]


@pytest.mark.parametrize("sign", ["dials", "is answered"])
def test_an_inbound_channel_that_never_said_ring(sign: str) -> None:
    pbx = Pbx()
    pbx.new("c", "DAHDI/i1/79161234567", state=DOWN, number="79161234567", exten="74951000001")
    pbx.rings("c", "e", "101") if sign == "dials" else pbx.state("c", UP)
    first = pbx.facts[0]
    assert (first.direction, first.kind) == (Direction.INBOUND, "started")


def test_a_trunk_that_is_up_at_once_and_has_no_place_in_the_dialplan_was_called() -> None:
    pbx = Pbx()
    pbx.new("crm-1", "SIP/trunk", number="79161234567")
    pbx.state("crm-1", UP)
    assert [fact.direction for fact in pbx.facts] == [Direction.OUTBOUND]


def test_another_phone_of_who_talks_does_not_ring() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.rings("c", "f", "101")
    pbx.hang_up("f")
    assert keys(pbx.facts) == ["started", "rang:101:1", "answered"]


def test_an_internal_call_nobody_took() -> None:
    pbx = Pbx(internal=True)
    pbx.new("e", "PJSIP/101", state=RING, number="101", exten="102")
    pbx.rings("e", "f", "102")
    pbx.dial_end("e", "f", "BUSY")
    pbx.hang_up("f", "e", cause="17")
    assert (ended(pbx.facts).extension, ended(pbx.facts).reason) == ("101", Reason.BUSY)
