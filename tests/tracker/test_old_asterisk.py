"""Calls as Asterisk 1.8 to 11 tells them: Dial and Bridge events, masquerades, no Linkedid anywhere."""

from __future__ import annotations

from backend.calls.facts import Reason, Result
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.tracker import EVENTS
from tests.tracker.pbx import RING, RINGING, UP, Pbx, ended, keys, talkers


class OldPbx(Pbx):
    def new(
        self, uid: str, name: str, *, linked: str = "", state: str = "0", number: str = "", exten: str = ""
    ) -> None:
        self._names[uid] = name
        self.say("Newchannel", Uniqueid=uid, Channel=name, ChannelState=state, CallerIDNum=number, Exten=exten)

    def state(self, uid: str, state: str) -> None:
        self.say("Newstate", Uniqueid=uid, Channel=self._names[uid], ChannelState=state)

    def local(self, uid: str, place: str, *, linked: str = "") -> None:
        self.new(uid, f"Local/{place}-00000006;1")
        self.new(f"{uid}-2", f"Local/{place}-00000006;2", state=RING)
        self.say(
            "LocalBridge",
            Uniqueid1=uid,
            Uniqueid2=f"{uid}-2",
            Channel1=self._names[uid],
            Channel2=self._names[f"{uid}-2"],
        )

    def dial(self, caller: str, dialled: str, string: str = "") -> None:
        self.say(
            "Dial", SubEvent="Begin", Channel=self._names[caller], UniqueID=caller,
            Destination=self._names[dialled], DestUniqueID=dialled, Dialstring=string,
        )  # fmt: skip

    def dial_end(self, caller: str, dialled: str, status: str) -> None:
        self.say("Dial", SubEvent="End", Channel=self._names[caller], UniqueID=caller, DialStatus=status)

    def link(self, one: str, other: str, state: str = "Link") -> None:
        self.say(
            "Bridge", Bridgestate=state, Uniqueid1=one, Uniqueid2=other, Channel1=self._names[one],
            Channel2=self._names[other],
        )  # fmt: skip

    def masquerade(self, clone: str, original: str) -> None:
        """Whoever is `clone` comes to the place of `original`, whose Uniqueid stays with the place."""
        one, other = self._names[clone], self._names[original]
        self.say("Masquerade", Clone=one, Original=other)
        for uid, now in ((clone, f"{one}<MASQ>"), (original, one), (clone, f"{other}<ZOMBIE>")):
            self.say("Rename", Uniqueid=uid, Channel=self._names[uid], Newname=now)
            self._names[uid] = now

    def client_calls(self, uid: str = "c", number: str = "79161234567", did: str = "74951000001") -> None:
        self.new(uid, f"SIP/trunk-0000000{uid}", number=number, exten=did)
        self.state(uid, RING)

    def rings(self, caller: str, uid: str, extension: str) -> None:
        self.new(uid, f"SIP/{extension}-0000000{uid}")
        self.dial(caller, uid, extension)
        self.state(uid, RINGING)

    def hang_up(self, *uids: str, cause: str = "16") -> None:
        for uid in uids:
            self.say("Hangup", Uniqueid=uid, Channel=self._names[uid], Cause=cause)


def test_a_direct_call() -> None:
    pbx = OldPbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.state("e", UP)
    pbx.link("c", "e")
    pbx.link("c", "e", "Unlink")
    pbx.hang_up("e", "c")
    assert keys(pbx.facts) == ["started", "rang:101:1", "answered", "ended"]
    assert (ended(pbx.facts).call, ended(pbx.facts).did, talkers(pbx.facts)) == ("c", "74951000001", ["101"])


def test_a_missed_call() -> None:
    pbx = OldPbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.hang_up("e", "c")
    assert keys(pbx.facts) == ["started", "rang:101:1", "stopped:101:1", "ended"]


def test_an_outbound_call_and_why_it_failed() -> None:
    pbx = OldPbx()
    pbx.new("e", "SIP/101-0000000e", number="101", exten="79161234567")
    pbx.state("e", RING)
    pbx.new("t", "SIP/trunk-0000000f")
    pbx.dial("e", "t", "trunk/79161234567")
    pbx.hang_up("t", cause="0")
    pbx.dial_end("e", "t", "BUSY")
    pbx.hang_up("e")
    end = ended(pbx.facts)
    assert (end.call, end.client, end.extension) == ("e", "79161234567", "101")
    assert (end.result, end.reason) == (Result.FAILED, Reason.BUSY)


def test_a_queue_of_local_members_optimised_by_masquerade() -> None:
    pbx = OldPbx()
    pbx.client_calls()
    pbx.local("l", "101@from-queue")
    pbx.dial("c", "l", "101@from-queue")
    pbx.rings("l-2", "e", "101")
    assert keys(pbx.facts) == ["started", "rang:101:1"]
    pbx.state("e", UP)
    pbx.link("l-2", "e")
    pbx.link("c", "l")
    pbx.masquerade("e", "l")
    pbx.hang_up("e", "l-2")
    assert keys(pbx.facts) == ["started", "rang:101:1", "answered"]
    pbx.link("c", "l", "Unlink")
    pbx.hang_up("l", "c")
    assert talkers(pbx.facts) == ["101"]
    assert pbx.tracker.open_calls() == []


def test_an_attended_transfer() -> None:
    pbx = OldPbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.link("c", "e")
    pbx.new("a", "SIP/101-0000000a", number="101", exten="102")
    pbx.state("a", RING)
    pbx.rings("a", "f", "102")
    pbx.state("f", UP)
    pbx.link("a", "f")
    pbx.masquerade("c", "a")
    pbx.hang_up("e", "c")
    assert keys(pbx.facts) == ["started", "rang:101:1", "answered", "passed:2"]
    pbx.link("a", "f", "Unlink")
    pbx.hang_up("f", "a")
    assert talkers(pbx.facts) == ["101", "102"]
    assert pbx.tracker.open_calls() == []


def test_a_transfer_made_while_the_other_phone_rings() -> None:
    pbx = OldPbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.link("c", "e")
    pbx.new("a", "SIP/101-0000000a", number="101", exten="102")
    pbx.state("a", RING)
    pbx.local("l", "102@from-internal")
    pbx.dial("a", "l")
    pbx.rings("l-2", "f", "102")
    pbx.masquerade("c", "a")
    pbx.link("c", "e", "Unlink")
    pbx.hang_up("e", "c")
    pbx.state("f", UP)
    pbx.link("l-2", "f")
    pbx.link("a", "l")
    pbx.hang_up("a", "l", "l-2", "f")
    assert keys(pbx.facts) == ["started", "rang:101:1", "answered", "rang:102:1", "passed:2", "ended"]


def test_a_blind_transfer_goes_through_a_passing_channel() -> None:
    pbx = OldPbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.link("c", "e")
    pbx.new("g", "AsyncGoto/SIP/trunk-0000000c")
    pbx.masquerade("c", "g")
    pbx.hang_up("c", "e")
    pbx.rings("g", "f", "102")
    pbx.link("g", "f")
    pbx.hang_up("f", "g")
    assert talkers(pbx.facts) == ["101", "102"]
    assert ended(pbx.facts).call == "c"


def test_a_pickup() -> None:
    pbx = OldPbx()
    pbx.client_calls()
    pbx.rings("c", "e", "101")
    pbx.new("f", "SIP/102-0000000f", number="102", exten="*8")
    pbx.masquerade("f", "e")
    pbx.hang_up("f")
    pbx.link("c", "e")
    pbx.hang_up("e", "c")
    assert talkers(pbx.facts) == ["102"]


def test_an_internal_call() -> None:
    pbx = OldPbx(Lines.of(trunks=["trunk"]), internal=True)
    pbx.new("e", "SIP/101-0000000e", number="101", exten="102")
    pbx.state("e", RING)
    pbx.rings("e", "f", "102")
    pbx.link("e", "f")
    pbx.hang_up("e", "f")
    assert keys(pbx.facts) == ["ended"]
    assert talkers(pbx.facts) == ["101", "102"]


def test_old_names_are_among_those_listened_to() -> None:
    assert {"Dial", "Bridge", "Unlink", "Newchannel", "BridgeEnter"} <= EVENTS


def test_the_halves_of_a_local_channel_are_of_one_call() -> None:
    """An Originate of a Local channel: no Dial event tells of it."""
    pbx = OldPbx(internal=True)
    pbx.local("l", "101@from-internal")
    pbx.rings("l-2", "e", "101")
    pbx.state("e", UP)
    pbx.link("l-2", "e")
    pbx.new("t", "SIP/trunk-0000000f")
    pbx.dial("l", "t", "trunk/79161234567")
    pbx.state("t", UP)
    pbx.link("l", "t")
    pbx.hang_up("t", "l", "l-2", "e")
    assert keys(pbx.facts) == ["started", "answered", "ended"]
    assert (ended(pbx.facts).call, ended(pbx.facts).extension) == ("l", "101")
