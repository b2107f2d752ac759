"""The key of a caller's number, computed on the PBX: the digits of what `calls/phones.key` gives."""

from __future__ import annotations

from backend.calls.numbers.numbering import Numbering, numbering
from backend.calls.numbers.phones import LONGEST, SHORTEST_OUTSIDE
from backend.pbx.dialplan.names import KEY, MARK, OF_ROUTE, SETTINGS, country_mark

SHORTEST_ABROAD = 8  # digits of a foreign number with its country's code


def keyed(country: str) -> str:
    """Gosub with a number as the PBX shows it; leaves its key in PHONE_STATION_KEY, empty for what is no number.

    The candidates are set from the least to the most certain, so that the last one stays.
    """
    plan = numbering(country)
    lines = (
        f"same => n,Set(LOCAL(shape)={plan.shape})",
        f"same => n,Set(LOCAL(plan)={plan.pattern})",
        "same => n,Set(LOCAL(digits)=${FILTER(0-9,${shown})})",
        "same => n,Set(PHONE_STATION_KEY=${digits})",
        f'same => n,GotoIf($["${{shown:0:1}}" = "+" | ${{LEN(${{digits}})}} < {SHORTEST_OUTSIDE}]?done)',
        *(_national(plan, trunk) for trunk in ("", *reversed(plan.trunks))),
        *(_abroad(way) for way in reversed(plan.ways_out)),
        "same => n(done),Return()",
    )
    mark = f"exten => {country_mark(country)},1,NoOp()\n same => n,Hangup()\n"
    return _HEAD + mark + _BEGIN + "".join(f" {line}\n" for line in lines)


_HEAD = f"""\
[{KEY}]
{MARK}
"""
_BEGIN = f"""\
exten => s,1,Set(PHONE_STATION_KEY=)
; what holds anything but digits and signs between them is no number
 same => n,GotoIf($[${{REGEX("[^0-9+(). -]" ${{ARG1}})}}]?done)
 same => n,Set(LOCAL(shown)=${{FILTER(+0-9,${{ARG1:0:{LONGEST}}})}})
; what the PBX itself puts before a number is taken away
 same => n,Set(LOCAL(told)=${{DB({SETTINGS}/{OF_ROUTE})}})
 same => n,Set(LOCAL(own)=${{CUT(told,|,6)}})
 same => n,ExecIf($["${{shown:0:${{LEN(${{own}})}}}}" = "${{own}}"]?Set(LOCAL(shown)=${{shown:${{LEN(${{own}})}}}}))
"""


def _national(plan: Numbering, trunk: str) -> str:
    rest = f"${{digits:{len(trunk)}}}"
    fits = " & ".join(f'${{REGEX("${{{each}}}" {rest})}}' for each in ("shape", "plan"))
    return _found(trunk, fits, f"{plan.code}{rest}")


def _abroad(way: str) -> str:
    """Whatever has the way out before it, and is long enough, is foreign."""
    longer = f"${{LEN(${{digits}})}} >= {len(way) + SHORTEST_ABROAD}"
    return _found(way, f'{longer} & "${{digits:{len(way)}:1}}" != "0"', f"${{digits:{len(way)}}}")


def _found(prefix: str, fits: str, key: str) -> str:
    begins = f'"${{digits:0:{len(prefix)}}}" = "{prefix}" & ' if prefix else ""
    return f"same => n,ExecIf($[{begins}{fits}]?Set(PHONE_STATION_KEY={key}))"
