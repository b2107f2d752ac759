"""What can go wrong with a PBX, in words a person can act on, sorted by who can mend it."""

from __future__ import annotations

from enum import StrEnum


class Trouble(StrEnum):
    """What went wrong on the way to a logged-in connection, for whoever has other words for it."""

    UNUSABLE = "unusable"
    NO_NAME = "no_name"
    NOT_ALLOWED = "not_allowed"
    NO_CONNECTION = "no_connection"
    NO_TLS = "no_tls"
    BAD_CERTIFICATE = "bad_certificate"
    NOT_TRUSTED = "not_trusted"
    OTHER_NAME = "other_name"
    WRONG_LOGIN = "wrong_login"
    NOT_NOW = "not_now"
    LOST = "lost"
    SILENT = "silent"
    REFUSED = "refused"
    DEAF = "deaf"
    """The line is up, and nothing is told of calls: a right is missing."""
    NO_RIGHT = "no_right"
    """The line is up, and not all can be done on it."""


class PbxError(Exception):
    """Anything a PBX, or the way to it, answered with; `detail` is what the other side said of it."""

    def __init__(self, words: str, *, trouble: Trouble = Trouble.REFUSED, detail: object = "") -> None:
        super().__init__(words)
        self.trouble = trouble
        self.detail = str(detail)

    @property
    def is_unclear(self) -> bool:
        """Whether the PBX may have done what was asked."""
        return self.trouble is Trouble.LOST


class LinkDown(PbxError):
    """There is no connection; what was asked never runs later. The link tries again by itself."""


class PbxNeedsPerson(PbxError):
    """Trying again is useless until a person changes something: a password, a certificate, an address."""


class ActionTimedOut(PbxError):
    """The PBX did not answer in time; whether it did what was asked is not known."""

    is_unclear = True


class ActionRefused(PbxError):
    """The PBX answered "no"; `no_right` tells that the AMI user may not do this at all."""

    def __init__(self, words: str, *, no_right: bool = False, detail: object = "") -> None:
        super().__init__(words, detail=detail)
        self.no_right = no_right


class BadCommand(PbxError, ValueError):
    """A value that must not be sent to a PBX; nothing was sent."""
