"""Where a click and a call back go on when the employee has answered."""

from __future__ import annotations

from backend.pbx.dialplan.names import CALLBACK, CLICK, CONTEXT, EXTENSION, MARK, NOTICE

_CLICK = f"""\
[{CLICK}]
{MARK}
; the employee's phone showed the client; from here on the caller is the employee again
exten => _[+*#0-9]!,1,Set(CALLERID(all)=${{{EXTENSION}}})
 same => n,Set(BRIDGE_FEATURES=T)
 same => n,Goto(${{{CONTEXT}}},${{EXTEN}},1)
"""

_CALLBACK = f"""\
[{CALLBACK}]
{MARK}
exten => _[+*#0-9]!,1,Playback(${{{NOTICE}}})
 same => n,Goto(${{{CONTEXT}}},${{EXTEN}},1)
"""

CALLS_OF_OURS = f"{_CLICK}\n{_CALLBACK}"
