"""amoCRM's hosts, and how each is reached: the only module that decides the scheme."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

ACCOUNT_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.(?:amocrm\.ru|amocrm\.com|kommo\.com)")
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """`sandbox` is a host such as `localhost:8400`, "" in production: then the sandbox's hosts are not allowed."""

    sandbox: str = ""

    def is_sandbox(self, host: str) -> bool:
        label, _, parent = host.partition(".")
        return bool(self.sandbox) and parent == self.sandbox.lstrip(".") and bool(LABEL.fullmatch(label))

    def allows(self, host: str) -> bool:
        """True for an account's host, exactly; the client secret is sent to no other (docs/amocrm-contract.md §1.2)."""
        return bool(ACCOUNT_HOST.fullmatch(host)) or self.is_sandbox(host)

    def origin(self, host: str) -> str:
        """`https://acme.amocrm.ru`. Raises ValueError for a host that is not allowed."""
        if not self.allows(host):
            raise ValueError(f"not an amoCRM host: {host[:100]!r}")
        return f"{'http' if self.is_sandbox(host) else 'https'}://{host}"

    def allows_origin(self, origin: str) -> bool:
        """True for the origin of an account's pages, as a browser sends it."""
        host = origin.partition("://")[2]
        return self.allows(host) and origin == self.origin(host)

    def consent(self, *, kommo: bool = False) -> str:
        """The page that asks for consent: always on the www host (docs/amocrm-contract.md §1.2)."""
        www = f"www.{self.sandbox.lstrip('.')}" if self.sandbox else "www.kommo.com" if kommo else "www.amocrm.ru"
        return f"{self.origin(www)}/oauth"

    def session(self) -> requests.Session:
        """A session that reaches real hosts as usual, and the sandbox's names on this machine."""
        session = requests.Session()
        if self.sandbox:
            session.mount("http://", _ToThisMachine())
        return session


class _ToThisMachine(HTTPAdapter):
    """Names under `.localhost` are loopback to browsers (RFC 6761) but unknown to the system's resolver."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        assert isinstance(parts.netloc, str)
        if (parts.hostname or "").endswith(".localhost"):
            request.headers["Host"] = parts.netloc
            request.url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{parts.port or 80}"))
            options["proxies"] = None
        return super().send(request, *args, **options)
