"""What FreePBX 15, 16 and 17 need besides our contexts: the hooks that lead to them, and how an extension is rung.

One text for all three: a hook is called by Macro before 17 and by Gosub from 17 on, and MACRO_CONTEXT tells which, so
it works on after an upgrade. All of it stands in extensions_custom.conf, which FreePBX never writes, and nothing that
FreePBX generates is written over. docs/decisions/0015-one-dialplan-for-freepbx-15-to-17.md and docs/asterisk-facts.md
§9 have the facts.
"""

from __future__ import annotations

from typing import Final

from backend.pbx.dialplan.names import MARK

INBOUND: Final = "phone-station-inbound"
"""The context that a call from outside enters before FreePBX looks at its number."""
NOTED: Final = "phone-station-noted"
"""The same for an account that has only some calls routed: the journal has them all."""
ONWARD: Final = "phone-station-onward"
"""All that FreePBX's from-pstn has besides its hook (2.5 to 17)."""
PHONE: Final = "phone-station-phone"
"""Gosub with an extension: leaves in PHONE_STATION_DIAL what Dial takes, nothing where it is not to be rung."""

ROOT: Final = "from-pstn"
"""Where FreePBX's trunks send their calls."""
HOOK: Final = "macro-dialout-trunk-predial-hook"
"""FreePBX's own hook before an outbound call; it keeps its name in 17, where it is no macro any more."""
LABEL: Final = "phone-station"
"""The label of our line in that hook: a check sees by it that the line is there, whoever's the others are."""

BEGIN, END = "; BEGIN phone-station", "; END phone-station"
"""The first and the last line: everything between them goes when we go."""

_HOOKS = """\
; Every call from outside comes here first. Extensions of your own in from-pstn-custom come before ours: where one of
; them takes the calls, put in it, before it sends them on, this line without its semicolon:
; same => n,Gosub(phone-station-route,s,1)
; To have only some calls routed, name phone-station-noted here instead, and make a Custom Destination with the target
; phone-station-route,s,1, "Return" Yes, and the destination that these calls have now.
[from-pstn-custom]
include => phone-station-inbound

; Just before FreePBX dials a trunk. Where your extensions_custom.conf has this context already, leave these three lines
; out, and put this one below the first line of yours, without its semicolon:
; same => n(phone-station),Gosub(phone-station-seen,s,1(${OUTNUM}))
[macro-dialout-trunk-predial-hook]
exten => s,1(phone-station),Gosub(phone-station-seen,s,1(${OUTNUM}))
 same => n,ExecIf($["${MACRO_CONTEXT}" = ""]?Return())
"""

_ARRIVED = """\
; numbers dialled from outside, and s, the place of a trunk that tells none; what has no inbound route is refused
exten => _[+0-9s]!,1,GotoIf($[${DIALPLAN_EXISTS(phone-station-onward,${EXTEN},1)} = 0]?nowhere)
 same => n,Set(__FROM_DID=${EXTEN})
 same => n,Set(CDR(did)=${EXTEN})
ROUTINES same => n(on),Goto(phone-station-onward,${EXTEN},1)
 same => n(nowhere),Hangup(1)
"""

_SEEN = """\
 same => n,Gosub(phone-station-seen,s,1)
"""
_ROUTED = """\
 same => n,GotoIf($[${DB_EXISTS(blacklist/${FILTER(0-9+,${CALLERID(num)})})}]?on)
 same => n,Gosub(phone-station-route,s,1)
"""

_ONWARD = """\
include => ext-did
include => ext-did-post-custom
include => from-did-direct
include => ext-did-catchall
"""

_PHONE = """\
; not of whoever forwards his calls or is not to be disturbed, nor of whoever talks and has no call waiting
exten => s,1,Set(PHONE_STATION_DIAL=)
 same => n,GotoIf($["${DB(DND/${ARG1})}${DB(CF/${ARG1})}" != ""]?done)
 same => n,Set(LOCAL(state)=${EXTENSION_STATE(${ARG1}@ext-local)})
 same => n,Set(LOCAL(busy)=${REGEX("^(INUSE|BUSY|ONHOLD|RINGING|RINGINUSE)$" ${state})})
 same => n,GotoIf($[${busy} & "${DB(CW/${ARG1})}" = ""]?done)
; his devices, and of each all places where it is registered
 same => n,Set(LOCAL(devices)=${DB(AMPUSER/${ARG1}/device)})
 same => n(next),Set(LOCAL(phone)=${DB(DEVICE/${CUT(devices,&,1)}/dial)})
 same => n,Set(LOCAL(devices)=${CUT(devices,&,2-)})
 same => n,GotoIf($["${phone:0:6}" != "PJSIP/" | ${REGEX("/.*/|@" ${phone})}]?add)
 same => n,Set(LOCAL(phone)=${PJSIP_DIAL_CONTACTS(${phone:6})})
 same => n(add),ExecIf($["${phone}" != ""]?Set(PHONE_STATION_DIAL=${PHONE_STATION_DIAL}&${phone}))
 same => n,GotoIf($["${devices}" != ""]?next)
 same => n,Set(PHONE_STATION_DIAL=${PHONE_STATION_DIAL:1})
; recorded as FreePBX records the calls of this extension
 same => n,Set(LOCAL(records)=${DIALPLAN_EXISTS(sub-record-check,s,1)})
 same => n,GosubIf($[${records} & "${PHONE_STATION_DIAL}" != ""]?sub-record-check,s,1(exten,${ARG1},dontcare))
 same => n(done),Return()
"""


def _context(name: str, body: str) -> str:
    return f"[{name}]\n{MARK}\n{body}"


def on_freepbx(ours: str) -> str:
    """The contexts of ours with their hooks: what is put at the end of extensions_custom.conf, and taken out again."""
    inbound, noted = _ARRIVED.replace("ROUTINES", _SEEN + _ROUTED), _ARRIVED.replace("ROUTINES", _SEEN)
    bodies = {INBOUND: inbound, NOTED: noted, PHONE: _PHONE}
    contexts = (_context(name, body) for name, body in bodies.items())
    return "\n".join((BEGIN, "", _HOOKS, *contexts, f"[{ONWARD}]\n{_ONWARD}", ours, END, ""))
