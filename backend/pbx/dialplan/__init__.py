"""What is pasted on a PBX, made for one account: the AMI user, and the dialplan that our calls go through.

Without that dialplan calls are tracked all the same, but a click shows the employee his own number and the client's
name, and tells the trunk that name too; a transfer with a question first needs the `t` and `T` of the PBX's own Dial;
and a client who calls in rings whoever the PBX rings.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend.calls.rules.routing import Routing
from backend.pbx.dialplan.click import CALLS_OF_OURS
from backend.pbx.dialplan.flavours import Flavour
from backend.pbx.dialplan.freepbx import on_freepbx
from backend.pbx.dialplan.journal import journalled
from backend.pbx.dialplan.key import keyed
from backend.pbx.dialplan.manager import ADDRESS_PLACE, SECRET_PLACE, manager
from backend.pbx.dialplan.names import CALLBACK, CLICK, CONTEXT, EXTENSION, NOTICE, VERSION
from backend.pbx.dialplan.route import ROUTED

__all__ = [
    "ADDRESS_PLACE", "CALLBACK", "CLICK", "CONTEXT", "DIALPLAN", "EXTENSION", "NOTICE", "SECRET_PLACE", "VERSION",
    "Made", "dialplan_for", "made_for",
]  # fmt: skip

USUAL = Routing()


def dialplan_for(routing: Routing, flavour: Flavour = Flavour.ASTERISK) -> str:
    """The contexts, each with its own module here."""
    ours = "\n".join((CALLS_OF_OURS, journalled(), keyed(routing.country), ROUTED))
    return on_freepbx(ours) if flavour is Flavour.FREEPBX else ours


DIALPLAN = dialplan_for(USUAL)
"""Of an account whose settings are as they come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialplanText:
    """The text of two files; `dialplan` and `freepbx` are the same for two kinds of PBX."""

    manager: str
    dialplan: str = DIALPLAN
    freepbx: str = ""
    version: str = VERSION

    def of(self, flavour: Flavour) -> str:
        return self.freepbx if flavour is Flavour.FREEPBX else self.dialplan


def made_for(username: str | None, *, address: str | None = None, routing: Routing = USUAL) -> DialplanText:
    """For the account's AMI user; None when it has none yet: then one is made up, with a fresh strong secret. A stored
    secret is never shown. `address` is the service's own, or its network.

    Raises BadCommand, naming which value could be more than a value in such a file.
    """
    return DialplanText(
        manager=manager(username, address),
        dialplan=dialplan_for(routing),
        freepbx=dialplan_for(routing, Flavour.FREEPBX),
    )
