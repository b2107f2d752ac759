"""What we ask of a PBX: typed, checked before it is sent, answered in words.

Every function raises BadCommand (nothing was sent), LinkDown (nothing ran), ActionRefused (the PBX said no) or
ActionTimedOut (not known).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from backend.pbx.errors import ActionRefused, ActionTimedOut, BadCommand

_CHANNEL = re.compile(r"[A-Za-z0-9]+/[\w.+@/:*#-]{1,200}(;[12])?", re.ASCII)
_NUMBER = re.compile(r"[0-9+*#]{1,32}")
_CONTEXT = re.compile(r"[\w-]{1,79}", re.ASCII)
_PLACE = re.compile(r"[\w+*#-]{1,79}", re.ASCII)  # an extension of the dialplan
_CHANNEL_ID = re.compile(r"[\w.-]{1,100}", re.ASCII)
_VARIABLE = re.compile(r"_{0,2}[A-Za-z]\w{0,79}", re.ASCII)
_UNSAFE_VALUE = re.compile(r'[,"\\\x00-\x1f\x7f]')  # a comma begins another variable, the others change what a value is
_UNSAFE_NAME = re.compile(r'[\x00-\x1f\x7f\ud800-\udfff"<>\\]+')

LONGEST_WAIT = 300  # seconds a channel is held whose next step somebody has to take
_WRITTEN = re.compile(r"_{0,2}[A-Za-z]\w{0,79}|CALLERID\(all\)", re.ASCII)

NORMAL_CLEARING = 16  # Q.850
CALLER_NAME_LENGTH = 80  # what a phone's screen can show, and far from the longest line a PBX takes


class Asks(Protocol):
    """A link, as far as commands need one."""

    async def action(
        self, name: str, fields: Mapping[str, str | Sequence[str]] | None = None, *, timeout: float = 5.0
    ) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Originate:
    """Ring `channel` (`PJSIP/101`) for `timeout` seconds; when it answers, dial `number` in `context`.

    `channel_id` becomes the call's Uniqueid and Linkedid, by which its events are known (Asterisk 16 and 22).
    `caller_name` is free text and is made fit; `variables` must be free of commas and quotes: quote them as in a URL.
    """

    channel: str
    number: str
    context: str
    channel_id: str
    caller_number: str
    caller_name: str = ""
    timeout: float = 30.0
    variables: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check("channel", _CHANNEL, self.channel)
        _check("number", _NUMBER, self.number)
        _check("context", _CONTEXT, self.context)
        _check("channel id", _CHANNEL_ID, self.channel_id)
        _check("caller's number", _NUMBER, self.caller_number)
        for name, value in self.variables.items():
            _check("variable name", _VARIABLE, name)
            if _UNSAFE_VALUE.search(value):
                raise BadCommand(f"variable {name}: commas, quotes, backslashes and control characters cannot be sent")
        if not 1 <= self.timeout <= 600:
            raise BadCommand("a phone rings for 1 to 600 seconds")


async def originate(pbx: Asks, order: Originate) -> None:
    """Begin to ring. What comes of it is told by events, the last word by OriginateResponse."""
    await pbx.action(
        "Originate",
        {
            "Channel": order.channel,
            "Exten": order.number,
            "Context": order.context,
            "Priority": "1",
            "ChannelId": order.channel_id,
            "CallerID": f'"{_shown(order.caller_name)}" <{order.caller_number}>',
            "Timeout": str(round(order.timeout * 1000)),
            "Variable": [f"{name}={value}" for name, value in order.variables.items()],
            "Async": "true",
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Ring `target` of `context`, an extension, a group or a queue, for `timeout` seconds; who answers hears nothing
    until the channel is sent on. The others as in Originate."""

    target: str
    context: str
    channel_id: str
    caller_number: str
    caller_name: str = ""
    timeout: float = 30.0

    def __post_init__(self) -> None:
        _check("extension", _PLACE, self.target)
        _check("context", _CONTEXT, self.context)
        _check("channel id", _CHANNEL_ID, self.channel_id)
        _check("caller's number", _NUMBER, self.caller_number)


async def ring(pbx: Asks, order: Ring) -> None:
    """Begin to ring, as `originate` does. What answers may be a machine: events tell when it is a person."""
    await pbx.action(
        "Originate",
        {
            "Channel": f"Local/{order.target}@{order.context}",
            "Application": "Wait",
            "Data": str(LONGEST_WAIT),
            "ChannelId": order.channel_id,
            "CallerID": f'"{_shown(order.caller_name)}" <{order.caller_number}>',
            "Timeout": str(round(order.timeout * 1000)),
            "Async": "true",
        },
    )


async def set_variable(pbx: Asks, channel: str, name: str, value: str) -> None:
    """A channel's variable, or what a function writes, such as `CALLERID(all)`; the channel by its Uniqueid."""
    _check("channel id", _CHANNEL_ID, channel)
    if not _WRITTEN.fullmatch(name) or _UNSAFE_VALUE.search(value):
        raise BadCommand(f"{name[:40]!r} cannot be set so")
    await pbx.action("Setvar", {"Channel": channel, "Variable": name, "Value": value})


async def set_global(pbx: Asks, name: str, value: str) -> None:
    """A variable of the whole PBX, until it restarts."""
    if not _VARIABLE.fullmatch(name) or _UNSAFE_VALUE.search(value):
        raise BadCommand(f"{name[:40]!r} cannot be set so")
    await pbx.action("Setvar", {"Variable": name, "Value": value})


async def send_to(pbx: Asks, channel: str, number: str, context: str) -> None:
    """The channel, by its Uniqueid, leaves what it does and goes on there."""
    _check("channel id", _CHANNEL_ID, channel)
    _check("number", _NUMBER, number)
    _check("context", _CONTEXT, context)
    await pbx.action("Redirect", {"Channel": channel, "Context": context, "Exten": number, "Priority": "1"})


async def hangup(pbx: Asks, channel: str, cause: int = NORMAL_CLEARING) -> None:
    """End a channel, by its name or Uniqueid; refused with "No such channel" if it has gone."""
    if not (_CHANNEL.fullmatch(channel) or _CHANNEL_ID.fullmatch(channel)):
        raise BadCommand("that is no channel")
    if not 0 < cause < 128:
        raise BadCommand("a cause is a Q.850 number, 1 to 127")
    await pbx.action("Hangup", {"Channel": channel, "Cause": str(cause)})


async def has_extension(pbx: Asks, context: str, number: str) -> bool | None:
    """Whether the PBX's dialplan takes this number there; None when it does not say (no right, no such function).

    A blind transfer to a number that is not there ends the client's call, with "Transfer succeeded", and an attended
    one does nothing, with "Atxfer successfully queued" (Asterisk 16 and 22): so this is asked first.
    """
    _check("context", _CONTEXT, context)
    _check("extension", _PLACE, number)
    try:
        told = await pbx.action("Getvar", {"Variable": f"DIALPLAN_EXISTS({context},{number},1)"})
    except (ActionRefused, ActionTimedOut):
        return None
    return {"1": True, "0": False}.get(told.get("Value", ""))


async def transfer_blind(pbx: Asks, channel: str, number: str, context: str) -> None:
    """Whoever talks with `channel` is sent to `number`; the channel is let go."""
    await pbx.action("BlindTransfer", _transferred(channel, number, context))


async def transfer_attended(pbx: Asks, channel: str, number: str, context: str) -> None:
    """`channel` begins to talk to `number` while its partner waits, if the call was bridged with `t` or `T` and the
    PBX has a code for it: whether it really does, only events tell."""
    await pbx.action("Atxfer", _transferred(channel, number, context))


def _transferred(channel: str, number: str, context: str) -> dict[str, str]:
    _check("channel", _CHANNEL, channel)
    _check("extension", _PLACE, number)
    _check("context", _CONTEXT, context)
    return {"Channel": channel, "Exten": number, "Context": context}


def _check(what: str, form: re.Pattern[str], value: str) -> None:
    if not form.fullmatch(value):
        raise BadCommand(f"{value[:40]!r} is no {what}")


def _shown(name: str) -> str:
    """A name as a phone can show it, and as nothing but a name."""
    return " ".join(_UNSAFE_NAME.sub(" ", name).split())[:CALLER_NAME_LENGTH]
