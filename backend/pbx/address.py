"""Where a PBX is and how it is reached: its address, which networks may be reached at all, and its TLS.

The address is chosen by a tenant, so it must never lead into the operator's own network. The policy: an address of the
public internet is fine; any other (private ranges, VPNs, loopback) only inside a network the operator has listed.
The name is resolved once and the connection goes to the very address that was checked.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Protocol

from backend.pbx.errors import BadCommand, LinkDown, PbxNeedsPerson, Trouble

Networks = Sequence[IPv4Network | IPv6Network]

NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # RFC 6890; Oracle's cloud answers its servers at 192.0.0.192
            "168.63.129.16/32",  # public by its number, yet Azure's own, for each server from inside
            "fec0::/10",  # RFC 3879: the private ranges of before
        ),
    )
)
"""What Python calls global and is not, beside what it calls reserved."""
_HOST = re.compile(r"[0-9A-Za-z]([0-9A-Za-z._:-]{0,251}[0-9A-Za-z])?")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxAddress:
    """A PBX's AMI. `certificate` is PEM that the server's must equal or be signed by; `verify=False` trusts any."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    tls: bool = False
    certificate: str | None = field(default=None, repr=False)
    verify: bool = True

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host):
            raise BadCommand("the PBX host must be a name or an IP address")
        if not 0 < self.port < 65536:
            raise BadCommand("the PBX port must be between 1 and 65535")
        for what, value in (("user name", self.username), ("password", self.secret)):
            if not value or len(value) > 250 or not value.isprintable():
                raise BadCommand(f"the AMI {what} must be 1 to 250 printable characters")
        if self.certificate is not None and not _PEM.search(self.certificate):
            raise BadCommand("the certificate must be in PEM form (-----BEGIN CERTIFICATE-----)")


@dataclass(frozen=True, slots=True)
class AllowedNetworks:
    """Private networks in which PBXs may be: those of every account, and those of one."""

    of_all: Networks
    of_account: Mapping[int, Networks]

    def of(self, account_id: int) -> Networks:
        return [*self.of_all, *self.of_account.get(account_id, ())]


def allowed_networks(words: str) -> AllowedNetworks:
    """The operator's list, as `10.8.0.0/24, 31000777=192.168.1.5`; what names an account is for that one alone. Raises
    ValueError that names the bad one."""
    of_all: list[IPv4Network | IPv6Network] = []
    of_account: dict[int, list[IPv4Network | IPv6Network]] = defaultdict(list)
    for word in filter(None, re.split(r"[\s,]+", words.strip())):
        account, is_bound, network = word.rpartition("=")
        if is_bound and not account.isdecimal():
            raise ValueError(f"{word!r} does not begin with an account's id")
        (of_account[int(account)] if is_bound else of_all).append(ip_network(network))
    return AllowedNetworks(of_all, of_account)


def networks(words: str) -> list[IPv4Network | IPv6Network]:
    """The operator's list, as `10.8.0.0/24, 192.168.1.5`; raises ValueError that names the bad one."""
    return [ip_network(word) for word in re.split(r"[\s,]+", words.strip()) if word]


def check_address(ip: str, allowed: Networks) -> None:
    """Raise NeedsPerson unless this IP address is public or in one of the allowed networks."""
    address = ip_address(ip.partition("%")[0])
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or address
    if any(address in network for network in allowed):
        return
    if not _is_public(address):
        words = f"{ip} is not a public address; the operator of this service has to allow its network"
        raise PbxNeedsPerson(words, trouble=Trouble.NOT_ALLOWED, detail=ip)


def is_public(ip: str) -> bool:
    """Whether strangers carry what is sent to this address."""
    return _is_public(ip_address(ip.partition("%")[0]))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Reserved is also the NAT64 of RFC 6052 and 8215, which leads to the IPv4 address in its last 32 bits."""
    is_plain = address.is_global and not address.is_multicast and not address.is_reserved
    return is_plain and not any(address in network for network in NOT_PUBLIC)


async def resolve(address: PbxAddress, allowed: Networks) -> str:
    """The checked IP address to connect to; every address of the name must be allowed. Raises LinkDown, NeedsPerson."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _no_name(address.host, error) from error
    return _checked(found, allowed)


def resolve_here(host: str, port: int, allowed: Networks) -> str:
    """The same, for whoever may wait in his thread."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _no_name(host, error) from error
    return _checked(found, allowed)


def _no_name(host: str, error: Exception) -> LinkDown:
    return LinkDown(f"the name {host} could not be found: {error}", trouble=Trouble.NO_NAME, detail=host)


def _checked(found: Sequence[tuple[Any, ...]], allowed: Networks) -> str:
    ips = [str(where[0]) for *_, where in found]
    for ip in ips:
        check_address(ip, allowed)
    return min(ips, key=lambda ip: ":" in ip)  # AMI listens on IPv4 unless told otherwise


class Server(Protocol):
    """What is to be known of a server to trust its TLS."""

    @property
    def host(self) -> str: ...
    @property
    def tls(self) -> bool: ...
    @property
    def certificate(self) -> str | None: ...
    @property
    def verify(self) -> bool: ...


def tls_context(address: Server) -> ssl.SSLContext | None:
    """How TLS is verified, or None without TLS. The server's name is checked later, by `check_certificate`."""
    if not address.tls:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if not address.verify:
        context.verify_mode = ssl.CERT_NONE
    elif address.certificate is None:
        context.load_default_certs()
    else:
        _trust(context, address.certificate)
    return context


def _trust(context: ssl.SSLContext, certificate: str) -> None:
    try:
        context.load_verify_locations(cadata=certificate)
    except ssl.SSLError as error:
        words = f"the PBX's certificate cannot be read: {error}"
        raise PbxNeedsPerson(words, trouble=Trouble.BAD_CERTIFICATE) from error
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the given certificate is trusted even if it is no authority


def check_certificate(address: Server, connection: ssl.SSLObject | ssl.SSLSocket) -> None:
    """Raise NeedsPerson unless the server showed the very certificate given, or one made out to its host name."""
    if not address.verify:
        return
    shown = connection.getpeercert(binary_form=True)
    given = [ssl.PEM_cert_to_DER_cert(pem) for pem in _PEM.findall(address.certificate or "")]
    if shown in given:
        return
    names = dict.fromkeys(str(pair[-1]) for pair in (connection.getpeercert() or {}).get("subjectAltName", ()))
    if not any(_is_for(str(name), address.host) for name in names):
        shown_names = ", ".join(names) or "no name"
        words = f"the PBX's certificate is for {shown_names}, not for {address.host}"
        raise PbxNeedsPerson(words, trouble=Trouble.OTHER_NAME, detail=shown_names)


def _is_for(name: str, host: str) -> bool:
    """Whether a certificate's name covers the host; a star stands for one whole first label (RFC 6125)."""
    name, host = name.lower(), host.lower()
    if name.startswith("*."):
        return host.partition(".")[2] == name[2:] and "." in name[2:]
    return name == host
