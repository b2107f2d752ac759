"""Taking up calls in the middle: from a previous process's journal, and from a list of the channels that are up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from backend.calls.facts import (
    CallAnswered,
    CallEnded,
    CallPassed,
    CallStarted,
    CallTimed,
    EmployeeAnswered,
    ExtensionRang,
    ExtensionStopped,
    Fact,
    RecordingNamed,
)
from backend.calls.tracking.channels import Channel
from backend.calls.tracking.conversation import Conversation, Talking
from backend.calls.tracking.endpoints import Side
from backend.calls.tracking.exchange import Exchange

Row = Mapping[str, str]

DIALLING, DIALLED = "4", "5"  # AST_STATE_RING, AST_STATE_RINGING
DURATION = re.compile(r"(\d{1,6}):(\d\d):(\d\d)")
SHORTEST_DID = 5  # a row's Exten is where the call is in the dialplan now; shorter ones are our own places


def resume(exchange: Exchange, journalled: Iterable[Fact]) -> None:
    for fact in journalled:
        call = exchange.conversation(fact.call)
        call.direction, call.client, call.did = fact.direction, fact.client, fact.did
        call.awaited = not isinstance(fact, CallEnded | CallTimed | RecordingNamed)
        _retell(call, fact)
    for call in list(exchange.calls.values()):
        if call.ended:
            exchange.forget_if_empty(call)


def _retell(call: Conversation, fact: Fact) -> None:
    match fact:
        case CallStarted() | EmployeeAnswered():
            call.started, call.extension = fact.at, fact.extension
        case CallAnswered():
            _talk(call, fact.extension, fact.at)
        case CallPassed():
            _talk(call, fact.extension, fact.at)
            call.turn = fact.turn
        case ExtensionRang():
            call.turns[fact.extension] = fact.turn
            call.rings[fact.extension] = set()
        case ExtensionStopped():
            call.rings.pop(fact.extension, None)
        case CallEnded():
            call.ended, call.guessed = True, fact.guessed
            call.recordings += [fact.recording] if fact.recording else []
        case RecordingNamed():
            call.ended = True
            call.recordings.append(fact.recording)


def _talk(call: Conversation, extension: str, at: float | None) -> None:
    for talk in call.talking:
        talk.on, talk.end = False, at
    call.talks.append(Talking(extension, at))
    call.rings.pop(extension, None)
    call.extension = call.extension or extension
    call.picked_up = True


def snapshot(exchange: Exchange, rows: Sequence[Row]) -> None:
    """Three steps, so that a transfer made meanwhile is seen whole: who is up, where they are, who is gone."""
    listed = {row.get("Uniqueid", "") for row in rows}
    up = []
    for row in _roots_first(rows):
        _set_start(exchange, row)
        if channel := exchange.seen(_as_event(exchange, row)):
            up.append(channel)
            exchange.progress(channel, row.get("ChannelState", ""))
            exchange.take_part(channel)
            _place(exchange, channel, row.get("BridgeId", ""))
    gone = [channel for uid, channel in exchange.board.channels.items() if uid not in listed]
    for channel in gone:
        exchange.board.leave(channel)
    concerned = list(exchange.calls.values())
    for call in concerned:
        call.awaited, call.unheard = False, True
    exchange.listen(up + gone)
    for channel in gone:
        exchange.gone(channel)
    _settle(exchange)
    for call in concerned:
        call.unheard = False


def _roots_first(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.get("Uniqueid") != row.get("Linkedid"))


def _as_event(exchange: Exchange, row: Row) -> Row:
    """A row as a channel's first event. Of a trunk's it is to say which way: what was dialled is first AppDial's."""
    if exchange.lines.whose(row.get("Channel", "")).side is not Side.TRUNK:
        return row
    was_dialled = row.get("Application", "").startswith("AppDial") or row.get("Uniqueid") != row.get("Linkedid")
    exten = row.get("Exten", "")
    return {
        **row,
        "ChannelState": DIALLED if was_dialled else DIALLING,
        "Exten": exten if len(exten) >= SHORTEST_DID else "",
    }


def _set_start(exchange: Exchange, row: Row) -> None:
    """A call that is new to us began as long ago as its first channel's Duration, HH:MM:SS, says."""
    key, ago = row.get("Linkedid", ""), DURATION.fullmatch(row.get("Duration", ""))
    if ago and exchange.at is not None and key == row.get("Uniqueid") and key not in exchange.calls:
        hours, minutes, seconds = map(int, ago.groups())
        exchange.conversation(key).started = exchange.at - (hours * 3600 + minutes * 60 + seconds)


def _place(exchange: Exchange, channel: Channel, bridge: str) -> None:
    if bridge:
        exchange.board.enter(channel, bridge)
    else:
        exchange.board.leave(channel)


def _settle(exchange: Exchange) -> None:
    for call in list(exchange.calls.values()):
        if not call.ended:
            exchange.told += call.hush(exchange.at)
            exchange.end_if_over(call)
        exchange.forget_if_empty(call)
