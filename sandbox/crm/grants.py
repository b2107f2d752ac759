"""Codes and tokens: given, exchanged once, refreshed once, revoked (docs/amocrm-contract.md §1.2, §1.3)."""

from __future__ import annotations

from typing import NoReturn

from sandbox.crm import tokens
from sandbox.crm.state import Account, Integration, Record, World

CODE_LIFE = 20 * 60
REFRESH_LIFE = 90 * 86_400


class Refused(Exception):
    """The token endpoint says no: a status and amoCRM's hint."""

    def __init__(self, status: int, hint: str) -> None:
        super().__init__(status, hint)
        self.status = status
        self.hint = hint


def give_code(world: World, account: Account, integration: Integration, user_id: int) -> str:
    code = tokens.opaque(400)
    world.grants["code"][code] = {
        **_whose(account, integration.client_id, user_id),
        "expires_at": world.clock.now() + CODE_LIFE,
        "used": False,
        "revoked": False,
    }
    return code


def _whose(account: Account, client_id: str, user_id: int) -> Record:
    by_admin = account.users[user_id]["is_admin"]
    return {"account_id": account.id, "client_id": client_id, "user_id": user_id, "by_admin": by_admin}


def exchange(world: World, account: Account, sent: Record) -> Record:
    """A pair of tokens for a code or a refresh token; raises Refused."""
    integration = _integration(world, sent)
    if sent.get("grant_type") == "authorization_code":
        grant = _use_code(world, str(sent.get("code")))
        parent = None
    elif sent.get("grant_type") == "refresh_token":
        parent = str(sent.get("refresh_token"))
        grant = _check_refresh(world, parent)
    else:
        raise Refused(400, "Check the `grant_type` parameter")
    if grant["client_id"] != integration.client_id or grant["account_id"] != account.id:
        raise Refused(400, "Invalid account")
    _use(world, grant, parent)
    return give_pair(world, account, integration.client_id, grant["user_id"], parent)


def _integration(world: World, sent: Record) -> Integration:
    integration = world.integrations.get(str(sent.get("client_id")))
    if integration is None:
        _wrong("client_id")
    if sent.get("client_secret") != integration.client_secret:
        _wrong("client_secret")
    if sent.get("redirect_uri") != integration.redirect_uri:
        raise Refused(400, "Redirect URI is not associated with client")
    return integration


def _wrong(parameter: str) -> NoReturn:
    raise Refused(400, f"Check the `{parameter}` parameter")


def _use_code(world: World, code: str) -> Record:
    grant = world.grants["code"].get(code)
    if grant is None:
        raise Refused(400, "Cannot decrypt the authorization code")
    if grant["used"] or grant["revoked"]:
        raise Refused(400, "Authorization code has been revoked")
    if world.clock.now() >= grant["expires_at"]:
        raise Refused(400, "Authorization code has expired")
    return grant


def _check_refresh(world: World, token: str) -> Record:
    grant = find_refresh(world, token)
    if grant is None:
        raise Refused(401, "Cannot decrypt the refresh token")
    if grant["revoked"] or (grant["used"] and not world.grace_until_new_used):
        raise Refused(401, "Token has been revoked")
    if world.clock.now() >= grant["expires_at"]:
        raise Refused(401, "Token has expired")
    return grant


def find_refresh(world: World, token: str) -> Record | None:
    return world.grants["refresh"].get(token)


def _use(world: World, grant: Record, token: str | None) -> None:
    """Marks it used. Using a refresh token ends its parent's grace, where there is one (docs/amocrm-contract.md §1.3,
    Kommo)."""
    grant["used"] = True
    parent = find_refresh(world, grant["parent"]) if token and grant["parent"] else None
    if parent:
        parent["revoked"] = True


def give_pair(world: World, account: Account, client_id: str, user_id: int, parent: str | None = None) -> Record:
    """New tokens, written down and in the answer's shape."""
    access, refresh = tokens.access_token(world, account, client_id, user_id), tokens.opaque()
    whose, now = {**_whose(account, client_id, user_id), "revoked": False}, world.clock.now()
    world.grants["access"][access] = {**whose, "expires_at": now + tokens.ACCESS_LIFE}
    world.grants["refresh"][refresh] = {
        **whose, "expires_at": now + REFRESH_LIFE, "used": False, "parent": parent,
    }  # fmt: skip
    return {
        "token_type": "Bearer", "expires_in": tokens.ACCESS_LIFE, "server_time": world.now(),
        "access_token": access, "refresh_token": refresh,
    }  # fmt: skip


def revoke(world: World, account: Account, client_id: str | None = None, kinds: tuple[str, ...] = ()) -> int:
    """Ends the account's grants, of one integration or of all; how many there were."""
    chosen = [
        grant
        for kind in kinds or tuple(world.grants)
        for grant in world.grants[kind].values()
        if grant["account_id"] == account.id and client_id in (None, grant["client_id"]) and not grant["revoked"]
    ]
    for grant in chosen:
        grant["revoked"] = True
    return len(chosen)
