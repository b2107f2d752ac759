"""What can go wrong with a PBX, in words a person can act on, sorted by who can mend it."""

from __future__ import annotations


class PbxError(Exception):
    """Anything a PBX, or the way to it, answered with."""


class LinkDown(PbxError):
    """There is no connection; what was asked did not run and never will. The link tries again by itself."""


class NeedsPerson(PbxError):
    """Trying again is useless until a person changes something: a password, a certificate, an address."""


class ActionTimedOut(PbxError):
    """The PBX did not answer in time; whether it did what was asked is not known."""


class ActionRefused(PbxError):
    """The PBX answered "no"; `no_right` tells that the AMI user may not do this at all."""

    def __init__(self, words: str, *, no_right: bool = False) -> None:
        super().__init__(words)
        self.no_right = no_right


class BadCommand(PbxError, ValueError):
    """A value that must not be sent to a PBX; nothing was sent."""
