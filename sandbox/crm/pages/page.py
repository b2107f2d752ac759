"""A page of an account, with what the scripts on it know: who looks, what lies open, which widget runs."""

from __future__ import annotations

from typing import Any

from flask import render_template

from sandbox.crm import cards, fields
from sandbox.crm.context import account_host, host, parts, world
from sandbox.crm.pages.visitor import LANGUAGES, visitor
from sandbox.crm.state import Account, Record
from sandbox.crm.widgets import installed

AREAS = {"leads": "leads_card", "contacts": "contacts_card", "companies": "companies_card"}


def show(template: str, account: Account, area: str, **shown: Any) -> str:
    """`area` is amoCRM's code of the place (docs/amocrm-contract.md §4.6); `card` the kind and record that lie open."""
    kind, record = shown.pop("open", (None, None))
    me = visitor(account)
    return render_template(
        template, account=account, me=me, languages=LANGUAGES, session=_session(account, me),
        page={"area": area, "card": kind and _card(account, kind, record)}, buttons=list(parts().buttons), **shown,
    )  # fmt: skip


def _session(account: Account, me: Record | None) -> Record:
    """What stays the same while one looks around."""
    return {
        "user": me and _user(me),
        "lang": (me or {}).get("lang", "ru"),
        "account": {"id": account.id, "name": account.name, "subdomain": account.subdomain, "currency": "RUB",
                    "currency_symbol": "₽", "country": "RU", "timezone": "Europe/Moscow"},
        "users": [_user(user) for user in account.users.values()],
        "groups": [{"id": 0, "name": "Отдел продаж"}],
        "domain": host().domain,
        "server": account_host(account),
        "widget": installed.describe(world(), account),
    }  # fmt: skip


def _user(user: Record) -> Record:
    return {key: user[key] for key in ("id", "name", "email", "is_admin", "is_active", "phone_number")}


def _card(account: Account, kind: str, record: Record) -> Record:
    return {
        "kind": kind,
        "id": record["id"],
        "name": record["name"],
        "contacts": [_contact(contact) for contact in _contacts(account, kind, record)],
    }


def _contacts(account: Account, kind: str, record: Record) -> list[Record]:
    if kind == "leads":
        return [account.contacts[link["id"]] for link in record["contacts"]]
    return [record] if kind == "contacts" else cards.contacts_of_company(account, record["id"])


def _contact(contact: Record) -> Record:
    names = {key: contact[key] for key in ("id", "name", "first_name", "last_name")}
    return {**names, "phones": fields.phones(contact), "emails": []}
