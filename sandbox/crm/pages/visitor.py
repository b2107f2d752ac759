"""Who looks: the user this browser is signed in as in this account, by a cookie; without one, the first user."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from sandbox.crm.context import HostKind, host, world
from sandbox.crm.state import Account, Record

visits = Blueprint("visits", __name__)
COOKIE = "user"
LANGUAGES = {"ru": "русский", "en": "English"}


def asked_account() -> Account:
    """The account of this host; a page of 404 when there is none."""
    asked = host()
    found = world().by_subdomain(asked.label) if asked.kind is HostKind.ACCOUNT else None
    if found is None:
        abort(404)
    return found


def visitor(account: Account) -> Record | None:
    """None where the account has nobody yet."""
    named = request.cookies.get(COOKIE, "")
    user = account.users.get(int(named)) if named.isdecimal() and len(named) < 16 else None
    return user if user and user["is_active"] else next(iter(account.users.values()), None)


@visits.get("/enter/<int:user_id>")
def enter(user_id: int) -> Response:
    """Signs in as this user, in `lang` if it is named, and goes to the page `to` of this account."""
    user, language = asked_account().users.get(user_id), request.args.get("lang")
    if user is None or not user["is_active"] or language not in (None, *LANGUAGES):
        abort(400)
    if language:
        user["lang"] = language
    answer = redirect(_own_page(request.args.get("to", "")))
    answer.set_cookie(COOKIE, str(user_id), httponly=True, samesite="Lax")
    return answer


def _own_page(to: str) -> str:
    """A path here, never another site's address."""
    parts = urlsplit(to)
    own = to.startswith("/") and not to.startswith(("//", "/\\")) and not parts.netloc
    return to if own else "/leads"
