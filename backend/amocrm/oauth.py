"""The integration's side of OAuth (contract §1): code and refresh token for tokens, the disable hook's signature.

amoCRM's exchange takes JSON, wants `redirect_uri` in a refresh too and answers errors without OAuth's `error` key,
so these few lines stand in for an OAuth library, every part of which would have to be overridden.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from backend.amocrm import outcome, values
from backend.amocrm.client import exchange
from backend.amocrm.errors import Rejected, TryLater
from backend.amocrm.hosts import Hosts
from backend.amocrm.outcome import Reply
from backend.amocrm.requests import Request

TOKEN_PATH = "/oauth2/access_token"
SUBDOMAIN_PATH = "/oauth2/account/current/subdomain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What opens an account; times are Unix seconds. Without `refresh` it is a long-lived token of a pilot."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False, default=None)
    refreshed_at: float
    expires_at: float | None

    @property
    def account_id(self) -> int | None:
        """The account's id as the token itself claims it, unverified; None when it claims none."""
        return values.number(claims(self.access).get("account_id"))

    @property
    def api_domain(self) -> str:
        return values.text(claims(self.access).get("api_domain"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """Our integration as amoCRM knows it, and the hosts we believe."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    hosts: Hosts

    @property
    def is_known(self) -> bool:
        """Without both keys nothing can be signed by amoCRM, for an empty key signs for everybody."""
        return bool(self.client_id and self.client_secret)

    def consent_page(self, state: str, *, kommo: bool = False) -> str:
        """Where to send a browser for consent; its window then comes back with a code and this state."""
        query = {"client_id": self.client_id, "state": state, "mode": "post_message"}
        return f"{self.hosts.consent(kommo=kommo)}?{urlencode(query)}"

    def signs_disabling(self, account_id: str, signature: str) -> bool:
        """True when the disable hook's signature is amoCRM's (contract §1.7); never while we have no secret."""
        if not self.is_known:
            return False
        told = f"{self.client_id}|{account_id}".encode()
        expected = hmac.new(self.client_secret.encode(), told, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.lower().encode())

    def redeem(self, host: str, code: str) -> Tokens:
        """The tokens for a code, which works once and for 20 minutes. Raises as `exchange`, and Rejected."""
        return self._exchange(host, {"grant_type": "authorization_code", "code": code})

    def renew(self, host: str, refresh_token: str) -> Tokens:
        """New tokens; the old refresh token is dead afterwards. Raises Unclear when the answer was lost."""
        return self._exchange(host, {"grant_type": "refresh_token", "refresh_token": refresh_token})

    def find_host(self, api_domain: str, refresh_token: str) -> str | None:
        """Where the account lives now, None when amoCRM does not say. Raises TryLater."""
        if not self.hosts.allows(api_domain):
            return None
        request = Request(method="GET", path=SUBDOMAIN_PATH)
        with self.hosts.session() as session:
            url = self.hosts.origin(api_domain) + request.path
            reply = exchange(session, "GET", url, headers={"X-Refresh-Token": refresh_token})
        if reply.status == 429 or reply.status >= 500:
            raise outcome.failure(request, reply)
        domain = values.text(values.mapping(reply.json).get("domain")) if reply.status == 200 else ""
        return domain if self.hosts.allows(domain) else None

    def _exchange(self, host: str, grant: dict[str, str]) -> Tokens:
        keys = {"client_id": self.client_id, "client_secret": self.client_secret, "redirect_uri": self.redirect_uri}
        request = Request(method="POST", path=TOKEN_PATH, body={**keys, **grant})
        with self.hosts.session() as session:
            reply = exchange(session, "POST", self.hosts.origin(host) + request.path, body=request.body)
        if is_grant_dead(reply):
            raise outcome.rejection(reply)
        return _tokens(outcome.result(request, _in_time(reply)))


def is_grant_dead(reply: Reply) -> bool:
    """A 400, 401 or 404 in JSON is a definite no; all else may pass (contract §1.3)."""
    return reply.status in (400, 401, 404) and isinstance(reply.json, dict)


def blames_integration(refusal: Rejected) -> bool:
    """True when our keys or address are wrong, not the account's grant: no account may be given up for that."""
    return any(word in str(refusal) for word in ("`client_id`", "`client_secret`", "Redirect URI"))


def _in_time(reply: Reply) -> Reply:
    """A ban or a page of HTML in place of the exchange says nothing about the grant."""
    if 400 <= reply.status < 500:
        raise TryLater(outcome.detail(reply), status=reply.status, retry_after=outcome.retry_after(reply))
    return reply


def claims(token: str) -> dict[str, Any]:
    """The claims of an amoCRM access token, unverified: no key is published (contract §1.4). {} when unreadable."""
    try:
        payload = token.split(".")[1]
        return values.mapping(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    except (ValueError, IndexError):
        return {}


def long_lived(token: str, now: float) -> Tokens:
    """A token from the integration's Keys tab: no refresh, its end is in its claims (contract §1.8)."""
    return Tokens(access=token, refreshed_at=now, expires_at=values.number(claims(token).get("exp")))


def _tokens(body: Any) -> Tokens:
    told = values.mapping(body)
    access, refresh = values.text(told.get("access_token")), values.text(told.get("refresh_token"))
    if not access or not refresh:
        raise TryLater("amoCRM's exchange answered without tokens")
    at = values.number(told.get("server_time")) or 0
    life = values.number(told.get("expires_in")) or 86_400
    return Tokens(access=access, refresh=refresh, refreshed_at=float(at), expires_at=float(at + life))
