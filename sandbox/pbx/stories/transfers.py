"""Calls that pass from one employee to another."""

from __future__ import annotations

from ..numbers import Dids
from ..office import Office
from .story import CLIENT, inbound, outbound, story

DID = Dids()
DIALLED = "89161234567"


@story(inbound(DID.direct, talks=("101", "102")))
def blind_transfer(office: Office) -> None:
    """101 answers and presses the phone's transfer key; 102 answers, the client hangs up."""
    caller = office.client(CLIENT).calls(DID.direct)
    office.phone("101").answers().talks(1)
    office.phone("101").transfers_to("102")
    office.phone("102").answers().talks(1)
    caller.hangs_up()


@story(inbound(DID.direct, talks=("101",)))
def blind_transfer_not_answered(office: Office) -> None:
    """101 answers and transfers; 102 rings, the client gives up."""
    caller = office.client(CLIENT).calls(DID.direct)
    office.phone("101").answers().talks(1)
    office.phone("101").transfers_to("102")
    office.phone("102").rings()
    caller.hangs_up()


@story(inbound(DID.direct, talks=("101", "102")))
def blind_transfer_by_code(office: Office) -> None:
    """101 answers and types ##102; 102 answers and hangs up."""
    office.client(CLIENT).calls(DID.direct)
    office.phone("101").answers().talks(1)
    office.phone("101").types("##102")
    office.phone("102").answers().talks(1)
    office.phone("102").hangs_up()


@story(inbound(DID.general, talks=("101", "102")))
def blind_transfer_from_queue(office: Office) -> None:
    """101 takes a call of the general queue and transfers it by his phone to 102, who answers."""
    caller = office.client(CLIENT).calls(DID.general)
    office.phone("101").answers().talks(1)
    office.phone("102").rings().is_over()
    office.phone("101").transfers_to("102")
    office.phone("102").answers().talks(1)
    caller.hangs_up()


@story(inbound(DID.direct, talks=("101", "102")))
def blind_transfer_to_queue(office: Office) -> None:
    """101 answers and transfers to the general queue by his phone; 102 answers there, the client hangs up."""
    caller = office.client(CLIENT).calls(DID.direct)
    office.phone("101").answers().talks(1)
    office.phone("101").transfers_to("500")
    office.phone("102").answers().talks(1)
    caller.hangs_up()


@story(inbound(DID.direct, talks=("101", "102")))
def attended_transfer(office: Office) -> None:
    """101 answers, calls 102 on a second line, then joins them by the phone's key; 102 hangs up."""
    office.client(CLIENT).calls(DID.direct)
    office.phone("101").answers().talks(1)
    consultation = office.phone("101").dials("102")
    office.phone("102").answers()
    consultation.talks(1)
    office.phone("101").transfers_to("102", attended=True)
    office.phone("102").talks(1)
    office.phone("102").hangs_up()


@story(inbound(DID.direct, talks=("101", "102")))
def attended_transfer_by_code(office: Office) -> None:
    """101 answers, types *2102, talks to 102 and hangs up; the client and 102 talk."""
    caller = office.client(CLIENT).calls(DID.direct)
    office.phone("101").answers().talks(1)
    office.phone("101").types("*2102")
    office.phone("102").answers().talks(1)
    office.phone("101").hangs_up()
    office.phone("102").talks(1)
    caller.hangs_up()


@story(outbound(DIALLED, talks=("101", "102")))
def outbound_transfer(office: Office) -> None:
    """101 calls a client, they talk, 101 transfers him by his phone to 102, who answers."""
    call = office.phone("101").dials(DIALLED)
    office.client(CLIENT).answers()
    call.talks(1)
    office.phone("101").transfers_to("102")
    office.phone("102").answers().talks(1)
    office.client(CLIENT).hangs_up()
