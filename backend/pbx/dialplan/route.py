"""Where an inbound call is sent first: the client's responsible, with the client's name on his phone."""

from __future__ import annotations

from backend.pbx.dialplan.names import ANSWER, HEARTBEAT, KEY, MARK, OF_ROUTE, QUESTION, ROUTE, SETTINGS

FRESH = 5  # seconds without a heartbeat after which nobody is asked
LONGEST_QUESTION, WITH_A_COPY = 1.0, 0.3  # seconds the caller waits: with a copy at hand he need not wait for long
LOOK = 0.005  # seconds between looks for the answer

ROUTED = f"""\
; Gosub(phone-station-route,s,1), in a call from outside, before it goes where it goes on this PBX. It comes back when
; nobody took the call, or goes on to the general queue of the settings. Whatever happens to the service, the caller
; waits {LONGEST_QUESTION:g} s for it at most.
[{ROUTE}]
{MARK}
exten => s,1,Gosub(phone-station-seen,s,1)
 same => n,GotoIf($["${{PHONE_STATION_ROUTED}}" != ""]?done)
 same => n,Set(PHONE_STATION_ROUTED=yes)
 same => n,Set(LOCAL(told)=${{DB({SETTINGS}/{OF_ROUTE})}})
 same => n,Gosub({KEY},s,1(${{CALLERID(num)}}))
 same => n,GotoIf($["${{PHONE_STATION_KEY}}" = ""]?on)
; who he is: the service says, else its copy in AstDB does
 same => n,Set(LOCAL(answer)=${{DB(phone-station/clients/${{PHONE_STATION_KEY}})}})
 same => n,Set(LOCAL(age)=$[${{EPOCH}} - 0${{GLOBAL({HEARTBEAT})}}])
 same => n,GotoIf($[${{age}} > {FRESH} | ${{age}} < -{FRESH}]?known)
 same => n,Set(LOCAL(cap)=${{IF($["${{answer}}" = ""]?{LONGEST_QUESTION:g}:{WITH_A_COPY:g})}})
 same => n,UserEvent({QUESTION},Number: ${{FILTER(+0-9,${{CALLERID(num)}})}})
 same => n,TryExec(WaitForCondition(#,#["#{{{ANSWER}}}" != ""],${{cap}},{LOOK:g}))
 same => n,ExecIf($["${{{ANSWER}}}" != ""]?Set(LOCAL(answer)=${{{ANSWER}}}))
 same => n(known),Set(LOCAL(name)=${{CUT(answer,|,2)}})
 same => n,ExecIf($["${{name}}" != ""]?Set(CALLERID(name)=${{name}}))
; whom it rings: for so many seconds (0: nobody), by so a channel
 same => n,Set(LOCAL(seconds)=0${{CUT(told,|,1)}})
 same => n,Set(LOCAL(extension)=${{CUT(answer,|,1)}})
 same => n,GotoIf($["${{extension}}" = "" | ${{seconds}} = 0]?on)
 same => n,Set(PHONE_STATION_DIAL=${{CUT(told,|,2)}}${{extension}}${{CUT(told,|,3)}})
 same => n,GosubIf($[${{DIALPLAN_EXISTS(phone-station-phone,s,1)}}]?phone-station-phone,s,1(${{extension}}))
 same => n,GotoIf($["${{PHONE_STATION_DIAL}}" = ""]?on)
 same => n,Dial(${{PHONE_STATION_DIAL}},${{seconds}},tr)
; and on, to the general queue if there is one: a call must not end by what is wrong in the settings
 same => n(on),Set(PHONE_STATION_THEN=${{CUT(told,|,4)}},${{CUT(told,|,5)}},1)
 same => n,GotoIf($[0${{DIALPLAN_EXISTS(${{PHONE_STATION_THEN}})}} = 0]?done)
 same => n,StackPop()
 same => n,Goto(${{PHONE_STATION_THEN}})
 same => n(done),Return()
"""
