"""AMI events of one PBX in, facts out. Pure: no clock, no I/O; `at` is the time of the event.

The theory. Asterisk links channels into one conversation by Linkedid, from the moment they are made; a channel that
is dialled joins the conversation of the channel that dials. A conversation is *inbound* when its first channel is a
trunk's and waits for our answer, *outbound* once a trunk is dialled from a conversation that began here, *internal*
otherwise. The client's leg is that trunk channel. The rest follows from who is joined with it (see channels.py):

    an extension is joined with the client's leg   → it talks: CallAnswered, or CallPassed when another talked before
    a phone of the conversation rings              → ExtensionRang; gone without a talk → ExtensionStopped
    the client's leg is gone, or nobody tries on   → CallEnded

Linkedid changes without notice when conversations merge (pickup, transfer), so it is read once for each channel, and
conversations meet in bridges alone. A channel is taken up from the first event that shows it, whichever that is, except
its Hangup; and never again once it has hung up. EVENTS is the whole of what is listened to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from backend.calls.facts import CallEnded, Direction, Fact
from backend.calls.tracking import resync
from backend.calls.tracking.channels import Channel, ChannelState
from backend.calls.tracking.conversation import Conversation
from backend.calls.tracking.endpoints import Lines, dialled_number, shown
from backend.calls.tracking.exchange import MOST_CHANNELS, Exchange
from backend.calls.tracking.legacy import TELLERS, old_local_bridge, retold
from backend.calls.tracking.recording_names import named_recording

Event = Mapping[str, str]

SECONDS = re.compile(r"[0-9]{1,6}")


class Tracker:
    """`internal` also tells each internal call, once, when it has ended."""

    def __init__(self, lines: Lines, *, internal: bool = False, most_channels: int = MOST_CHANNELS) -> None:
        self._exchange = Exchange(lines, internal=internal, most_channels=most_channels)
        self._internal = internal

    def feed(self, event: Event, at: float | None) -> list[Fact]:
        """Any mapping will do: what is missing or senseless is passed over."""
        name = event.get("Event", "")
        happened = HAPPENED.get(name)
        if happened is None:
            return [fact for modern in retold(event) for fact in self.feed(modern, at)] if name in TELLERS else []
        self._exchange.at = at
        happened(self._exchange, event)
        return self._take() if self._exchange.told else []

    @property
    def lines(self) -> Lines:
        """Whose a channel is."""
        return self._exchange.lines

    def relearn(self, lines: Lines) -> None:
        """Whose a channel is, from the next channel on; those that are up stay whose they were."""
        self._exchange.lines = lines

    def resume(self, journalled: Iterable[Fact]) -> None:
        """Calls a previous process left open: their facts so far, in order. A snapshot must follow."""
        resync.resume(self._exchange, journalled)

    def snapshot(self, rows: Sequence[Event], at: float | None) -> list[Fact]:
        """`rows` are the CoreShowChannel events: what is up now, after the link was away."""
        self._exchange.at = at
        resync.snapshot(self._exchange, rows)
        return self._take()

    def open_calls(self) -> list[Conversation]:
        """The external calls that go on; also the internal ones where they are told."""
        live = self._exchange.calls.values()
        return [call for call in live if not call.ended and (call.is_external or self._is_told(call))]

    def legs(self, call: str) -> dict[str, str]:
        """The extensions in a call, whether they ring or talk, and the name of each one's channel, the newest."""
        return {each.extension: each.name for each in self._channels(call) if each.extension}

    def talking(self, call: str) -> dict[str, str]:
        """Of these, who hears the client at this moment."""
        found = self._exchange.calls.get(call)
        heard = {talk.extension for talk in found.talking} if found else set[str]()
        return {extension: name for extension, name in self.legs(call).items() if extension in heard}

    def consultation(self, call: str, extension: str) -> str | None:
        """The channel beside this extension's while he asks a colleague and the client waits; None when he does not."""
        found = self._exchange.calls.get(call)
        for each in self._channels(call):
            if found and each.extension == extension and each.bridge and not {*found.legs} & {*self._joined(each)}:
                beside = [other for other in self._exchange.board.members(each.bridge) if other is not each]
                return beside[0].name if beside else None
        return None

    def employee_of(self, call: str) -> str | None:
        """In a call back: the extension that picked up and waits for the client. A queue's music is none."""
        found = self._exchange.calls.get(call)
        return self._exchange.employee_of(found) if found else None

    def is_live(self, call: str) -> bool:
        """Whether it has a channel, or will have one as soon as we are told."""
        return call in self._exchange.calls

    def has_client(self, call: str) -> bool:
        """Whether the outside was dialled in it."""
        found = self._exchange.calls.get(call)
        return found is not None and bool(found.legs)

    def is_talking(self, extension: str) -> bool:
        """Whether this extension is in any call, or is about to be: none of its channels only rings."""
        live = self._exchange.board.channels.values()
        return any(each.extension == extension and each.state is ChannelState.UP for each in live)

    def has_answered(self, call: str, extension: str) -> bool:
        """Whether a phone of this extension, in this call, was picked up."""
        return any(each.extension == extension and each.state is ChannelState.UP for each in self._channels(call))

    def _channels(self, call: str) -> list[Channel]:
        found = self._exchange.calls.get(call)
        return list(found.channels) if found else []

    def _joined(self, channel: Channel) -> list[Channel]:
        return self._exchange.board.joined(channel)

    def _take(self) -> list[Fact]:
        told, self._exchange.told = self._exchange.told, []
        return [fact for fact in told if fact.direction is not Direction.INTERNAL or self._is_heard(fact)]

    def _is_heard(self, fact: Fact) -> bool:
        call = self._exchange.call_of(fact.call)
        return isinstance(fact, CallEnded) and call is not None and self._is_told(call)

    def _is_told(self, call: Conversation) -> bool:
        """An internal call in which somebody was called: not a feature code, not a voicemail checked."""
        return self._internal and call.tried is not None


def _new_channel(exchange: Exchange, event: Event) -> None:
    exchange.seen(event)


def _new_state(exchange: Exchange, event: Event) -> None:
    if channel := exchange.seen(event):
        exchange.progress(channel, event.get("ChannelState", ""))


def _new_caller_id(exchange: Exchange, event: Event) -> None:
    if (channel := exchange.seen(event)) and channel.is_trunk:
        exchange.renumbered(channel, shown(event.get("CallerIDNum")))


def _dial_begin(exchange: Exchange, event: Event) -> None:
    dialler = exchange.seen(event)
    if channel := exchange.seen(event, "Dest"):
        exchange.dialled(channel, dialler, dialled_number(event.get("DialString", "")))


def _dial_end(exchange: Exchange, event: Event) -> None:
    """Without a Dest channel (Asterisk up to 11) it is of whom the caller's call tried last."""
    dialled = event.get("DestUniqueid")
    call = exchange.call_of(dialled or event.get("Uniqueid", ""))
    channel = exchange.board.channels.get(dialled or "") or (call.tried if call else None)
    if channel and (not dialled or channel.uid == dialled):
        channel.status = event.get("DialStatus")


def _bridge_enter(exchange: Exchange, event: Event) -> None:
    bridge = event.get("BridgeUniqueid")
    channel = exchange.seen(event)
    if not bridge or not channel:
        return
    if channel.state is not ChannelState.UP:
        exchange.progress(channel, event.get("ChannelState", ""))
    exchange.take_part(channel)
    if event.get("BridgeTechnology") == "holding_bridge":
        exchange.leaves(channel)
        return
    replaced = exchange.board.channels.get(event.get("SwapUniqueid", ""))
    if replaced and replaced.bridge == bridge:
        exchange.leaves(replaced)
    exchange.enters(channel, bridge)


def _bridge_leave(exchange: Exchange, event: Event) -> None:
    channel = exchange.board.channels.get(event.get("Uniqueid", ""))
    if channel and channel.bridge == event.get("BridgeUniqueid"):
        exchange.leaves(channel)


def _bridge_destroy(exchange: Exchange, event: Event) -> None:
    for channel in exchange.board.members(event.get("BridgeUniqueid", "")):
        exchange.leaves(channel)


def _local_bridge(exchange: Exchange, event: Event) -> None:
    if "Uniqueid1" in event:
        event = old_local_bridge(event)
    one, two = exchange.seen(event, "LocalOne"), exchange.seen(event, "LocalTwo")
    if one and two:
        exchange.taken_over(two, one.call)


def _masquerade(exchange: Exchange, event: Event) -> None:
    one = exchange.board.named(event.get("Clone", ""))
    other = exchange.board.named(event.get("Original", ""))
    if one and other and one is not other:
        exchange.swapped(one, other)


def _rename(exchange: Exchange, event: Event) -> None:
    channel = exchange.board.channels.get(event.get("Uniqueid", ""))
    if channel and event.get("Newname"):
        exchange.board.rename(channel, event["Newname"])


def _hangup(exchange: Exchange, event: Event) -> None:
    cause = event.get("Cause", "")
    if channel := exchange.board.channels.get(event.get("Uniqueid", "")):
        exchange.gone(channel, int(cause) if cause.isascii() and cause.isdigit() else None)


def _row_of_record(exchange: Exchange, event: Event) -> None:
    """A Cdr: it may name the recording, and says how long the call was answered. Who answered it does not say surely:
    its rows are not steady."""
    _may_name_recording(exchange, event)
    lowered = {key.lower(): value for key, value in event.items()}
    seconds = lowered.get("billableseconds", "")
    if lowered.get("disposition") != "ANSWERED" or not SECONDS.fullmatch(seconds):
        return
    if call := exchange.call_of(lowered.get("uniqueid", ""), lowered.get("linkedid", "")):
        exchange.told += call.time(int(seconds), exchange.at)


def _may_name_recording(exchange: Exchange, event: Event) -> None:
    """A Cdr row spells its ids as the administrator mapped them. Its Linkedid is that of the end: the recording of a
    question to a colleague is a part of the client's call, once that was passed on to him."""
    name = named_recording(event)
    if name is None:
        return
    lowered = {key.lower(): value for key, value in event.items()}
    if call := exchange.call_of(lowered.get("linkedid", ""), lowered.get("uniqueid", "")):
        exchange.told += call.record(name, exchange.at)


HAPPENED: dict[str, Callable[[Exchange, Event], None]] = {
    "Newchannel": _new_channel,
    "Newstate": _new_state,
    "NewCallerid": _new_caller_id,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "BridgeDestroy": _bridge_destroy,
    "LocalBridge": _local_bridge,
    "Masquerade": _masquerade,
    "Rename": _rename,
    "Hangup": _hangup,
    "Cdr": _row_of_record,
    "UserEvent": _may_name_recording,
    "VarSet": _may_name_recording,
}
EVENTS = frozenset(HAPPENED) | frozenset(TELLERS)
