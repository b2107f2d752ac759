"""The AMI user of an account, as manager.conf has it."""

from __future__ import annotations

import re
import secrets
from ipaddress import ip_network

from backend.pbx.errors import BadCommand

USERNAME = "station"
SECRET_PLACE = "THE-STORED-SECRET"
ADDRESS_PLACE = "ADDRESS-OF-THE-SERVICE"
_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,80}", re.ASCII)

_MANAGER = """\
[{username}]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = {permit}
; call: calls, phones' states; agent, user: queues, transfers; cdr: recordings' names; system: restarts
read = call,agent,user,cdr,system
; originate: calls by click; call: hang up, transfer; system: filter events at the source, list channels
write = originate,call,system
"""


def manager(username: str | None, address: str | None) -> str:
    """As `made_for` says."""
    if username is not None and not _NAME.fullmatch(username):
        raise BadCommand("pbx.username")
    secret = SECRET_PLACE if username else secrets.token_urlsafe(24)
    return _MANAGER.format(username=username or USERNAME, secret=secret, permit=_permit(address))


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
