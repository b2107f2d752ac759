"""The name of a call's recording, where an event carries one; the base name alone, folders are the PBX's own matter."""

from __future__ import annotations

from collections.abc import Mapping

SAYING_RECORDING = frozenset({"recordingfile", "recording", "recordfile"})
LONGEST_NAME = 255


def named_recording(event: Mapping[str, str]) -> str | None:
    """In `VarSet` the variable MIXMONITOR_FILENAME, in `Cdr` and `UserEvent` a field mapped or sent by the dialplan."""
    if event.get("Event") == "VarSet":
        return base_name(event.get("Value", "")) if event.get("Variable") == "MIXMONITOR_FILENAME" else None
    told = (value for name, value in event.items() if name.lower() in SAYING_RECORDING)
    return base_name(next(told, ""))


def base_name(path: str) -> str | None:
    name = path.replace("\\", "/").rpartition("/")[2].strip()
    return name if name not in ("", ".", "..") and len(name) <= LONGEST_NAME else None
