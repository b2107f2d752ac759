"""What a PBX runs after a call to send its recording here: it reaches us, so it may stand behind any NAT.

The command is one line of shell, run by MixMonitor (its third argument, or FreePBX's "Post Call Recording Script").
`^{…}` is filled in by MixMonitor. The name of the file may hold whatever a caller showed as his number, so only
harmless characters of it reach the shell; a file with others is not sent. There is no semicolon in it: in Asterisk's
files that would begin a comment.
"""

from __future__ import annotations

import re
from typing import Final

from backend.pbx.dialplan.names import MARK
from backend.pbx.errors import BadCommand

RECORD: Final = "phone-station-record"
"""Gosub with a file's name, in place of MixMonitor."""
RECORDED: Final = "PhoneStationRecording"
"""The UserEvent that tells the name."""

HARMLESS = "-0-9A-Za-z_.+=@~#*/"  # a dash that stands first is no range (FILTER of Asterisk 16 and 22)
AGAIN_AFTER = (60, 600, 3600, 21600)  # seconds, for when we are away; curl itself tries again within seconds
LONGEST = 1800  # seconds of one try
_ADDRESS = re.compile(r"https?://[0-9A-Za-z.:\[\]-]+(/[0-9A-Za-z._~-]+)*")


def upload_address(service: str, account_id: int, key: str) -> str:
    """Where an account's PBX puts files; `service` is our public address."""
    return f"{service}/recordings/{account_id}/upload/{key}"


def command(address: str) -> str:
    """`address` is where to put files, each under its own name. Raises BadCommand for what is no plain address."""
    if not _ADDRESS.fullmatch(address):
        raise BadCommand("address")
    file = f"'^{{FILTER({HARMLESS},^{{MIXMONITOR_FILENAME}})}}'"
    send = f"u() (exec curl -sf --retry 5 --connect-timeout 20 -m {LONGEST} -o /dev/null -T {file} '{address}/')"
    tries = " || ".join(("u", *(f"(sleep {seconds} && u)" for seconds in AGAIN_AFTER)))
    return f"test -r {file} && {send} && ({tries}) >/dev/null 2>&1 &"


def recorded(address: str) -> str:
    """The context, for PBXs whose dialplan is written by hand. Raises BadCommand."""
    return f"""\
; Gosub({RECORD},s,1(FILE)) in place of MixMonitor(FILE,b): records the call, once, and sends the file here after it.
; Without FILE it makes up a name; of FILE it leaves out whatever is no letter, digit or one of _.+=@~#*/- (a caller may
; show anything as his number). The machine needs curl.
[{RECORD}]
{MARK}
exten => s,1,GotoIf($["${{PHONE_STATION_RECORDS}}" != ""]?done)
 same => n,Set(PHONE_STATION_RECORDS=yes)
 same => n,Set(LOCAL(file)=${{FILTER({HARMLESS},${{ARG1}})}})
 same => n,Set(LOCAL(file)=${{STRREPLACE(file,..)}})
 same => n,ExecIf($[${{LEN(${{file}})}} = 0]?Set(LOCAL(file)={_NAME}))
 same => n,MixMonitor(${{file}},b,{command(address)})
 same => n,UserEvent({RECORDED},RecordingFile: ${{file}})
 same => n(done),Return()
"""


_NAME = "${STRFTIME(${EPOCH},,%Y/%m/%d)}/${STRFTIME(${EPOCH},,%Y%m%d-%H%M%S)}-${FILTER(-0-9A-Za-z_.,${UNIQUEID})}.wav"
