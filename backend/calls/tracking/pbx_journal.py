"""What a PBX wrote down of a call that nobody heard, as facts. Pure.

A line is written by the hangup handler of the call's first channel (`backend/pbx/dialplan/journal.py`). Who talked is
told by what a channel still knows at its end, on Asterisk 16 and 22:

    DIALSTATUS, DIALEDPEERNAME   the last Dial of this channel, and who answered it, also by a pickup
    CONNECTEDLINE(num)           with whom it was joined last: of a queue, a transfer, a pickup; also who merely rang,
                                 in a Dial but not in a Queue
    ANSWEREDTIME                 how long it was joined, in whole seconds; on 16 of a Dial alone, not of a Queue
    BLINDTRANSFER                who transferred it, until somebody answers that; ABANDONED: it hung up in a queue
    HANGUPCAUSE(leg)             why a trunk that was dialled ended

What a line cannot tell: who rang; of a call that was transferred blindly and answered, who talked before the last one;
how long each talked of several; on Asterisk 16 how long one waited in a queue before the talk, which counts as talk;
what became of an outbound call after the caller had passed it on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from backend.calls.facts import (
    CallAnswered,
    CallEnded,
    CallPassed,
    CallStarted,
    Direction,
    EmployeeAnswered,
    Fact,
    Reason,
    RecordingNamed,
    Result,
    Talk,
)
from backend.calls.rules.callback_plan import is_callback
from backend.calls.tracking.endpoints import Lines, Side, dialable, dialled_number, shown
from backend.calls.tracking.hangup_reasons import why
from backend.calls.tracking.recording_names import base_name

FORM = "1&"  # how a line begins whose form we know
MOST_FIELDS, LONGEST = 40, 6000  # of what the PBX writes
LONGEST_NUMBER = 64
LONGEST_CALL = 7 * 86_400.0  # seconds
MOST_OFF = 7 * 86_400.0  # seconds by which a clock may have been put right since; more makes a line nonsense
SHORTEST_OUTSIDE = 7  # digits, as in phones
UNTOLD, SHORTEST_TALK = 0.5, 1.0  # seconds; a talk is told in whole ones, rounded down

_CALL = re.compile(r"[\w.@:+-]{1,150}", re.ASCII)
_LOCAL = re.compile(r"Local/(?:[A-Za-z]+-)?([0-9+*#]{1,32})@")
UNANSWERED = ("TIMEOUT", "FULL", "JOINEMPTY", "LEAVEEMPTY", "JOINUNAVAIL", "LEAVEUNAVAIL", "WITHDRAW")  # QUEUESTATUS
NOTHING_SAID = ("", "Normal Clearing", "Answered elsewhere", "Normal, unspecified", "Interworking, unspecified")
UNKNOWN_CAUSE = 34
CAUSES = {  # Asterisk's words for Q.850 (main/channel.c, the same in 16 and 22)
    "Unallocated (unassigned) number": 1, "No route to specified transmit network": 2, "No route to destination": 3,
    "User busy": 17, "No user responding": 18, "User alerting, no answer": 19, "Subscriber absent": 20,
    "Call Rejected": 21, "Number changed": 22, "Destination out of order": 27, "Invalid number format": 28,
    "Recover on timer expiry": 102,
}  # fmt: skip


class BadLine(ValueError):
    """What stands there is not a line of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One line; times are of our clock. `said` are the values that are only looked at, as the PBX spelled them."""

    call: str
    channel: str
    began: float
    ended: float
    up: float | None
    talked: int | None
    said: Mapping[str, str]

    @property
    def asked(self) -> list[str]:
        """Numbers that were asked for: as whoever ran our lines told, where they stood, and FreePBX's."""
        return [each for each in self.said.get("to", "").split("|") if dialable(each) and len(each) <= LONGEST_NUMBER]

    def since(self, *, was_passed: bool) -> float:
        """When the talk began, as far as that can be known; a call that was passed on is up since the last time."""
        begin = self.began if was_passed else max(self.began, self.up or self.began)
        return begin if self.talked is None else max(begin, self.ended - max(self.talked + UNTOLD, SHORTEST_TALK))


def read(text: str, *, ahead: float, now: float) -> Left:
    """`ahead`: by how many seconds the PBX's clock is ahead of ours. Raises BadLine."""
    try:
        pairs = parse_qsl(text[:LONGEST], keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
        told = {name: value.replace("\0", "") for name, value in pairs}
        line = Left(
            call=told["call"],
            channel=told["channel"],
            began=float(told["began"]) - ahead,
            ended=float(told["ended"]) - ahead,
            up=_time(told.get("up", ""), ahead),
            talked=_seconds(told.get("talked", "")),
            said=told,
        )
    except (KeyError, ValueError) as wrong:
        raise BadLine(f"{wrong}") from wrong
    is_possible = -MOST_OFF <= line.ended - line.began <= LONGEST_CALL and line.ended <= now + MOST_OFF  # a NaN is not
    if not text.startswith(FORM) or not _CALL.fullmatch(line.call) or not is_possible:
        raise BadLine("not a call's line")
    return _put_right(line, now)


def _put_right(line: Left, now: float) -> Left:
    """The PBX's clock may have been wrong when this was written, and put right since, or during the call: what cannot
    be is brought near to what can. A clock that was slow cannot be told from a call of long ago."""
    late = max(0.0, line.ended - now)
    ended, began, up = line.ended - late, line.began - late, line.up and line.up - late
    if began > ended:
        began = ended - (line.talked or SHORTEST_TALK)
    return replace(line, began=began, ended=ended, up=up if up and began <= up <= ended else None)


def _time(text: str, ahead: float) -> float | None:
    """None where nothing was told, or 0: the channel was never up."""
    at = float(text or 0)
    return at - ahead if at > 0 and math.isfinite(at) else None


def _seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def facts(line: Left, lines: Lines, known: Sequence[Fact]) -> tuple[Fact, ...]:
    """What this line adds to what is known of its call, in order; nothing where it was no call with the outside.

    What was heard goes before what was written down: who it was, who talked, and since when.
    """
    line = replace(line, ended=max(line.ended, *(each.at or 0 for each in known), 0))
    header = _header(line, lines, known)
    if header is None:
        return ()
    ended = [each for each in known if isinstance(each, CallEnded)]
    if ended:
        return _recording(line, header, known)
    talks = _talks(line, lines, header["direction"], known)
    started = (CallStarted(at=line.began, extension=_caller(line, lines, header["direction"]), **header),)
    return (*(() if known else started), _ended(line, lines, header, talks, known))


def _header(line: Left, lines: Lines, known: Sequence[Fact]) -> dict[str, Any] | None:
    """None where the call is none of ours."""
    if known:
        first = known[-1]
        return {"call": line.call, "direction": first.direction, "client": first.client, "did": first.did}
    if is_callback(line.call):  # each is known before it begins
        return None
    if lines.whose(line.channel).side is Side.TRUNK:
        did = next(iter(reversed(line.asked[:4])), None)
        caller = shown(line.said.get("from", "")[:LONGEST_NUMBER])
        return {"call": line.call, "direction": Direction.INBOUND, "client": caller, "did": did}
    client = _dialled(line)
    if _caller(line, lines, Direction.OUTBOUND) is None or client is None or lines.mobile(client):
        return None
    return {"call": line.call, "direction": Direction.OUTBOUND, "client": client, "did": None}


def _dialled(line: Left) -> str | None:
    """The number that the trunk was asked for; None when none was dialled."""
    if not line.said.get("status"):
        return None
    partner = line.said.get("partner", "")
    is_outside = dialable(partner) is not None and SHORTEST_OUTSIDE <= len(partner) <= LONGEST_NUMBER
    told = dialled_number("trunk/" + line.said.get("dialled", "")[:LONGEST_NUMBER])
    return told or (partner if is_outside else None) or next(iter(reversed(line.asked)), None)


def _caller(line: Left, lines: Lines, direction: Direction) -> str | None:
    """Whose extension the first channel of an outbound call is."""
    if direction is not Direction.OUTBOUND:
        return None
    local = _LOCAL.match(line.channel)
    return _at(line.channel, lines) or _whose(line.said.get("from", ""), lines) or (local[1] if local else None)


def _at(channel: str, lines: Lines) -> str | None:
    """The extension that a channel belongs to or, of a Local one, that it rings."""
    local = _LOCAL.match(channel)
    return _whose(local[1], lines) if local else lines.whose(channel).extension


def _whose(number: str, lines: Lines) -> str | None:
    """The extension that a number of the PBX is."""
    if mobile := lines.mobile(number):
        return mobile
    if not dialable(number) or len(number) >= SHORTEST_OUTSIDE:
        return None
    return next(filter(None, (lines.whose(f"{kind}/{number}").extension for kind in ("PJSIP", "SIP"))), None)


def _talks(line: Left, lines: Lines, direction: Direction, known: Sequence[Fact]) -> tuple[Talk, ...]:
    heard = [(each.extension, each.at) for each in known if isinstance(each, CallAnswered | CallPassed)]
    written = _talkers(line, lines, direction, known)
    if not heard:
        since = line.since(was_passed=len(written) > 1 or bool(line.said.get("transferer")))
        ends = [since] * (len(written) - 1) + [line.ended]
        return tuple(Talk(extension=who, start=since, end=end) for who, end in zip(written, ends, strict=False))
    if written and written[-1] != heard[-1][0] and direction is Direction.INBOUND:
        heard.append((written[-1], line.ended))
    passed = [at for _, at in heard[1:]] + [line.ended]
    return tuple(Talk(extension=who, start=at, end=end) for (who, at), end in zip(heard, passed, strict=True))


def _talkers(line: Left, lines: Lines, direction: Direction, known: Sequence[Fact]) -> list[str]:
    """Who talked, in order, as far as the line tells."""
    if direction is Direction.OUTBOUND:
        callers = (each.extension for each in known if isinstance(each, CallStarted | EmployeeAnswered))
        who = next(filter(None, callers), None) or _caller(line, lines, direction)
        return [who] if who and line.said.get("status") == "ANSWER" else []
    told = line.said
    answered = _at(told.get("peer", ""), lines) if told.get("status") == "ANSWER" else None
    passed = _at(told.get("transferer", ""), lines) if told.get("transferer") else None
    return _in_turn((answered, passed, _last(line, lines)))


def _last(line: Left, lines: Lines) -> str | None:
    """Who was joined with the client last."""
    told = line.said
    partner = _whose(told.get("partner", ""), lines)
    if told.get("transferer"):  # and nobody took it
        return None
    if told.get("status") == "ANSWER":
        return partner or _at(told.get("peer", ""), lines)
    if line.talked:
        return partner or _at(told.get("leg", ""), lines)
    in_queue = told.get("application") == "Queue" and told.get("queue") not in UNANSWERED
    is_joined = not told.get("abandoned") and (not told.get("status") or in_queue)
    return partner if is_joined else None


def _in_turn(who: Iterable[str | None]) -> list[str]:
    found: list[str] = []
    for each in who:
        if each and found[-1:] != [each]:
            found.append(each)
    return found


def _ended(
    line: Left, lines: Lines, header: Mapping[str, Any], talks: tuple[Talk, ...], known: Sequence[Fact]
) -> CallEnded:
    is_outbound = header["direction"] is Direction.OUTBOUND
    unreached = Result.FAILED if is_outbound else Result.MISSED
    started = next((each.at for each in known if isinstance(each, CallStarted)), line.began)
    callers = (each.extension for each in known if isinstance(each, CallStarted))
    caller = next(filter(None, callers), None) or _caller(line, lines, header["direction"])
    return CallEnded(
        at=line.ended,
        result=Result.ANSWERED if talks else unreached,
        reason=_reason(line, lines) if is_outbound and not talks else None,
        extension=caller or (talks[0].extension if talks else None),
        talks=talks,
        started=started,
        answered=talks[0].start if talks else None,
        recording=base_name(line.said.get("recording", "")),
        **header,
    )


def _reason(line: Left, lines: Lines) -> Reason:
    """As the trunk that was tried last told; channels are numbered in the order in which they were made."""
    legs = [leg.partition(" ") for leg in line.said.get("causes", "").split("|")]
    trunks = [(name, words) for name, _, words in legs if lines.whose(name).side is Side.TRUNK]
    words = max(trunks, key=lambda leg: leg[0].rpartition("-")[2])[1] if trunks else ""
    cause = None if words in NOTHING_SAID else CAUSES.get(words, UNKNOWN_CAUSE)
    return why(cause=cause, status=line.said.get("status"))


def _recording(line: Left, header: Mapping[str, Any], known: Sequence[Fact]) -> tuple[RecordingNamed, ...]:
    """Of a call that is over and known: its recording, where nobody had told of one."""
    name = base_name(line.said.get("recording", ""))
    is_told = any(isinstance(each, CallEnded | RecordingNamed) and each.recording for each in known)
    return () if name is None or is_told else (RecordingNamed(at=line.ended, recording=name, **header),)
