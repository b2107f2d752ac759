"""What can go wrong in the sandbox's PBX; each message is one line for a person."""

from __future__ import annotations


class Late(AssertionError):
    """What a verb waited for did not happen in its time."""


class Refused(RuntimeError):
    """An Asterisk answered an action with an error."""


class NotRunning(RuntimeError):
    """An Asterisk ended, or did not start."""
