"""The door of the API: who asks, whether the account is paid, how often it may be asked."""

from __future__ import annotations

from flask import Blueprint, Response, g, request

from sandbox.crm.context import Caller, asked_account, caller, parts, world
from sandbox.crm.limits import Verdict
from sandbox.crm.problems import Problem, blocked, too_many
from sandbox.crm.state import Account, Record

api = Blueprint("api", __name__, url_prefix="/api")


@api.before_request
def admit() -> Response | None:
    """Sets the caller, or answers 401, 402, 403, 404 or 429."""
    with world().lock:
        g.caller = _read_caller(asked_account())
        refusal = _limited()
        if refusal is None and not caller().account.paid:
            raise Problem(402)
        return refusal


def _limited() -> Response | None:
    limiter, asking = parts().limiter, caller()
    verdict = limiter.ask(asking.account.id, asking.client_id, world().clock.now())
    if verdict is Verdict.PASS:
        return None
    if verdict is Verdict.BANNED or limiter.limits.html:
        return blocked()
    return too_many(limiter.limits.retry_after)


def _read_caller(account: Account) -> Caller:
    grant = bearer_grant()
    if grant is None or grant["account_id"] != account.id:
        raise Problem(401)
    user = account.users.get(grant["user_id"])
    # A grant by an admin survives his leaving; another's dies with him (docs/amocrm-contract.md §1.2).
    if user is None or not (user["is_active"] or grant["by_admin"]):
        raise Problem(401)
    return Caller(account=account, user=_acting_user(account, user), client_id=grant["client_id"])


def bearer_grant() -> Record | None:
    """The valid access grant of the Authorization header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    grant = world().grants["access"].get(token)
    valid = grant and scheme == "Bearer" and not grant["revoked"] and world().clock.now() < grant["expires_at"]
    return grant if valid else None


def _acting_user(account: Account, user: Record) -> Record:
    """`X-Context-User-ID` lends another user's rights to an admin's token (docs/amocrm-contract.md §1.5)."""
    asked = request.headers.get("X-Context-User-ID")
    if asked is None:
        return user
    other = account.users.get(int(asked)) if asked.isdecimal() and len(asked) < 16 else None
    if not user["is_admin"] or other is None or other["is_free"] or not other["is_active"]:
        raise Problem(401)
    return other


def admins_only() -> None:
    """Problem 403 for anybody else (docs/amocrm-contract.md §3.4, §3.19)."""
    if not caller().user["is_admin"]:
        raise Problem(403)
