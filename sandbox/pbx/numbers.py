"""The office's own numbers and the outside numbers with a manner of their own: the one place of their digits."""

from __future__ import annotations

from dataclasses import dataclass

OWN_NUMBER = "74951000000"
"""What a client sees when the office calls."""

MOBILE = "79037770103"
"""The mobile that employee 103 forwards to."""

EXTENSIONS = ("101", "102", "103")
NOT_REGISTERED = "104"
"""An extension whose phone never came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dids:
    """Where each leads is told at the top of config/office/extensions.conf."""

    general: str = "74951000001"
    direct: str = "74951000002"
    sales: str = "74951000003"
    group: str = "74951000004"
    group_local: str = "74951000005"
    ivr: str = "74951000006"
    voicemail: str = "74951000007"
    after_hours: str = "74951000008"
    mobile: str = "74951000009"
    personal: str = "74951000010"
    routed: str = "74951000011"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Numbers of the public network that never talk, by the SIP answer they give."""

    busy: str = "79160000486"
    no_answer: str = "79160000480"
    no_such: str = "79160000404"
    refused: str = "79160000403"
    declined: str = "79160000603"
    unreachable: str = "79160000503"
