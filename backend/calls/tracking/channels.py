"""Channels and what joins them: who can hear whom at this moment.

Two channels are joined when they are in one bridge, or are the halves `;1` and `;2` of one Local channel. Joined
through any chain of such steps means talking. A holding bridge (parking, waiting) joins nobody.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from backend.calls.tracking.endpoints import EndpointRole, Side

if TYPE_CHECKING:
    from backend.calls.tracking.conversation import Conversation


class ChannelState(Enum):
    """What is left of Asterisk's channel states for us (AST_STATE_*)."""

    DOWN = "down"
    DIALLING_IN = "ring"  # the far side waits for our answer
    DIALLING_OUT = "ringing"  # we wait for the far side's
    UP = "up"


STATES = {
    "3": ChannelState.DIALLING_OUT,
    "4": ChannelState.DIALLING_IN,
    "5": ChannelState.DIALLING_OUT,
    "6": ChannelState.UP,
    "9": ChannelState.DIALLING_IN,
}


HALVES = {";1": "2", ";2": "1"}


class TrunkPart(Enum):
    """A trunk channel's part in its call."""

    UNKNOWN = "unknown"
    CLIENT = "client"
    ASIDE = "aside"  # dialled while the client was there already: a forward, a consultation


@dataclass(slots=True, eq=False)
class Channel:
    uid: str
    name: str
    line: EndpointRole
    call: Conversation
    number: str | None = None
    exten: str = ""
    state: ChannelState = ChannelState.DOWN
    part: TrunkPart = TrunkPart.UNKNOWN
    dialled: str | None = None
    dialler: Channel | None = None
    status: str | None = None  # DialStatus of the dialling that made it
    cause: int | None = None  # Q.850, once hung up
    bridge: str | None = None
    alive: bool = True

    @property
    def is_trunk(self) -> bool:
        return self.line.side is Side.TRUNK

    @property
    def is_first(self) -> bool:
        """Of its conversation."""
        return self.call.root is self

    @property
    def may_come_in(self) -> bool:
        """Nobody has been seen before it in its conversation."""
        return self.is_first or self.call.root is None

    @property
    def extension(self) -> str | None:
        return self.line.extension


@dataclass(slots=True)
class LiveChannels:
    """The live channels, and the last dead ones, never to rise again: NewCallerid may come after Hangup."""

    most_dead: int = 2_000
    channels: dict[str, Channel] = field(default_factory=dict)
    _names: dict[str, Channel] = field(default_factory=dict)
    _bridges: dict[str, dict[str, Channel]] = field(default_factory=dict)
    _dead: OrderedDict[str, Conversation] = field(default_factory=OrderedDict)

    def add(self, channel: Channel) -> None:
        self.channels[channel.uid] = channel
        self._names[channel.name] = channel

    def named(self, name: str) -> Channel | None:
        return self._names.get(name)

    def is_dead(self, uid: str) -> bool:
        return uid in self._dead

    def call_of(self, uid: str) -> Conversation | None:
        """Also of a channel that has hung up not too long ago."""
        channel = self.channels.get(uid)
        return channel.call if channel else self._dead.get(uid)

    def oldest(self) -> Channel:
        return next(iter(self.channels.values()))

    def remove(self, channel: Channel) -> None:
        self.leave(channel)
        channel.alive = False
        self.channels.pop(channel.uid, None)
        if self._names.get(channel.name) is channel:
            del self._names[channel.name]
        self._dead[channel.uid] = channel.call
        if len(self._dead) > self.most_dead:
            self._dead.popitem(last=False)

    def rename(self, channel: Channel, name: str) -> None:
        if self._names.get(channel.name) is channel:
            del self._names[channel.name]
        channel.name = name
        self._names[name] = channel

    def swap(self, one: Channel, other: Channel) -> None:
        """A masquerade (Asterisk up to 11): two channels change places; each keeps what it is, not where it is."""
        one.uid, other.uid = other.uid, one.uid
        one.bridge, other.bridge = other.bridge, one.bridge
        for channel in self.channels.values():
            if channel.dialler in (one, other):
                channel.dialler = other if channel.dialler is one else one
        for channel in (one, other):
            self.channels[channel.uid] = channel
            if channel.bridge:
                self._bridges[channel.bridge][channel.uid] = channel

    def enter(self, channel: Channel, bridge: str) -> None:
        if channel.bridge != bridge:
            self.leave(channel)
            channel.bridge = bridge
            self._bridges.setdefault(bridge, {})[channel.uid] = channel

    def leave(self, channel: Channel) -> None:
        members = self._bridges.get(channel.bridge or "")
        if members is not None:
            members.pop(channel.uid, None)
            if not members:
                del self._bridges[channel.bridge or ""]
        channel.bridge = None

    def members(self, bridge: str) -> list[Channel]:
        return list(self._bridges.get(bridge, {}).values())

    def joined(self, channel: Channel) -> list[Channel]:
        """Everybody who hears this channel, itself included."""
        found = {channel: None}
        waiting = [channel]
        while waiting:
            for each in self._beside(waiting.pop()):
                if each not in found:
                    found[each] = None
                    waiting.append(each)
        return list(found)

    def dialled_by(self, channel: Channel) -> list[Channel]:
        """With all that they dialled in their turn, through Local channels too; begins with the channel itself."""
        found = [channel]
        for each in found:
            half = self._half(each) if each is not channel or each.dialler else None
            found += [half] if half and half not in found else []
            found += [other for other in self.channels.values() if other.dialler is each and other not in found]
        return found

    def _beside(self, channel: Channel) -> Iterable[Channel]:
        members = self._bridges[channel.bridge].values() if channel.bridge else ()
        half = self._half(channel)
        return (*members, half) if half else members

    def _half(self, channel: Channel) -> Channel | None:
        half = HALVES.get(channel.name[-2:])
        return self._names.get(channel.name[:-1] + half) if half else None
