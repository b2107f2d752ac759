"""The PBX's own record says how long a call was, where we had not listened; nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from backend.calls.facts import CallEnded, CallTimed, from_json, to_json
from tests.tracker.pbx import UP, Pbx


def row(uid: str, channel: str, bridge: str = "b", **more: str) -> dict[str, str]:
    return {
        "Uniqueid": uid, "Linkedid": "c", "Channel": channel, "ChannelState": UP, "BridgeId": bridge, "Exten": "s",
        "CallerIDNum": "79161234567", "Duration": "00:01:00", **more,
    }  # fmt: skip


CLIENT = row("c", "PJSIP/trunk-00000000", Exten="74951000001")
EMPLOYEE = row("e", "PJSIP/101-00000001")


def counted(pbx: Pbx, seconds: str, disposition: str = "ANSWERED", **ids: str) -> list[Any]:
    return pbx.say("Cdr", **(ids or {"UniqueID": "c"}), BillableSeconds=seconds, Disposition=disposition)


def timed(pbx: Pbx) -> list[int]:
    return [fact.seconds for fact in pbx.facts if isinstance(fact, CallTimed)]


def found_in_the_middle() -> Pbx:
    pbx = Pbx()
    pbx.facts += pbx.tracker.snapshot([CLIENT, EMPLOYEE], 100.0)
    pbx._names.update(c="PJSIP/trunk-00000000", e="PJSIP/101-00000001")
    pbx._linked.update(c="c", e="c")
    return pbx


def test_a_call_found_in_the_middle_lasts_as_long_as_the_pbx_says() -> None:
    pbx = found_in_the_middle()
    counted(pbx, "3", "BUSY")
    counted(pbx, "57")
    assert timed(pbx) == []
    pbx.hang_up("e", "c")
    assert timed(pbx) == [57]
    counted(pbx, "12")
    counted(pbx, "61", UniqueID="?", LinkedID="c")
    assert timed(pbx) == [57, 61]
    told = pbx.facts[-1]
    assert from_json(to_json(told)) == told


def test_a_call_that_ended_unheard_is_guessed() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.facts += pbx.tracker.snapshot([], 900.0)
    (ended,) = [fact for fact in pbx.facts if isinstance(fact, CallEnded)]
    assert ended.guessed
    assert from_json(to_json(ended)) == ended
    counted(pbx, "44")
    assert timed(pbx) == [44]


def test_what_was_heard_whole_is_not_counted_again() -> None:
    pbx = Pbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.answers("e", "b", "c")
    pbx.facts += pbx.tracker.snapshot([CLIENT, EMPLOYEE], 50.0)  # a talk that goes on through it stays exact
    pbx.hang_up("e", "c")
    counted(pbx, "99")
    assert timed(pbx) == []


@pytest.mark.parametrize("seconds", ["", "-5", "1.5", "٣", "9" * 30, "many"])
def test_a_senseless_record_is_passed_over(seconds: str) -> None:
    pbx = found_in_the_middle()
    pbx.hang_up("e", "c")
    counted(pbx, seconds)
    assert timed(pbx) == []
