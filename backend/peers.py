"""From where a request comes: the connection's own address, or what a proxy of ours says of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]

OWNER_IPV6 = 48  # bits; a provider gives one customer up to so large a network (RIPE-690)
MOST_HOPS = 10  # addresses of X-Forwarded-For that are looked at


class BehindProxies:
    """X-Forwarded-For and X-Forwarded-Proto of proxies in these networks, and of nobody else. The visitor is the last
    address that is not a proxy's; what stands before it the visitor wrote. SCRIPT_NAME is never taken from a header.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], proxies: Networks) -> None:
        self._app, self._proxies = app, proxies

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = ""
        if is_within(environ.get("REMOTE_ADDR", ""), self._proxies):
            environ["REMOTE_ADDR"] = self._visitor(environ)
            if environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip() == "https":
                environ["wsgi.url_scheme"] = "https"
        return self._app(environ, start_response)

    def _visitor(self, environ: dict[str, Any]) -> str:
        found = str(environ["REMOTE_ADDR"])
        told = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[-MOST_HOPS:]
        for hop in reversed([each.strip() for each in told if each.strip()]):
            if _address(hop) is None:
                break
            found = hop
            if not is_within(hop, self._proxies):
                break
        return found


def owner_of(address: str | None) -> str:
    """What counts as one visitor: an IPv4 address, or the IPv6 network of one customer."""
    found = _address(address or "")
    if found is None:
        return address or ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, OWNER_IPV6), strict=False))
    return str(found)


def is_within(address: str, networks: Networks) -> bool:
    found = _address(address)
    return found is not None and any(found in network for network in networks)


def _address(told: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """IPv4 inside IPv6 is IPv4."""
    try:
        found = ipaddress.ip_address(told.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
