"""What our contexts and variables on a PBX are called."""

from __future__ import annotations

from typing import Final

VERSION: Final = "version-2"
"""An extension of each context, which tells whether these lines are installed; it changes with them."""

CLICK: Final = "phone-station-click"
"""The context a click enters when the employee has answered."""
CALLBACK: Final = "phone-station-callback"
"""The context a call back enters when an employee has answered, where he is to hear something before the client."""
SEEN: Final = "phone-station-seen"
"""The context that an external call's first channel runs through (Gosub), so that the PBX remembers the call."""
LEFT: Final = "phone-station-left"
"""Its hangup handler."""
WRITTEN_EVENT: Final = "PhoneStationLeft"
"""The UserEvent that tells of a line, its `Key` and its `Call`."""
ROUTE: Final = "phone-station-route"
"""Gosub for an inbound call, in the client's channel: his name, and the phone that rings first."""
KEY: Final = "phone-station-key"
"""Gosub with a caller's number: its key in PHONE_STATION_KEY."""

EXTENSION, CONTEXT = "PHONE_STATION_EXTENSION", "PHONE_STATION_CONTEXT"
"""Variables of a click: who calls, and where his PBX dials outside numbers."""
NOTICE: Final = "PHONE_STATION_NOTICE"
"""A variable of a call back: the sound."""
HEARTBEAT, ANSWER = "PHONE_STATION_HEARTBEAT", "PHONE_STATION_ANSWER"
"""A global variable, when the service last said that it answers, seconds of the Unix epoch on the PBX's clock; and
what it answered, a variable of the caller's channel."""
QUESTION: Final = "PhoneStationRoute"
"""The event that asks."""
SETTINGS, OF_ROUTE = "phone-station/settings", "route"
"""Family and key of AstDB where the account's way to route is told: `Routing.told`."""

MARK = f"""\
exten => {VERSION},1,NoOp()
 same => n,Hangup()"""
"""The first lines of each context."""


def country_mark(country: str) -> str:
    """An extension of KEY, which tells whose numbers these lines understand: ISO 3166, two letters."""
    return f"country-{country}"
