"""A pretended PBX for calls that are awkward to make on a real one: says events as Asterisk 13 and newer do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backend.calls.facts import CallEnded, Fact
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.tracker import Tracker

Event = dict[str, str]
DOWN, RING, RINGING, UP = "0", "4", "5", "6"


class Pbx:
    """Keeps what it told the tracker in `facts`; each event comes a tenth of a second after the one before."""

    def __init__(self, lines: Lines | None = None, *, internal: bool = False, most_channels: int = 100) -> None:
        self.tracker = Tracker(lines or Lines(), internal=internal, most_channels=most_channels)
        self.facts: list[Fact] = []
        self.events: list[Event] = []
        self.at = 0.0
        self._names: dict[str, str] = {}
        self._linked: dict[str, str] = {}

    def say(self, name: str, **headers: str) -> list[Fact]:
        event = {"Event": name, **headers}
        self.events.append(event)
        self.at = round(self.at + 0.1, 3)
        told = self.tracker.feed(event, self.at)
        self.facts += told
        return told

    def new(
        self, uid: str, name: str, *, linked: str = "", state: str = DOWN, number: str = "", exten: str = "s"
    ) -> None:
        """`name` is without the number that Asterisk gives each channel."""
        name = name if name.startswith("Local/") else f"{name}-{len(self._names):08x}"
        self._names[uid], self._linked[uid] = name, linked or uid
        self.say("Newchannel", **self._of(uid), ChannelState=state, CallerIDNum=number, Exten=exten)

    def local(self, uid: str, place: str, *, linked: str = "") -> None:
        """Both halves: `uid` and `uid`-2."""
        self.new(uid, f"Local/{place}-0000000{len(self._names)};1", linked=linked)
        self.new(f"{uid}-2", self._names[uid][:-1] + "2", linked=linked or uid, state=RING)

    def state(self, uid: str, state: str) -> None:
        self.say("Newstate", **self._of(uid), ChannelState=state)

    def dial(self, caller: str, dialled: str, string: str = "") -> None:
        headers = self._of(caller) if caller else {}
        self.say("DialBegin", **headers, **self._of(dialled, "Dest"), DialString=string)

    def dial_end(self, caller: str, dialled: str, status: str) -> None:
        headers = self._of(caller) if caller else {}
        self.say("DialEnd", **headers, **self._of(dialled, "Dest"), DialStatus=status)

    def enter(self, bridge: str, *uids: str, swap: str = "", technology: str = "simple_bridge") -> None:
        for uid in uids:
            headers = {"SwapUniqueid": swap} if swap else {}
            self.say(
                "BridgeEnter",
                BridgeUniqueid=bridge,
                BridgeTechnology=technology,
                ChannelState=UP,
                **self._of(uid),
                **headers,
            )

    def leave(self, bridge: str, *uids: str) -> None:
        for uid in uids:
            self.say("BridgeLeave", BridgeUniqueid=bridge, **self._of(uid))

    def hang_up(self, *uids: str, cause: str = "16") -> None:
        for uid in uids:
            self.say("Hangup", **self._of(uid), Cause=cause)

    def client_calls(self, uid: str = "c", number: str = "79161234567", did: str = "74951000001") -> None:
        self.new(uid, "PJSIP/trunk", state=RING, number=number, exten=did)

    def rings(self, caller: str, uid: str, extension: str) -> None:
        """The caller's dialplan dials an extension, which rings."""
        self.new(uid, f"PJSIP/{extension}", linked=self._linked[caller])
        self.dial(caller, uid, extension)
        self.state(uid, RINGING)

    def answers(self, uid: str, bridge: str, caller: str) -> None:
        self.state(uid, UP)
        self.dial_end(caller, uid, "ANSWER")
        self.enter(bridge, uid, caller)

    def told(self, *kinds: str) -> list[Fact]:
        return [fact for fact in self.facts if not kinds or fact.kind in kinds]

    def row(self, uid: str, *, bridge: str = "", state: str = UP, **more: str) -> Event:
        """As CoreShowChannels lists it."""
        return {"Event": "CoreShowChannel", **self._of(uid), "ChannelState": state, "BridgeId": bridge, **more}

    def _of(self, uid: str, prefix: str = "") -> Event:
        return {
            prefix + "Uniqueid": uid,
            prefix + "Channel": self._names[uid],
            prefix + "Linkedid": self._linked[uid],
        }


def keys(facts: Iterable[Fact]) -> list[str]:
    return [fact.key for fact in facts]


def ended(facts: Sequence[Fact]) -> CallEnded:
    """The one end there is."""
    (end,) = (fact for fact in facts if isinstance(fact, CallEnded))
    return end


def talkers(facts: Sequence[Fact]) -> list[str]:
    return [talk.extension for talk in ended(facts).talks]
