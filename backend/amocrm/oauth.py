"""The integration's side of OAuth (docs/amocrm-contract.md §1): code and refresh token for tokens, the disable hook's
signature.

amoCRM's exchange takes JSON, wants `redirect_uri` in a refresh too and answers errors without OAuth's `error` key,
so these few lines stand in for an OAuth library, every part of which would have to be overridden.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from backend.amocrm import outcome, values
from backend.amocrm.client import exchange
from backend.amocrm.errors import Rejected, TryLater
from backend.amocrm.hosts import Hosts
from backend.amocrm.meanings import Meaning
from backend.amocrm.outcome import Reply
from backend.amocrm.requests import Request, Way

A_DAY, LONGEST_LIFE = 86_400, 5 * 366 * 86_400  # seconds; the longest that a token of ours may live is five years
TOKEN_PATH = "/oauth2/access_token"
SUBDOMAIN_PATH = "/oauth2/account/current/subdomain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The tokens of an account; times are Unix seconds. Without `refresh` it is a long-lived token of a pilot."""

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
    """The integration as registered in amoCRM, and the trusted hosts."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    hosts: Hosts
    clock: Callable[[], float] = time.time

    @property
    def is_known(self) -> bool:
        """Without both keys nothing can be signed by amoCRM, for an empty key signs for everybody."""
        return bool(self.client_id and self.client_secret)

    def consent_page(self, state: str, *, kommo: bool = False) -> str:
        """The address of the consent page; its window then returns with a code and this state."""
        query = {"client_id": self.client_id, "state": state, "mode": "post_message"}
        return f"{self.hosts.consent(kommo=kommo)}?{urlencode(query)}"

    def signs_disabling(self, account_id: str, signature: str) -> bool:
        """True when the disable hook's signature is amoCRM's (docs/amocrm-contract.md §1.7); never while we have no
        secret."""
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
        """The account's current host, None when amoCRM does not name one. Raises TryLater."""
        if not self.hosts.allows(api_domain):
            return None
        with self.hosts.session() as session:
            url = self.hosts.origin(api_domain) + SUBDOMAIN_PATH
            reply = exchange(session, "GET", url, headers={"X-Refresh-Token": refresh_token})
        if reply.status == 429 or reply.status >= 500:
            raise outcome.doubt(reply, Meaning.LATER)
        domain = values.text(values.mapping(reply.json).get("domain")) if reply.status == 200 else ""
        return domain if self.hosts.allows(domain) else None

    def _exchange(self, host: str, grant: dict[str, str]) -> Tokens:
        keys = {"client_id": self.client_id, "client_secret": self.client_secret, "redirect_uri": self.redirect_uri}
        request = Request(method="POST", path=TOKEN_PATH, way=Way.ADD, body={**keys, **grant})
        with self.hosts.session() as session:
            reply = exchange(session, "POST", self.hosts.origin(host) + request.path, body=request.body)
        if refuses_grant(reply):
            raise outcome.rejection(reply)
        return _tokens(outcome.result(request, _in_time(reply)), self.clock())


def refuses_grant(reply: Reply) -> bool:
    """A 400 or 401 that says why, as only the exchange itself does (docs/amocrm-contract.md §1.3); all else may pass,
    and a host that
    is not there (404) may be another account's by now."""
    told = values.mapping(reply.json)
    says_why = "hint" in told or "error" in told or values.text(told.get("type")).endswith("OAuthProblemJson")
    return (reply.status in (400, 401) and says_why) or (reply.status == 404 and bool(reply.problem))


def blames_integration(refusal: Rejected) -> bool:
    """True when the integration's keys or address are wrong, not the account's grant: then no account may be marked as
    without access."""
    return any(word in str(refusal) for word in ("`client_id`", "`client_secret`", "Redirect URI"))


def _in_time(reply: Reply) -> Reply:
    """A ban, a page of HTML or a refusal without a reason in place of the exchange says nothing about the grant."""
    if 300 <= reply.status < 500:
        raise outcome.doubt(reply, Meaning.LATER)
    return reply


def claims(token: str) -> dict[str, Any]:
    """The claims of an amoCRM access token, unverified: no key is published (docs/amocrm-contract.md §1.4). {} when
    unreadable."""
    try:
        payload = token.split(".")[1]
        return values.mapping(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    except (ValueError, IndexError):
        return {}


def long_lived(token: str, now: float) -> Tokens:
    """A token from the integration's Keys tab: no refresh, its end is in its claims (docs/amocrm-contract.md §1.8)."""
    return Tokens(access=token, refreshed_at=now, expires_at=values.moment(claims(token).get("exp")) or None)


def _tokens(body: Any, now: float) -> Tokens:
    """Times are amoCRM's, or ours (`now`) where it does not say them: one version of its reference has none."""
    told = values.mapping(body)
    access, refresh = values.text(told.get("access_token")), values.text(told.get("refresh_token"))
    if not access or not refresh:
        raise TryLater("amoCRM's exchange answered without tokens")
    at = values.moment(told.get("server_time")) or now
    life = min(max(values.number(told.get("expires_in")) or A_DAY, 0), LONGEST_LIFE) or A_DAY
    return Tokens(access=access, refresh=refresh, refreshed_at=float(at), expires_at=float(at + life))
