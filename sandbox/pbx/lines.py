"""Who takes part in a call: a phone of the office, a client outside, and each call as either of them has it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from .channels import Channel
from .numbers import EXTENSIONS

if TYPE_CHECKING:
    from .office import Office

NATIONAL_DIGITS = 10
"""What stays of a number whichever way it is dialled: 8916…, 7916…, +7916…."""


class Leg:
    """One call as a phone or a client has it."""

    def __init__(self, line: Line, channel: Channel, other: str, *, incoming: bool) -> None:
        self.line, self.channel, self.other, self.incoming = line, channel, other, incoming
        self._office = line.office

    def __str__(self) -> str:
        return f"{self.line}'s call {'from' if self.incoming else 'to'} {self.other}"

    def answers(self) -> Self:
        self._office.world_act("Redirect", Channel=self.channel.name, Context="manner", Exten="answers", Priority="1")
        return self.is_answered()

    def is_answered(self) -> Self:
        """Waits until it is taken, by whoever or whatever is at the other end."""
        self._await("is answered", lambda: self.channel.up or self.channel.gone)
        if self.channel.gone:
            raise AssertionError(f"{self} ended before it was answered")
        return self

    def talks(self, seconds: float = 0.0) -> Self:
        """Waits until the PBX has it in a bridge, then lets so much of the conversation pass."""
        self.is_answered()
        inside = self._inside()
        self._office.pbx_channels.wait(lambda: inside.bridged, f"{self} is joined with somebody")
        time.sleep(seconds)
        return self

    def talks_to_nobody(self, seconds: float) -> Self:
        """Listens so long to what a machine says."""
        self.is_answered()
        time.sleep(seconds)
        return self

    def rejects(self) -> Self:
        """The phone's own "decline" key: 403."""
        self._office.world_act("Redirect", Channel=self.channel.name, Context="manner", Exten="rejects", Priority="1")
        return self.is_over()

    def hangs_up(self) -> Self:
        if not self.channel.gone:
            self._office.world_act("Hangup", Channel=self.channel.name, Cause="16")
        return self.is_over()

    def is_over(self) -> Self:
        """Waits until it ended, whoever ended it."""
        self._await("is over", lambda: self.channel.gone)
        return self

    def types(self, digits: str) -> Self:
        """Keys of the dial pad, one after another; returns when the last is sent."""
        self.is_answered()
        before = self.channel.typed
        self._redirect("types", "DIGITS", digits)
        self._await(f"typed {digits}", lambda: self.channel.typed > before or self.channel.gone)
        return self

    def transfers_to(self, extension: str, *, attended: bool = False) -> Self:
        """The phone's own transfer key (SIP REFER); with `attended` the phone has called `extension` already."""
        target = self.line.called(extension).as_replaced() if attended else self._office.address_of(extension)
        inside = self.talks()._inside()
        self._redirect("refers", "TARGET", target)
        self._office.pbx_channels.wait(lambda: not inside.bridged or inside.gone, f"{self} goes to {extension}")
        return self

    def as_replaced(self) -> str:
        """The address that takes this call's place (RFC 3891), as Refer-To wants it."""
        call, here, there = (self.tell(f"CHANNEL(pjsip,{part})") for part in ("call-id", "local_tag", "remote_tag"))
        address = self._office.address_of(self.other)
        return f"<{address}?Replaces={call}%3Bto-tag%3D{there}%3Bfrom-tag%3D{here}>"

    def tell(self, variable: str) -> str:
        """A variable of the channel at this end."""
        return self._office.world_act("Getvar", Channel=self.channel.name, Variable=variable)["Value"]

    def _inside(self) -> Channel:
        return self._office.pbx_side_of(self)

    def _redirect(self, exten: str, variable: str, value: str) -> None:
        channel = self.channel.name
        self._office.world_act("Setvar", Channel=channel, Variable=variable, Value=value)
        self._office.world_act("Redirect", Channel=channel, Context="manner", Exten=exten, Priority="1")

    def _await(self, what: str, condition: Callable[[], bool]) -> None:
        self._office.world_channels.wait(condition, f"{self} {what}")


class Line:
    """A phone or a client. A verb without a call of its own speaks of the latest one."""

    def __init__(self, office: Office, who: str, endpoint: str) -> None:
        self.office, self.who = office, who
        self._endpoint = endpoint
        self.legs: list[Leg] = []

    def __str__(self) -> str:
        return self.who

    def rings(self) -> Leg:
        """Waits for the next call to arrive here."""
        arrival = self.office.next_arrival(self.key)
        return self._has(Leg(self, arrival.channel, arrival.caller, incoming=True))

    def answers(self) -> Leg:
        """Takes the call that rings, or the next one that will."""
        return self._ringing().answers()

    def rejects(self) -> Leg:
        return self._ringing().rejects()

    def hangs_up(self) -> Leg:
        return self.leg.hangs_up()

    def types(self, digits: str) -> Leg:
        return self.leg.types(digits)

    def talks(self, seconds: float = 0.0) -> Leg:
        return self.leg.talks(seconds)

    def is_over(self) -> Leg:
        return self.leg.is_over()

    def is_busy(self) -> Self:
        """Every call from now on gets 486, until `is_free`."""
        return self._behaves("busy")

    def is_unreachable(self) -> Self:
        """Every call from now on gets 503, until `is_free`."""
        return self._behaves("unreachable")

    def is_free(self) -> Self:
        return self._behaves("")

    @property
    def key(self) -> str:
        """What both dialplans call this line."""
        return key_of(self.who)

    @property
    def leg(self) -> Leg:
        """The latest call. Raises AssertionError when there was none."""
        if not self.legs:
            raise AssertionError(f"{self} has no call")
        return self.legs[-1]

    def called(self, other: str) -> Leg:
        """The latest call this line made to `other`."""
        for leg in reversed(self.legs):
            if not leg.incoming and leg.other == other:
                return leg
        raise AssertionError(f"{self} has not called {other}")

    def _ringing(self) -> Leg:
        if self.legs and self.leg.incoming and not (self.leg.channel.up or self.leg.channel.gone):
            return self.leg
        leg = self.rings()
        while leg.channel.gone:  # it rang before, and nobody asked
            leg = self.rings()
        return leg

    def _dial(self, number: str, **headers: str) -> Leg:
        channel = self.office.originate(f"PJSIP/{number}@{self._endpoint}", **headers)
        return self._has(Leg(self, channel, number, incoming=False))

    def _has(self, leg: Leg) -> Leg:
        self.legs.append(leg)
        return leg

    def _behaves(self, manner: str) -> Self:
        self.office.world_act("Setvar", Variable=f"MANNER_{self.key}", Value=manner)
        return self


class Phone(Line):
    """A phone of the office."""

    def __init__(self, office: Office, extension: str) -> None:
        super().__init__(office, extension, f"phone-{extension}")

    def rings(self) -> Leg:
        """Waits for the next call to arrive here, and until the PBX has heard that it rings."""
        leg = super().rings()
        self.office.pbx_channels.wait(
            lambda: self.office.is_ringing(self.who) or leg.channel.gone, f"the PBX knows that {self} rings"
        )
        return leg

    def dials(self, number: str) -> Leg:
        """An outside number, an extension or a feature code, as typed."""
        return self._dial(number)

    def picks_up(self, extension: str | None = None) -> Leg:
        """Takes the call that rings at that phone, or at any of the group."""
        wanted = (extension,) if extension else EXTENSIONS
        self.office.pbx_channels.wait(
            lambda: any(self.office.is_ringing(each) for each in wanted), f"{' or '.join(wanted)} rings in the PBX"
        )
        return self.dials(f"**{extension}" if extension else "*8").is_answered()

    def transfers_to(self, extension: str, *, attended: bool = False) -> Leg:
        """The latest call that came in here goes to `extension`; see Leg.transfers_to."""
        incoming = [leg for leg in self.legs if leg.other != extension and not leg.channel.gone]
        if not incoming:
            raise AssertionError(f"{self} has no call to transfer")
        return incoming[-1].transfers_to(extension, attended=attended)

    def forwards_to(self, number: str) -> Self:
        """Every call to this extension goes to `number`, until `forwards_nowhere`."""
        self.office.pbx_act("DBPut", Family="CF", Key=self.who, Val=number)
        return self

    def forwards_nowhere(self) -> Self:
        return self.forwards_to("")


class Client(Line):
    """A phone outside."""

    def __init__(self, office: Office, number: str) -> None:
        super().__init__(office, number, "public")

    def calls(self, did: str, name: str = "") -> Leg:
        """Calls a number of the office; the PBX sees this client's number exactly as it is spelled here."""
        return self._dial(did, CallerID=f'"{name}" <{self.who}>' if name else f"<{self.who}>")


def key_of(number: str) -> str:
    """The same for every spelling of an outside number; an extension and a hidden number stay as they are."""
    digits = "".join(filter(str.isdigit, number))
    return (digits or number)[-NATIONAL_DIGITS:]
