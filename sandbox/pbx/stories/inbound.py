"""Clients who call the office."""

from __future__ import annotations

from ..numbers import MOBILE, Dids
from ..office import Office
from .story import CLIENT, SECOND_CLIENT, inbound, story

DID = Dids()


@story(inbound(DID.direct, talks=("101",)))
def direct_caller_hangs_up(office: Office) -> None:
    """A client calls 101, they talk, the client hangs up."""
    caller = office.client(CLIENT).calls(DID.direct, "Ivan")
    office.phone("101").answers().talks(1)
    caller.hangs_up()


@story(inbound(DID.direct, talks=("101",)))
def direct_employee_hangs_up(office: Office) -> None:
    """A client calls 101, they talk, 101 hangs up."""
    office.client(CLIENT).calls(DID.direct)
    office.phone("101").answers().talks(1)
    office.phone("101").hangs_up()


@story(inbound(DID.direct))
def direct_missed(office: Office) -> None:
    """101 rings, the client gives up."""
    caller = office.client(CLIENT).calls(DID.direct)
    office.phone("101").rings()
    caller.hangs_up()


@story(inbound(DID.direct))
def direct_rejected(office: Office) -> None:
    """101 presses "decline"; nobody else is asked."""
    caller = office.client(CLIENT).calls(DID.direct)
    office.phone("101").rejects()
    caller.is_over()


@story(inbound(DID.direct, client=None, talks=("101",)))
def anonymous(office: Office) -> None:
    """A client who hides his number calls 101, they talk."""
    caller = office.client("anonymous").calls(DID.direct)
    office.phone("101").answers().talks(1)
    caller.hangs_up()


@story(inbound(DID.sales, talks=("103",)))
def queue_of_phones(office: Office) -> None:
    """The sales queue rings 102 and 103, 103 answers, the client hangs up."""
    caller = office.client(CLIENT).calls(DID.sales)
    office.phone("102").rings()
    office.phone("103").answers().talks(1)
    caller.hangs_up()


@story(inbound(DID.general, talks=("102",)))
def queue_of_local_members(office: Office) -> None:
    """The general queue rings everybody through Local channels, 102 answers, the client hangs up."""
    caller = office.client(CLIENT).calls(DID.general)
    office.phone("101").rings()
    office.phone("103").rings()
    office.phone("102").answers().talks(1)
    caller.hangs_up()


@story(inbound(DID.general, talks=("102",)))
def queue_with_one_busy(office: Office) -> None:
    """The general queue; 101 is busy, 103 declines, 102 answers and hangs up."""
    office.phone("101").is_busy()
    office.client(CLIENT).calls(DID.general)
    office.phone("103").rejects()
    office.phone("102").answers().talks(1)
    office.phone("102").hangs_up()


@story(inbound(DID.personal, talks=("102",)))
def busy_then_queue(office: Office) -> None:
    """101 is busy, so the general queue rings, 102 answers and hangs up."""
    office.phone("101").is_busy()
    office.client(CLIENT).calls(DID.personal)
    office.phone("102").answers().talks(1)
    office.phone("102").hangs_up()


@story(inbound(DID.personal, talks=("101",)))
def not_answered_then_queue(office: Office) -> None:
    """101 lets it ring, the general queue rings everybody, and now 101 answers; the client hangs up."""
    caller = office.client(CLIENT).calls(DID.personal)
    office.phone("101").rings().is_over()
    office.phone("101").rings().answers().talks(1)
    caller.hangs_up()


@story(inbound(DID.general))
def queue_abandoned(office: Office) -> None:
    """Everybody of the general queue rings, the client gives up."""
    caller = office.client(CLIENT).calls(DID.general)
    for extension in ("101", "102", "103"):
        office.phone(extension).rings()
    caller.hangs_up()


@story(inbound(DID.group, talks=("103",)))
def ring_group(office: Office) -> None:
    """Three phones ring together, 103 answers and hangs up."""
    office.client(CLIENT).calls(DID.group)
    office.phone("101").rings()
    office.phone("102").rings()
    office.phone("103").answers().talks(1)
    office.phone("103").hangs_up()


@story(inbound(DID.group_local, talks=("102",)))
def ring_group_of_local_channels(office: Office) -> None:
    """Two phones ring through Local channels that go away after the answer; 102 answers."""
    caller = office.client(CLIENT).calls(DID.group_local)
    office.phone("101").rings()
    office.phone("102").answers().talks(1)
    caller.hangs_up()


@story(inbound(DID.ivr, talks=("101",)))
def ivr_then_queue(office: Office) -> None:
    """The voice menu answers, the client presses 1, the general queue rings, 101 answers."""
    caller = office.client(CLIENT).calls(DID.ivr)
    caller.types("1")
    office.phone("101").answers().talks(1)
    caller.hangs_up()


@story(inbound(DID.ivr, talks=("101",)))
def ivr_then_extension(office: Office) -> None:
    """The voice menu answers, the client presses 2, 101 answers and hangs up."""
    office.client(CLIENT).calls(DID.ivr).types("2")
    office.phone("101").answers().talks(1)
    office.phone("101").hangs_up()


@story(inbound(DID.ivr))
def ivr_abandoned(office: Office) -> None:
    """The voice menu answers, the client listens and hangs up."""
    office.client(CLIENT).calls(DID.ivr).talks_to_nobody(1).hangs_up()


@story(inbound(DID.voicemail))
def voicemail(office: Office) -> None:
    """102 does not answer, the client speaks to his mailbox."""
    caller = office.client(CLIENT).calls(DID.voicemail)
    office.phone("102").rings().is_over()
    caller.talks_to_nobody(1).hangs_up()


@story(inbound(DID.after_hours))
def after_hours(office: Office) -> None:
    """An announcement, and the PBX hangs up."""
    office.client(CLIENT).calls(DID.after_hours).is_answered().is_over()


@story(inbound(DID.mobile, talks=(MOBILE,)), mobiles=(MOBILE,))
def forwarded_to_mobile(office: Office) -> None:
    """103 forwards to an outside mobile, which answers; the mobile stands in for an extension."""
    office.phone("103").forwards_to(MOBILE)
    caller = office.client(CLIENT).calls(DID.mobile)
    office.client(MOBILE).answers().talks(1)
    caller.hangs_up()


@story(inbound(DID.mobile), mobiles=(MOBILE,))
def forwarded_to_mobile_missed(office: Office) -> None:
    """103 forwards to an outside mobile, which rings; the client gives up."""
    office.phone("103").forwards_to(MOBILE)
    caller = office.client(CLIENT).calls(DID.mobile)
    office.client(MOBILE).rings()
    caller.hangs_up()


@story(inbound(DID.direct, talks=("101",)), inbound(DID.direct, client=SECOND_CLIENT, talks=("101",)))
def call_waiting(office: Office) -> None:
    """101 talks, a second client calls and is answered as well; the first hangs up, then the second."""
    first = office.client(CLIENT).calls(DID.direct)
    office.phone("101").answers().talks(1)
    second = office.client(SECOND_CLIENT).calls(DID.direct)
    office.phone("101").rings().answers().talks(1)
    first.hangs_up()
    second.hangs_up()


@story(inbound(DID.direct, talks=("102",)))
def picked_up_in_group(office: Office) -> None:
    """101 rings, 102 dials *8 and talks."""
    caller = office.client(CLIENT).calls(DID.direct)
    office.phone("101").rings()
    office.phone("102").picks_up().talks(1)
    caller.hangs_up()


@story(inbound(DID.direct, talks=("102",)))
def picked_up_directly(office: Office) -> None:
    """101 rings, 102 dials **101, talks and hangs up."""
    office.client(CLIENT).calls(DID.direct)
    office.phone("101").rings()
    office.phone("102").picks_up("101").talks(1)
    office.phone("102").hangs_up()
