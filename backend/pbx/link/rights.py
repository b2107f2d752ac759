"""What an AMI user must be allowed to do, and how to say that he is not."""

from __future__ import annotations

from collections.abc import Mapping

from backend.pbx.errors import ActionRefused

# The class to add to `write=` in manager.conf (Asterisk 16 and 22). Where `reporting` would do too, `system` is named,
# since Filter and the AstDB need it anyway.
RIGHT_FOR = {
    "Originate": "originate",
    "Hangup": "call",
    "Setvar": "call",
    "Getvar": "call",
    "BlindTransfer": "call",
    "Atxfer": "call",
    "DeviceStateList": "call",
    "PJSIPShowEndpoints": "system",
    "Filter": "system",
    "CoreShowChannels": "system",
    "ModuleCheck": "system",
    "DBGetTree": "system",
    "DBPut": "system",
    "DBDel": "system",
}

# The class of `write=` → an action that only it allows.
CLASSES = {"originate": "Originate", "call": "Setvar", "system": "Filter"}

WITHOUT = {
    "Originate": "without it no click-to-call and no callbacks",
    "Filter": "without it the PBX sends many events in vain",
    "CoreShowChannels": "without it calls already up at a reconnect are not seen",
}


def refusal(action: str, message: str) -> ActionRefused:
    """The PBX's "no" to an action, in words."""
    if message.lower().startswith("permission denied"):
        return ActionRefused(no_right_for(action), no_right=True)
    return ActionRefused(f"{action}: {message or 'refused without a reason'}", detail=message)


def no_right_for(action: str) -> str:
    """The AMI user may not do this: what to change, and what is missing until then."""
    right, loss = RIGHT_FOR.get(action), WITHOUT.get(action)
    change = f"; add {right} to write= in manager.conf" if right else ""
    return f"the AMI user has no right for {action}{change}{f' ({loss})' if loss else ''}"


def may(action: str, commands: Mapping[str, str]) -> bool:
    """Whether an answer to `ListCommands`, which names what this user may do, has the action; unknown is yes."""
    return action in commands or "Ping" not in commands
