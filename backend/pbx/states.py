"""How each phone is, as the PBX tells it: the states of devices, which need no hints (Asterisk 16 and 22)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from backend.calls.states import ExtensionState, busiest
from backend.calls.tracking.endpoints import Lines
from backend.pbx.errors import ActionRefused, ActionTimedOut
from backend.pbx.link.link import Link

STATES = {
    "NOT_INUSE": ExtensionState.FREE,
    "INUSE": ExtensionState.TALKING,
    "BUSY": ExtensionState.TALKING,
    "ONHOLD": ExtensionState.TALKING,
    "RINGING": ExtensionState.RINGING,
    "RINGINUSE": ExtensionState.TALKING,
    "UNAVAILABLE": ExtensionState.UNREACHABLE,
    "INVALID": ExtensionState.UNREACHABLE,
}
SPOKEN = {"Not in use": "NOT_INUSE", "In use": "INUSE", "On Hold": "ONHOLD", "Ring+Inuse": "RINGINUSE"}
"""How PJSIPShowEndpoints writes those that are more than one word."""
MOST_DEVICES = 20  # of one extension
INSTANCE = "-00000000"  # a device is named as its channels are, but for this


class Phones:
    """The phones of `extensions`; nobody else's are kept."""

    def __init__(self, lines: Lines, extensions: Collection[str]) -> None:
        self.states: dict[str, ExtensionState] = {}
        self._lines = lines
        self._devices: dict[str, dict[str, ExtensionState]] = {each: {} for each in extensions}

    def hear(self, event: Mapping[str, str]) -> dict[str, ExtensionState]:
        """What changed: one extension, or nothing."""
        if event.get("Event") != "DeviceStateChange":
            return {}
        return self._take(event.get("Device", ""), event.get("State", ""))

    async def ask(self, link: Link) -> dict[str, ExtensionState]:
        """How all are now, after a connection was made; what changed. Where one list is not to be had, the other is.

        Raises LinkDown.
        """
        changed: dict[str, ExtensionState] = {}
        for action, device, state in (
            ("DeviceStateList", "Device", "State"),
            ("PJSIPShowEndpoints", "ObjectName", "DeviceState"),
        ):
            try:
                rows = await link.rows(action)
            except (ActionRefused, ActionTimedOut):
                continue
            for row in rows:
                changed |= self._take(_device(row[device]), SPOKEN.get(row[state], row[state].upper()))
            break
        return changed

    def _take(self, device: str, state: str) -> dict[str, ExtensionState]:
        extension = None if ":" in device else self._lines.whose(device + INSTANCE).extension
        devices = self._devices.get(extension or "")
        if extension is None or devices is None:
            return {}
        if len(devices) >= MOST_DEVICES and device not in devices:
            return {}
        devices[device] = STATES.get(state, ExtensionState.UNKNOWN)
        now, before = busiest(devices.values()), self.states.get(extension)
        self.states[extension] = now
        return {} if now is before else {extension: now}


def _device(name: str) -> str:
    """PJSIPShowEndpoints names endpoints without their technology."""
    return name if "/" in name else f"PJSIP/{name}"
