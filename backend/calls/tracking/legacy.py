"""Events of Asterisk 1.8 to 11, retold as those of 12 and newer: the tracker knows one vocabulary.

There a dialling is `Dial` with a SubEvent, and a bridge has no identity: `Bridge` links two channels and unlinks them.
No event tells a Linkedid: a dialled channel joins its caller's call at DialBegin, a Local half the other at
LocalBridge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

Event = Mapping[str, str]


def retold(event: Event) -> Iterator[Event]:
    """Raises KeyError for an event that is not in TELLERS."""
    return TELLERS[event["Event"]](event)


def _dial(event: Event) -> Iterator[Event]:
    caller = {"Channel": event.get("Channel", ""), "Uniqueid": event.get("UniqueID", event.get("Uniqueid", ""))}
    if event.get("SubEvent") == "End":
        yield {"Event": "DialEnd", **caller, "DialStatus": event.get("DialStatus", "")}
    elif "DestUniqueID" in event:
        yield {
            "Event": "DialBegin",
            **caller,
            "DestChannel": event.get("Destination", ""),
            "DestUniqueid": event["DestUniqueID"],
            "DialString": event.get("Dialstring", ""),
        }


def _bridge(event: Event) -> Iterator[Event]:
    if event.get("Bridgestate") == "Unlink":
        yield from _unlink(event)
        return
    bridge = "+".join(sorted(event.get(f"Uniqueid{n}", "") for n in "12"))
    yield from (_moved(event, "BridgeEnter", n, bridge) for n in "12")


def _unlink(event: Event) -> Iterator[Event]:
    bridge = "+".join(sorted(event.get(f"Uniqueid{n}", "") for n in "12"))
    yield from (_moved(event, "BridgeLeave", n, bridge) for n in "12")


def _moved(event: Event, name: str, n: str, bridge: str) -> Event:
    return {
        "Event": name,
        "BridgeUniqueid": bridge,
        "Channel": event.get(f"Channel{n}", ""),
        "Uniqueid": event.get(f"Uniqueid{n}", ""),
        "CallerIDNum": event.get(f"CallerID{n}", ""),
        "ChannelState": "6",
    }


def old_local_bridge(event: Event) -> Event:
    names = {"One": "1", "Two": "2"}
    return {
        f"Local{new}{field}": event.get(f"{field}{old}", "")
        for new, old in names.items()
        for field in ("Channel", "Uniqueid")
    }


TELLERS: dict[str, Callable[[Event], Iterator[Event]]] = {"Dial": _dial, "Bridge": _bridge, "Unlink": _unlink}
