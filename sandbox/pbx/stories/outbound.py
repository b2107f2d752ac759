"""Employees who call clients, from their phones or by a click, and each other."""

from __future__ import annotations

from ..numbers import Outside
from ..office import Office
from .story import CLIENT, SECOND_CLIENT, outbound, story

DIALLED = "89161234567"
NUMBER = Outside()
FORWARDED = SECOND_CLIENT[1:]


@story(outbound(DIALLED, talks=("101",)))
def outbound_answered(office: Office) -> None:
    """101 calls a client, they talk, the client hangs up."""
    call = office.phone("101").dials(DIALLED)
    office.client(CLIENT).answers()
    call.talks(1)
    office.client(CLIENT).hangs_up()


@story(outbound(DIALLED, reason="given-up"))
def outbound_given_up(office: Office) -> None:
    """The client's phone rings, 101 hangs up before he answers."""
    call = office.phone("101").dials(DIALLED)
    office.client(CLIENT).rings()
    call.hangs_up()


@story(outbound(NUMBER.no_answer, reason="no-answer"))
def outbound_no_answer(office: Office) -> None:
    """The client's phone rings until his network ends it (480)."""
    office.phone("101").dials(NUMBER.no_answer).is_over()


@story(outbound(NUMBER.busy, reason="busy"))
def outbound_busy(office: Office) -> None:
    """The client is busy (486), the call ends."""
    office.phone("101").dials(NUMBER.busy).is_over()


@story(outbound(NUMBER.no_such, reason="no-such-number"))
def outbound_no_such_number(office: Office) -> None:
    """There is no such number (404)."""
    office.phone("101").dials(NUMBER.no_such).is_over()


@story(outbound(NUMBER.refused, reason="refused"))
def outbound_refused(office: Office) -> None:
    """The trunk refuses (403)."""
    office.phone("101").dials(NUMBER.refused).is_over()


@story(outbound(NUMBER.declined, reason="refused"))
def outbound_declined(office: Office) -> None:
    """The client declines (603)."""
    office.phone("101").dials(NUMBER.declined).is_over()


@story(outbound(NUMBER.unreachable, reason="refused"))  # 503 from the trunk: Q.850 cause 34
def outbound_unreachable(office: Office) -> None:
    """The trunk has no way to the number (503)."""
    office.phone("101").dials(NUMBER.unreachable).is_over()


@story(outbound("79161234567", talks=("101",)))
def click_to_call(office: Office) -> None:
    """A click rings 101 with a ChannelId of ours, then the client; both answer, the client hangs up."""
    _click(office, "PJSIP/101", ChannelId="station-click-1")
    office.phone("101").answers()
    office.client(CLIENT).answers().talks(1)
    office.client(CLIENT).hangs_up()


@story(outbound("79161234567", talks=("101",)))
def click_to_call_by_local(office: Office) -> None:
    """A click as FreePBX's own modules make it: through a Local channel."""
    _click(office, "Local/101@from-internal")
    office.phone("101").answers()
    office.client(CLIENT).answers().talks(1)
    office.phone("101").hangs_up()


@story()
def click_to_call_employee_away(office: Office) -> None:
    """A click rings 101, who does not answer: no client was ever called."""
    _click(office, "PJSIP/101", ChannelId="station-click-2", Timeout="1500")
    office.phone("101").rings().is_over()


@story(outbound("79161234567", reason="given-up"))
def click_to_call_client_away(office: Office) -> None:
    """A click: 101 answers, the client's phone rings, 101 hangs up."""
    _click(office, "PJSIP/101", ChannelId="station-click-3")
    office.phone("101").answers()
    office.client(CLIENT).rings()
    office.phone("101").hangs_up()


@story(outbound("79161234567", talks=("101",)))
def callback_queue(office: Office) -> None:
    """A call back rings the queue by a channel of ours; 101 picks up, then the client is dialled and answers."""
    _call_back(office, "500", "101")
    office.client(CLIENT).answers().talks(1)
    office.client(CLIENT).hangs_up()


@story(outbound(NUMBER.busy, reason="busy"))
def callback_client_busy(office: Office) -> None:
    """A call back: 102 picks up, the client is busy."""
    _call_back(office, "102", "102", NUMBER.busy)
    office.phone("102").is_over()


@story(outbound("79161234567", talks=(FORWARDED,)))
def callback_forwarded(office: Office) -> None:
    """A call back rings 103, who forwards to a mobile that nobody listed; he picks up, then the client is dialled."""
    office.phone("103").forwards_to(FORWARDED)
    _call_back(office, "103", FORWARDED)
    office.client(CLIENT).answers().talks(1)
    office.client(CLIENT).hangs_up()


@story()
def callback_nobody(office: Office) -> None:
    """A call back rings 101, who does not answer: no client was ever called."""
    _ring_for_client(office, "101", "callback-none-1", Timeout="1500")
    office.phone("101").rings().is_over()


@story()
def internal(office: Office) -> None:
    """101 calls 102, they talk: no client, no external call."""
    call = office.phone("101").dials("102")
    office.phone("102").answers()
    call.talks(1)
    office.phone("102").hangs_up()


def _call_back(office: Office, target: str, extension: str, number: str = "79161234567") -> None:
    """As the station does it: the channel that rang the target waits until somebody picked up, and dials then."""
    channel = f"callback-{target}-1"
    _ring_for_client(office, target, channel)
    (office.client(extension) if extension == FORWARDED else office.phone(extension)).answers().talks()
    office.pbx_act("Setvar", Channel=channel, Variable="CALLERID(all)", Value=extension)
    office.pbx_act("Redirect", Channel=channel, Context="from-internal", Exten=number, Priority="1")


def _ring_for_client(office: Office, target: str, channel: str, Timeout: str = "20000") -> None:
    office.pbx_act(
        "Originate", Channel=f"Local/{target}@from-internal", ChannelId=channel, Application="Wait", Data="300",
        CallerID="Client <79161234567>", Timeout=Timeout, Async="true",
    )  # fmt: skip


def _click(office: Office, channel: str, Timeout: str = "15000", **headers: str) -> None:
    office.pbx_act(
        "Originate", Channel=channel, Context="from-internal", Exten="79161234567", Priority="1",
        CallerID="Click <101>", Timeout=Timeout, Async="true", **headers,
    )  # fmt: skip
