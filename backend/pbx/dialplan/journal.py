"""What the PBX itself remembers of each external call, for the time when nobody hears it: a line in its AstDB.

The lines stand in a ring of SIZE keys. A line is `name=value&…`, each value as in a URL: nothing in it is syntax for
any dialplan. What it has to say who talked, and what it cannot tell: `backend/calls/tracking/pbx_journal.py`.
"""

from __future__ import annotations

from backend.pbx.astdb import COUNTERS, JOURNAL, LOST, WRITTEN
from backend.pbx.dialplan.names import LEFT, MARK, SEEN, WRITTEN_EVENT

SIZE = 2000
"""So many calls are remembered: some hours of a busy office, about a megabyte."""

# `which=where it stands on the channel`, in any order; asked for when the call is over.
TOLD = {
    "call": "${PHONE_STATION_CALL}",
    "channel": "${CHANNEL(name)}",
    "from": "${PHONE_STATION_FROM}",
    "to": "${PHONE_STATION_TO}",
    "began": "${PHONE_STATION_BEGAN}",
    "ended": "${STRFTIME(,,%s.%3q)}",
    "up": "${CDR(answer,u)}",
    "status": "${DIALSTATUS}",
    "peer": "${DIALEDPEERNAME}",
    "dialled": "${DIALEDPEERNUMBER}",
    "talked": "${ANSWEREDTIME}",
    "partner": "${CONNECTEDLINE(num)}",
    "leg": "${CDR(dstchannel)}",
    "transferer": "${BLINDTRANSFER}",
    "application": "${CDR(lastapp)}",
    "queue": "${QUEUESTATUS}",
    "abandoned": "${ABANDONED}",
    "cause": "${HANGUPCAUSE}",
    "causes": "${PHONE_STATION_CAUSES}",
    "recording": "${IF($[${LEN(${MIXMONITOR_FILENAME})}]?${MIXMONITOR_FILENAME}:${CDR(recordingfile)})}",
}
AT_ONCE = 5  # values put together by one line of the dialplan, far below the 8192 bytes it may become


def journalled(size: int = SIZE) -> str:
    """The contexts; SEEN takes the number that was dialled, where it is not the extension of whoever runs it."""
    return f"{_SEEN}\n{_left(size)}"


_NUMBERS = (
    "${ARG1}",
    "${STACK_PEEK(1,e,1)}",
    "${STACK_PEEK(2,e,1)}",
    "${CALLERID(dnid)}",
    "${OUTNUM}",
    "${DIAL_NUMBER}",
)
_SEEN = f"""\
[{SEEN}]
{MARK}
; a call is remembered by its first channel, once
exten => s,1,GotoIf($[${{LEN(${{PHONE_STATION_CALL}})}} > 0]?done)
 same => n,GotoIf($["${{CHANNEL(linkedid)}}" != "${{CHANNEL(uniqueid)}}"]?done)
 same => n,Set(PHONE_STATION_CALL=${{CHANNEL(linkedid)}})
 same => n,Set(PHONE_STATION_FROM=${{CALLERID(num)}})
 same => n,Set(PHONE_STATION_TO={"|".join(_NUMBERS)})
 same => n,Set(PHONE_STATION_BEGAN=${{STRFTIME(,,%s.%3q)}})
 same => n,Set(CHANNEL(hangup_handler_push)={LEFT},s,1)
 same => n(done),Return()
"""


def _left(size: int) -> str:
    """The causes of what was dialled are asked of three legs: a trunk, and two more that were tried."""
    parts = [f"{name}=${{URIENCODE({value})}}" for name, value in TOLD.items()]
    put = [
        f" same => n,Set(PHONE_STATION_LINE=${{PHONE_STATION_LINE}}&{'&'.join(parts[first : first + AT_ONCE])})"
        for first in range(0, len(parts), AT_ONCE)
    ]
    return f"""\
[{LEFT}]
{MARK}
exten => s,1,Set(PHONE_STATION_LEGS=${{HANGUPCAUSE_KEYS()}})
 same => n,Set(PHONE_STATION_CAUSES=)
{_CAUSE * 3} same => n(told),Set(PHONE_STATION_LINE=1)
{chr(10).join(put)}
 same => n,Set(PHONE_STATION_LOCK=${{LOCK({LEFT})}})
 same => n,Set(PHONE_STATION_NTH=$[0${{DB({COUNTERS}/{WRITTEN})}} + 1])
 same => n,Set(PHONE_STATION_KEY=$[${{PHONE_STATION_NTH}} % {size}])
 same => n,Set(DB({COUNTERS}/{WRITTEN})=${{PHONE_STATION_NTH}})
 same => n,GotoIf($[${{DB_EXISTS({JOURNAL}/${{PHONE_STATION_KEY}})}} = 0]?free)
 same => n,Set(DB({COUNTERS}/{LOST})=$[0${{DB({COUNTERS}/{LOST})}} + 1])
 same => n(free),Set(DB({JOURNAL}/${{PHONE_STATION_KEY}})=${{PHONE_STATION_LINE}})
 same => n,Set(PHONE_STATION_LOCK=${{UNLOCK({LEFT})}})
 same => n,UserEvent({WRITTEN_EVENT},Key: ${{PHONE_STATION_KEY}},Call: ${{PHONE_STATION_CALL}})
 same => n,Return()
"""


_CAUSE = """\
 same => n,GotoIf($[${LEN(${PHONE_STATION_LEGS})} = 0]?told)
 same => n,Set(PHONE_STATION_LEG=${SHIFT(PHONE_STATION_LEGS)})
 same => n,Set(PHONE_STATION_CAUSE=${PHONE_STATION_LEG} ${HANGUPCAUSE(${PHONE_STATION_LEG},ast)})
 same => n,Set(PHONE_STATION_CAUSES=${PHONE_STATION_CAUSES}|${PHONE_STATION_CAUSE})
"""
