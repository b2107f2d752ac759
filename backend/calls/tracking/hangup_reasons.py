"""Why an outbound call failed, from what its trunk leg said.

The leg's own Q.850 cause is trusted before the dialplan's DIALSTATUS: a rejected call (SIP 403, 603) comes as cause 21
with status NOANSWER (Asterisk 16 and 22). Only CANCEL goes before it: the caller did not wait for an answer.
"""

from __future__ import annotations

from backend.calls.facts import Reason

BY_CAUSE = {
    1: Reason.NO_SUCH_NUMBER,  # unallocated
    2: Reason.NO_SUCH_NUMBER,  # no route to the network
    3: Reason.NO_SUCH_NUMBER,  # no route to the destination
    17: Reason.BUSY,
    18: Reason.NO_ANSWER,  # no user response: SIP 408
    19: Reason.NO_ANSWER,  # alerted, no answer: SIP 480
    20: Reason.UNREACHABLE,  # subscriber absent
    21: Reason.REFUSED,
    22: Reason.NO_SUCH_NUMBER,  # number changed: SIP 410
    27: Reason.UNREACHABLE,  # destination out of order: SIP 502
    28: Reason.NO_SUCH_NUMBER,  # invalid number format: SIP 484
    102: Reason.UNREACHABLE,  # no reply to signalling: SIP 504
}
BY_STATUS = {
    "BUSY": Reason.BUSY,
    "NOANSWER": Reason.NO_ANSWER,
    "CANCEL": Reason.GIVEN_UP,
    "ABORT": Reason.GIVEN_UP,
    "CONGESTION": Reason.REFUSED,
    "CHANUNAVAIL": Reason.UNREACHABLE,
    "DONTCALL": Reason.REFUSED,
    "TORTURE": Reason.REFUSED,
}
SAYS_NOTHING = frozenset({None, 0, 16, 26, 31, 127})  # normal clearing, answered elsewhere, unspecified, interworking


def why(*, cause: int | None, status: str | None, unsaid: Reason = Reason.GIVEN_UP) -> Reason:
    """`status` is DialEnd's DialStatus, None when there was none; `unsaid` is for a leg that says nothing at all."""
    if status in ("CANCEL", "ABORT"):
        return Reason.GIVEN_UP
    if cause in SAYS_NOTHING:
        return BY_STATUS.get(status or "", unsaid)
    return BY_CAUSE.get(cause or 0, Reason.REFUSED)
