"""The OAuth endpoints and the consent page (docs/amocrm-contract.md §1)."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from sandbox.crm import grants
from sandbox.crm.context import HostKind, account_host, asked_account, host, world
from sandbox.crm.gate import bearer_grant
from sandbox.crm.grants import Refused
from sandbox.crm.problems import Problem
from sandbox.crm.state import Account, Integration, Record

oauth = Blueprint("oauth", __name__)
PLATFORM = "1"
DETAIL = "В запросе отсутствует ряд параметров или параметры невалидны"
MAX_STATE = 2000


@oauth.post("/oauth2/access_token")
def exchange() -> Response:
    account = asked_account()
    sent = request.get_json(force=True, silent=True)
    try:
        return _json(grants.exchange(world(), account, sent if isinstance(sent, dict) else {}))
    except Refused as refused:
        return _refusal(refused)


def _json(body: Record, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")


def _refusal(refused: Refused) -> Response:
    kind = "https://developers.amocrm.ru/v3/errors/OAuthProblemJson"
    body = {"hint": refused.hint, "title": "Некорректный запрос", "type": kind, "status": refused.status}
    return _json({**body, "detail": DETAIL}, refused.status)


@oauth.get("/oauth2/account/current/subdomain")
def read_subdomain() -> Response:
    """Where an account lives now, by a refresh token, on the shared API host (docs/amocrm-contract.md §1.6)."""
    if host().kind is not HostKind.SHARED_API:
        raise Problem(404)
    grant = grants.find_refresh(world(), request.headers.get("X-Refresh-Token", ""))
    if grant is None or grant["revoked"] or grant["used"] or world().clock.now() >= grant["expires_at"]:
        raise Problem(401)
    return _json(_address(world().accounts[grant["account_id"]]))


@oauth.get("/oauth2/account/subdomain")
def read_subdomain_by_access_token() -> Response:
    """The deprecated twin, on the promo host."""
    grant = bearer_grant()
    if host().kind is not HostKind.PROMO:
        raise Problem(404)
    if grant is None:
        raise Problem(401)
    return _json(_address(world().accounts[grant["account_id"]]))


def _address(account: Account) -> Record:
    names = {"subdomain": account.subdomain, "domain": account_host(account), "top_level_domain": "ru"}
    return {"id": account.id, **names}


@oauth.get("/v3/user")
def read_owner() -> Response:
    account, grant = asked_account(), bearer_grant()
    if grant is None or grant["account_id"] != account.id:
        raise Problem(401)
    user = account.users[grant["user_id"]]
    return _json({key: user[key] for key in ("id", "name", "email")})


@oauth.get("/oauth")
def ask_consent() -> str:
    integration = _asked_integration(request.args.get("client_id", ""))
    return render_template(
        "consent.html", integration=integration, accounts=world().accounts.values(), asked=request.args
    )


@oauth.post("/oauth")
def answer_consent() -> BaseResponse:
    integration = _asked_integration(request.form.get("client_id", ""))
    state = request.form.get("state", "")[:MAX_STATE]
    echoed = {"state": state} if state else {}
    if request.form.get("decision") != "accept":
        return _back(integration, {"error": "access_denied", **echoed, "client_id": integration.client_id})
    account, user_id = _chosen()
    code = _grant(account, integration, user_id)
    query = {"code": code, **echoed, "referer": account_host(account), "platform": PLATFORM}
    return _back(integration, {**query, "client_id": integration.client_id})


def _asked_integration(client_id: str) -> Integration:
    """On an account's own host this page does not exist (docs/amocrm-contract.md §1.2)."""
    integration = world().integrations.get(client_id)
    if integration is None or host().kind not in (HostKind.PROMO, HostKind.BARE):
        raise Problem(404)
    return integration


def _chosen() -> tuple[Account, int]:
    account_id, _, user_id = request.form.get("who", "").partition(":")
    account = world().accounts.get(int(account_id)) if account_id.isdecimal() else None
    if account is None or not user_id.isdecimal() or int(user_id) not in account.users:
        raise Problem(400, "Choose an account and a user")
    return account, int(user_id)


def _grant(account: Account, integration: Integration, user_id: int) -> str:
    """The first grant of an account must be an admin's (docs/amocrm-contract.md §1.2)."""
    user = account.users[user_id]
    if not user["is_active"] or not (user["is_admin"] or integration.client_id in account.installs):
        raise Problem(403)
    fresh = {"user_id": user_id, "at": world().now(), "settings": {}}
    account.installs.setdefault(integration.client_id, fresh)
    return grants.give_code(world(), account, integration, user_id)


def _back(integration: Integration, query: dict[str, str]) -> BaseResponse:
    return redirect(with_query(integration.redirect_uri, query))


def with_query(url: str, query: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
