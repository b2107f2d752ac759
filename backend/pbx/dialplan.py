"""What is pasted on a PBX, made for one account: the AMI user and the dialplan that a click and a call back go
through.

Without that dialplan everything works, but a click shows the employee his own number and the client's name, and
tells the trunk that name too; and a transfer with a question first needs the `t` and `T` of the PBX's own Dial.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from ipaddress import ip_network

from .errors import BadCommand

CLICK = "phone-station-click"
"""The context a click enters when the employee has answered."""
CALLBACK = "phone-station-callback"
"""The context a call back enters when an employee has answered, where he is to hear something before the client."""
VERSION = "version-1"
"""An extension of each context, which tells whether these lines are installed; it changes with them."""
EXTENSION, CONTEXT = "PHONE_STATION_EXTENSION", "PHONE_STATION_CONTEXT"
"""Variables of a click: who calls, and where his PBX dials outside numbers."""
NOTICE = "PHONE_STATION_NOTICE"
"""A variable of a call back: the sound."""

USERNAME = "station"
SECRET_PLACE = "THE-STORED-SECRET"
ADDRESS_PLACE = "ADDRESS-OF-THE-SERVICE"
_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,80}", re.ASCII)

MANAGER = """\
[{username}]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = {permit}
; call: calls, phones' states; agent, user: queues, transfers; cdr: recordings' names; system: restarts
read = call,agent,user,cdr,system
; originate: calls by click; call: hang up, transfer; system: filter events at the source, list channels
write = originate,call,system
"""

_CLICK = f"""\
[{CLICK}]
exten => {VERSION},1,NoOp()
 same => n,Hangup()
; the employee's phone showed the client; from here on the caller is the employee again
exten => _[+*#0-9]!,1,Set(CALLERID(all)=${{{EXTENSION}}})
 same => n,Set(BRIDGE_FEATURES=T)
 same => n,Goto(${{{CONTEXT}}},${{EXTEN}},1)
"""


_CALLBACK = f"""\
[{CALLBACK}]
exten => {VERSION},1,NoOp()
 same => n,Hangup()
exten => _[+*#0-9]!,1,Playback(${{{NOTICE}}})
 same => n,Goto(${{{CONTEXT}}},${{EXTEN}},1)
"""
DIALPLAN = f"{_CLICK}\n{_CALLBACK}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The text of two files."""

    manager: str
    dialplan: str = DIALPLAN
    version: str = VERSION


def made_for(username: str | None, *, address: str | None = None) -> Made:
    """For the account's AMI user; None when it has none yet: then one is made up, with a fresh strong secret. A stored
    secret is never shown. `address` is the service's own, or its network.

    Raises BadCommand, naming which value could be more than a value in such a file.
    """
    if username is not None and not _NAME.fullmatch(username):
        raise BadCommand("pbx.username")
    secret = SECRET_PLACE if username else secrets.token_urlsafe(24)
    return Made(manager=MANAGER.format(username=username or USERNAME, secret=secret, permit=_permit(address)))


def _permit(address: str | None) -> str:
    """In the form that every version reads: address/mask."""
    if address is None:
        return f"{ADDRESS_PLACE}/255.255.255.255"
    try:
        network = ip_network(address, strict=False)
    except ValueError:
        raise BadCommand("address") from None
    if "%" in address:  # what follows it may be any text
        raise BadCommand("address")
    return network.with_netmask
