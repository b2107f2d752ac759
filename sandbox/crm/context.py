"""What a view needs to know: the sandbox's parts, who asks, and under which host name."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import Enum
from typing import cast

from flask import current_app, g, request

from sandbox.crm.act import Act, Parts
from sandbox.crm.problems import Problem
from sandbox.crm.state import Account, Record, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose token it is; `user` is the amoCRM user with whose rights the request runs."""

    account: Account
    user: Record
    client_id: str


class HostKind(Enum):
    ACCOUNT = "account"
    PROMO = "promo"
    SHARED_API = "shared api"
    BARE = "bare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """`label` is the first part of the name, `domain` the rest with its port."""

    kind: HostKind
    label: str
    domain: str


def parts() -> Parts:
    return cast(Parts, current_app.extensions["crm"])


def world() -> World:
    return parts().world


def caller() -> Caller:
    return cast(Caller, g.caller)


def act() -> Act:
    return Act(parts=parts(), account=caller().account, user_id=caller().user["id"])


def read_host(host: str, own_domain: str) -> Host:
    """`www.` is the promo site, `api-a.` the shared API, an address or the domain itself is bare
    (docs/amocrm-contract.md §1.1)."""
    name = host.partition(":")[0]
    if host == own_domain or name == "localhost" or _is_address(name):
        return Host(kind=HostKind.BARE, label="", domain=own_domain)
    label, _, domain = host.partition(".")
    if label == "www":
        return Host(kind=HostKind.PROMO, label=label, domain=domain)
    kind = HostKind.SHARED_API if label.startswith("api-") else HostKind.ACCOUNT
    return Host(kind=kind, label=label, domain=domain)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def host() -> Host:
    return read_host(request.host, world().domain)


def account_host(account: Account) -> str:
    """The account's host name, in the spelling the caller uses for this sandbox."""
    return f"{account.subdomain}.{host().domain}"


def asked_account() -> Account:
    """The account whose host was asked; Problem 404 when there is none of that name."""
    asked = host()
    found = world().by_subdomain(asked.label) if asked.kind is HostKind.ACCOUNT else None
    if found is None:
        raise Problem(404)
    return found
