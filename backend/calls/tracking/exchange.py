"""The PBX as far as we have been told: channels, conversations, and what happened in them.

Its verbs are what events mean; tracker.py says which event means what, and holds the theory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

from backend.calls.facts import Direction, Fact
from backend.calls.rules.callback_plan import is_callback
from backend.calls.tracking.channels import STATES, Channel, ChannelState, LiveChannels, TrunkPart
from backend.calls.tracking.conversation import Conversation
from backend.calls.tracking.endpoints import Lines, dialable, extension, shown

Event = Mapping[str, str]

MOST_CHANNELS = 5_000  # live at once; beyond that the oldest is taken for one whose Hangup was lost
MOST_PAST_CALLS = 1_000
NO_PLACE = ("", "s")  # an Exten that is no number: not told, or the dialplan's "start"


class Exchange:
    """What happened is gathered in `told`; `at` is the time of the event at hand."""

    def __init__(self, lines: Lines, *, internal: bool = False, most_channels: int = MOST_CHANNELS) -> None:
        self.at: float | None = None
        self.told: list[Fact] = []
        self.board = LiveChannels()
        self.calls: dict[str, Conversation] = {}
        self._past: OrderedDict[str, Conversation] = OrderedDict()
        self.lines = lines
        self._internal = internal
        self._most_channels = most_channels

    # ---- channels come

    def seen(self, event: Event, prefix: str = "") -> Channel | None:
        """The channel that an event shows, taken up if it is new; None when it is dead or not told."""
        uid = event.get(prefix + "Uniqueid", "")
        channel = self.board.channels.get(uid)
        if channel is not None:
            return channel
        name = event.get(prefix + "Channel", "")
        if not uid or not name or self.board.is_dead(uid):
            return None
        return self._take_up(uid, name, event, prefix)

    def _take_up(self, uid: str, name: str, event: Event, prefix: str) -> Channel:
        while len(self.board.channels) >= self._most_channels:
            self.gone(self.board.oldest())
        call = self.conversation(event.get(prefix + "Linkedid") or uid)
        channel = Channel(
            uid=uid,
            name=name,
            line=self.lines.whose(name),
            call=call,
            number=shown(event.get(prefix + "CallerIDNum")),
            exten=event.get(prefix + "Exten", ""),
        )
        _join(channel, call)
        self.board.add(channel)
        self.progress(channel, event.get(prefix + "ChannelState", ""))
        return channel

    def conversation(self, key: str) -> Conversation:
        call = self.calls.get(key)
        if call is None:
            call = self.calls[key] = self._past.get(key) or Conversation(key=key, started=self.at)
        return call

    def progress(self, channel: Channel, state_number: str) -> None:
        """A channel's state: `state_number` is Asterisk's."""
        state = STATES.get(state_number, ChannelState.DOWN)
        if state is ChannelState.DOWN or state is channel.state:
            return
        channel.state = state
        if channel.may_come_in:
            self.take_part(channel)
        self._ring_if_ringing(channel)
        if state is ChannelState.UP and channel.part is TrunkPart.CLIENT:
            channel.call.picked_up = True

    def take_part(self, channel: Channel) -> None:
        """What a trunk's channel is in its call, where that is not known yet.

        One that is not the first of its conversation was dialled. Its DialBegin says which number, and may come after
        its Newstate (Asterisk 13); only who has missed that asks before.
        """
        if not channel.is_trunk or channel.part is not TrunkPart.UNKNOWN:
            return
        answered_by_us = channel.state is ChannelState.UP and channel.is_first and channel.exten not in NO_PLACE
        if channel.may_come_in and (channel.state is ChannelState.DIALLING_IN or answered_by_us):
            self.comes_in(channel)
        else:
            self.goes_out(channel)

    def _ring_if_ringing(self, channel: Channel) -> None:
        """Of an outbound call only what rings after the client picked up: before, it is the caller's own phone."""
        call = channel.call
        if channel.state is not ChannelState.DIALLING_OUT or not channel.extension or call.ended:
            return
        if call.direction is Direction.INBOUND or (call.is_external and call.picked_up):
            self.told += call.ring(channel, self.at)

    # ---- the client

    def comes_in(self, channel: Channel) -> None:
        """A trunk's channel waits for our answer: an inbound call, unless its conversation is a call already."""
        call = channel.call
        known = call.is_external
        if known and (call.legs or not channel.is_first):
            channel.part = TrunkPart.ASIDE
            return
        channel.part = TrunkPart.CLIENT
        call.legs.append(channel)
        if known:
            return
        did = None if channel.exten in NO_PLACE else channel.exten
        self.told += call.begin(Direction.INBOUND, self.at, client=channel.number, did=did, extension=None)

    def dialled(self, channel: Channel, dialler: Channel | None, number: str | None) -> None:
        """`number` is what the trunk was asked for; `dialler` is None for an Originate."""
        if dialler and dialler.is_trunk and dialler.part is TrunkPart.UNKNOWN:
            self.comes_in(dialler) if dialler.is_first else self.goes_out(dialler)
        channel.dialled = channel.dialled or number
        channel.dialler = dialler
        if dialler:
            self.taken_over(channel, dialler.call)
        if not channel.call.is_external:
            channel.call.tried = channel
        if channel.is_trunk and channel.part is TrunkPart.UNKNOWN:
            self.goes_out(channel, dialler)
        elif channel.part is TrunkPart.CLIENT:
            channel.call.client = channel.call.client or number

    def taken_over(self, channel: Channel, call: Conversation) -> None:
        """A dialled channel, with all that it dialled itself, belongs to the conversation of its dialler.

        It may have come without a Linkedid (Asterisk up to 11), or ring for another now: a transfer made while it rang.
        """
        if channel.call is call:
            return
        for each in self.board.dialled_by(channel):
            if each.call is not call and each.part is TrunkPart.UNKNOWN:
                self._move(each, call)

    def _move(self, channel: Channel, call: Conversation) -> None:
        left = channel.call
        del left.channels[channel]
        left.root = None if left.root is channel else left.root
        channel.call = call
        _join(channel, call)
        self._ring_if_ringing(channel)
        self.forget_if_empty(left)

    def goes_out(self, channel: Channel, dialler: Channel | None = None) -> None:
        """A trunk is dialled: an outbound call, one more try of it, or a forward within a call."""
        call = channel.call
        number = channel.dialled or dialable(channel.number)
        whose = self.lines.mobile(number) or self._forwarded_to(call, number)
        if whose:
            channel.line = extension(whose)
            self._ring_if_ringing(channel)
        elif call.direction is Direction.INBOUND or (call.picked_up and call.legs) or call.ended:
            channel.part = TrunkPart.ASIDE
        else:
            self._reaches_for(channel, number, dialler)

    def _forwarded_to(self, call: Conversation, number: str | None) -> str | None:
        """Before an employee picked up in a call back no client is dialled: it is where an employee's phone leads."""
        if not is_callback(call.key):
            return None
        is_before = not call.is_external and not self.employee_of(call)
        return number if is_before or number == call.extension else None

    def employee_of(self, call: Conversation) -> str | None:
        """The extension that hears the first channel of a call, and has picked up."""
        joined = self.board.joined(call.root) if call.root and call.root.alive else []
        return next((each.extension for each in joined if each.extension and each.state is ChannelState.UP), None)

    def _reaches_for(self, channel: Channel, number: str | None, dialler: Channel | None) -> None:
        channel.part = TrunkPart.CLIENT
        call = channel.call
        call.legs.append(channel)
        call.tried = channel
        call.picked_up = call.picked_up or channel.state is ChannelState.UP
        if call.is_external:
            return
        client = number or (dialable(call.root.exten) if call.root and call.root is not channel else None)
        whose = self._caller(call, dialler)
        self.told += call.begin(Direction.OUTBOUND, self.at, client=client, extension=whose)

    def _caller(self, call: Conversation, dialler: Channel | None) -> str | None:
        """The extension that dials: by channel name, since its caller number may have been replaced by ours."""
        nearest = [channel for channel in (dialler, call.root) if channel]
        near = [each for channel in nearest for each in self.board.joined(channel)]
        up = [channel for channel in call.channels if channel.state is ChannelState.UP]
        known = (channel.extension for channel in (*nearest, *near, *up, *call.channels))
        return next(filter(None, known), None)

    def renumbered(self, channel: Channel, number: str | None) -> None:
        """The caller number of a trunk's channel, where none was known.

        Of an inbound call it may come after the channel (analogue lines), but before anybody is dialled: then the
        dialplan may set one of ours.
        """
        channel.number = channel.number or number
        call = channel.call
        is_his = call.direction is Direction.OUTBOUND or len(call.channels) == 1
        if channel.part is TrunkPart.CLIENT and is_his and not call.talks:
            call.client = call.client or number

    # ---- who talks

    def enters(self, channel: Channel, bridge: str) -> None:
        if channel.bridge != bridge:
            self._rejoin(channel, lambda: self.board.enter(channel, bridge))

    def leaves(self, channel: Channel) -> None:
        if channel.bridge:
            self._rejoin(channel, lambda: self.board.leave(channel))

    def swapped(self, one: Channel, other: Channel) -> None:
        """A masquerade (Asterisk up to 11): who comes into a place takes over what was dialled from there."""
        self.board.swap(one, other)
        for channel in (one, other):
            for each in self.board.dialled_by(channel)[1:] if channel.call.is_external else ():
                self.taken_over(each, channel.call)
        self.listen([*self.board.joined(one), *self.board.joined(other)])

    def _rejoin(self, channel: Channel, change: Callable[[], None]) -> None:
        before = self.board.joined(channel)
        change()
        after = self.board.joined(channel)
        if len(before) > 1 or len(after) > 1:
            self.listen([*before, *after])

    def listen(self, touched: Iterable[Channel]) -> None:
        """Who talks in the conversations of these channels now."""
        for call in dict.fromkeys(channel.call for channel in touched):
            if call.is_external and not call.ended and not call.awaited:
                self.told += call.hear(self._employees(call), self.at)
            elif self._internal and not call.is_external:
                self.told += call.hear(self._colleagues(call), self.at)

    def _employees(self, call: Conversation) -> list[str]:
        joined = [each for leg in call.legs for each in self.board.joined(leg)]
        return [each.extension for each in joined if each.extension]

    def _colleagues(self, call: Conversation) -> list[str]:
        """Extensions of an internal call that are joined with another one."""
        talking = []
        for channel in call.channels:
            heard = [each.extension for each in self.board.joined(channel) if each.extension]
            talking += heard if channel.extension and len(heard) > 1 else []
        return talking

    # ---- channels go

    def gone(self, channel: Channel, cause: int | None = None) -> None:
        if channel.is_trunk and channel.part is TrunkPart.UNKNOWN and not channel.is_first:
            self.goes_out(channel)  # it was dialled, though its DialBegin was not heard
        call = channel.call
        channel.cause = cause
        self._rejoin(channel, lambda: self.board.remove(channel))
        del call.channels[channel]
        if channel in call.legs:
            call.legs.remove(channel)
        if not call.ended:
            self.told += call.stop(channel, self.at)
            self.end_if_over(call)
        self.forget_if_empty(call)

    def end_if_over(self, call: Conversation) -> None:
        if call.is_over:
            self.told += call.end(self.at)

    def forget_if_empty(self, call: Conversation) -> None:
        if call.channels or call.awaited:
            return
        if self.calls.get(call.key) is call:
            del self.calls[call.key]
        if call.ended:
            self._past[call.key] = call
            if len(self._past) > MOST_PAST_CALLS:
                self._past.popitem(last=False)

    def call_of(self, *uids: str) -> Conversation | None:
        """The conversation that one of these, a Linkedid or a channel's Uniqueid, belongs to or did."""
        found = (self.board.call_of(uid) or self.calls.get(uid) or self._past.get(uid) for uid in uids if uid)
        return next((call for call in found if call), None)


def _join(channel: Channel, call: Conversation) -> None:
    call.channels[channel] = None
    if call.root is None and channel.uid == call.key:
        call.root = channel
        call.extension = call.extension or channel.extension
