"""The one-time token that amoCRM gives a widget for our backend (docs/amocrm-contract.md §2): who calls, of which
account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

from backend.amocrm import values
from backend.amocrm.oauth import Integration

LEEWAY = 60  # seconds between amoCRM's clock and the service's
LONGEST = 4096  # characters; real ones have about 500


class BadToken(Exception):
    """The token is not amoCRM's, not for this integration, or not valid now; the text says which, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A user of the widget. `is_admin` is None when the token does not say: ask amoCRM then."""

    account_id: int
    user_id: int
    is_admin: bool | None
    host: str


def verify(token: str, integration: Integration, now: float) -> Visitor:
    """Who the token speaks for. Raises BadToken. The same token may come again: amoCRM does not forbid it."""
    if not integration.is_known:
        raise BadToken("AMOCRM_CLIENT_ID and AMOCRM_CLIENT_SECRET are not set")
    if not token or len(token) > LONGEST:
        raise BadToken("no token, or an endless one")
    try:
        key = OctKey.import_key(integration.client_secret)
        claims = jwt.decode(token, key, algorithms=["HS256"]).claims
        JWTClaimsRegistry(
            now=int(now), leeway=LEEWAY, exp={"essential": True}, nbf={"essential": True}, iat={"essential": True}
        ).validate(claims)
    except (JoseError, ValueError) as error:
        raise BadToken(f"{type(error).__name__}: {error}") from error
    _check_parties(claims, integration)
    return _visitor(claims)


def _check_parties(claims: dict[str, Any], integration: Integration) -> None:
    if values.text(claims.get("client_uuid")) != integration.client_id:
        raise BadToken("for another integration")
    if claims.get("aud") not in audiences(integration.redirect_uri):
        raise BadToken("for another address")
    if not integration.hosts.allows_origin(values.text(claims.get("iss"))):
        raise BadToken("not from an amoCRM host")


def audiences(redirect_uri: str) -> tuple[str, str]:
    """Scheme and host of the redirect address, without a port as amoCRM's own client builds it, or with it."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.hostname}", f"{parts.scheme}://{parts.netloc}"


def _visitor(claims: dict[str, Any]) -> Visitor:
    account_id, user_id = values.number(claims.get("account_id")), values.number(claims.get("user_id"))
    if not account_id or not user_id:
        raise BadToken("names no account or no user")
    admin = claims.get("is_admin")
    return Visitor(
        account_id=account_id,
        user_id=user_id,
        is_admin=admin if isinstance(admin, bool) else None,
        host=urlsplit(values.text(claims.get("iss"))).netloc,
    )
