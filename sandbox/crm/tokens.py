"""Tokens as amoCRM makes them: signed claims, and opaque texts (docs/amocrm-contract.md §1.4, §2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from urllib.parse import urlsplit

from sandbox.crm.state import Account, Integration, Record, World

ACCESS_LIFE = 86_400
WIDGET_LIFE = 1_800
SCOPES = ["push_notifications", "files", "crm", "files_delete", "notifications"]
# amoCRM signs access tokens with a key it shows nobody; so does the sandbox.
ACCESS_KEY = "sandbox-access-key"


def sign(claims: Record, key: str) -> str:
    """A JWT, HS256."""
    head = _encode(json.dumps({"typ": "JWT", "alg": "HS256"}, separators=(",", ":")).encode())
    body = _encode(json.dumps(claims, separators=(",", ":")).encode())
    signature = hmac.new(key.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{_encode(signature)}"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def opaque(length: int = 700) -> str:
    """Codes and refresh tokens begin like this and have no structure a client may rely on."""
    return ("def502" + secrets.token_hex(length // 2))[:length]


def access_token(world: World, account: Account, client_id: str, user_id: int) -> str:
    now = world.now()
    claims = {
        "aud": client_id, "jti": secrets.token_hex(40), "iat": now, "nbf": now, "exp": now + ACCESS_LIFE,
        "sub": str(user_id), "grant_type": "", "account_id": account.id, "base_domain": world.domain,
        "version": 2, "scopes": SCOPES, "hash_uuid": str(uuid.uuid4()), "api_domain": f"api-a.{world.domain}",
    }  # fmt: skip
    return sign(claims, ACCESS_KEY)


def widget_token(world: World, account: Account, user: Record, integration: Integration) -> str:
    """What `$authorizedAjax` sends; `aud` has no port, as in the official client (docs/amocrm-contract.md §2)."""
    now, redirect = world.now(), urlsplit(integration.redirect_uri)
    claims = {
        "iss": world.account_url(account), "aud": f"{redirect.scheme}://{redirect.hostname}",
        "jti": str(uuid.uuid4()), "iat": now, "nbf": now, "exp": now + WIDGET_LIFE, "account_id": account.id,
        "user_id": user["id"], "subdomain": account.subdomain, "client_uuid": integration.client_id,
        "is_admin": user["is_admin"],
    }  # fmt: skip
    return sign(claims, integration.client_secret)


def disable_signature(integration: Integration, account_id: int) -> str:
    """Proves that the disable hook is amoCRM's (docs/amocrm-contract.md §1.7)."""
    message = f"{integration.client_id}|{account_id}"
    return hmac.new(integration.client_secret.encode(), message.encode(), hashlib.sha256).hexdigest()
