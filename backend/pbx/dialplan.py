"""What is pasted on a PBX, made for one account: the AMI user and the dialplan that a click goes through.

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
VERSION = "version-1"
"""An extension of that context, which tells whether these lines are installed; it changes with them."""
EXTENSION, CONTEXT = "PHONE_STATION_EXTENSION", "PHONE_STATION_CONTEXT"
"""Variables of a click: who calls, and where his PBX dials outside numbers."""

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

DIALPLAN = f"""\
[{CLICK}]
exten => {VERSION},1,NoOp()
 same => n,Hangup()
; the employee's phone showed the client; from here on the caller is the employee again
exten => _[+*#0-9]!,1,Set(CALLERID(all)=${{{EXTENSION}}})
 same => n,Set(BRIDGE_FEATURES=T)
 same => n,Goto(${{{CONTEXT}}},${{EXTEN}},1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """`manager` and `dialplan` are the text of files, `secret` the one in `manager` if it was made here."""

    manager: str
    dialplan: str = DIALPLAN
    version: str = VERSION
    secret: str | None = None


def pasted(username: str, *, address: str | None = None, has_secret: bool) -> Pasted:
    """For this AMI user. `address` is the service's, or its network. The stored secret is never shown: a fresh one is
    made only where there is none. Raises BadCommand for what could be more than a value in such a file."""
    if not _NAME.fullmatch(username):
        raise BadCommand(f"{username[:40]!r} cannot be an AMI user's name in manager.conf")
    secret = None if has_secret else secrets.token_urlsafe(24)
    text = MANAGER.format(username=username, secret=secret or SECRET_PLACE, permit=_permit(address))
    return Pasted(manager=text, secret=secret)


def _permit(address: str | None) -> str:
    """In the form that every version reads: address/mask."""
    if address is None:
        return f"{ADDRESS_PLACE}/255.255.255.255"
    try:
        return ip_network(address, strict=False).with_netmask
    except ValueError:
        raise BadCommand(f"{address[:40]!r} is no address and no network") from None
