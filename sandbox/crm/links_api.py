"""Who belongs to whom: contacts and companies of leads, companies of contacts (docs/amocrm-contract.md §3.14)."""

from __future__ import annotations

from flask import Response

from sandbox.crm import announce, cards
from sandbox.crm.answers import batch, hal, links, nothing, wanted
from sandbox.crm.context import act, caller
from sandbox.crm.gate import api
from sandbox.crm.notes import KIND
from sandbox.crm.problems import Problem
from sandbox.crm.state import Account, Record
from sandbox.crm.validation import Checker, Schema, anything, in_table, integer, one_of, validate

TARGETS = ("leads", "contacts", "companies")
ITEM: Schema = {"to_entity_id": integer, "to_entity_type": one_of(*TARGETS), "metadata": anything}
# Each pair is kept on its first member.
KEEPERS = {
    ("leads", "contacts"): False, ("contacts", "leads"): True, ("leads", "companies"): False,
    ("companies", "leads"): True, ("contacts", "companies"): False, ("companies", "contacts"): True,
}  # fmt: skip


@api.get(f"/v4/{KIND}/<int:entity_id>/links")
def list_links(kind: str, entity_id: int) -> Response:
    if entity_id not in caller().account.table(kind):
        raise Problem(404)
    return _shown(_links_of(caller().account, kind, entity_id), f"/{kind}/{entity_id}/links")


@api.get(f"/v4/{KIND}/links")
def list_many_links(kind: str) -> Response:
    asked = [int(text) for text in wanted("filter", "entity_id") if text.isdecimal()]
    known = [entity_id for entity_id in asked if entity_id in caller().account.table(kind)]
    found = [link for entity_id in known for link in _links_of(caller().account, kind, entity_id)]
    return _shown(found, f"/{kind}/links")


def _shown(found: list[Record], path: str) -> Response:
    if not found:
        return nothing()
    return hal({"_total_items": len(found), "_links": links(path), "_embedded": {"links": found}})


def _links_of(account: Account, kind: str, entity_id: int) -> list[Record]:
    pairs = _pairs_of_lead(account.leads[entity_id]) if kind == "leads" else _pairs(account, kind, entity_id)
    start = {"entity_id": entity_id, "entity_type": kind}
    return [{**start, "to_entity_id": i, "to_entity_type": k, "metadata": m} for k, i, m in pairs]


def _pairs_of_lead(lead: Record) -> list[tuple[str, int, Record | None]]:
    contacts = [("contacts", link["id"], {"main_contact": link["is_main"]}) for link in lead["contacts"]]
    return contacts + ([("companies", lead["company_id"], None)] if lead["company_id"] else [])


def _pairs(account: Account, kind: str, card_id: int) -> list[tuple[str, int, Record | None]]:
    pairs: list[tuple[str, int, Record | None]] = [
        ("leads", lead["id"], None) for lead in cards.leads_of(account, kind, card_id)
    ]
    if kind == "companies":
        return pairs + [("contacts", c["id"], None) for c in cards.contacts_of_company(account, card_id)]
    company_id = account.contacts[card_id]["company_id"]
    return pairs + ([("companies", company_id, None)] if company_id else [])


def _read(kind: str, entity_id: int | None) -> list[Record]:
    """The items of the batch, each with the entity it starts from."""
    items = batch()
    if entity_id is not None:
        items = [{"entity_id": entity_id, **item} if isinstance(item, dict) else item for item in items]
    schema = {**ITEM, "entity_id": in_table(kind)}

    def check_target(checker: Checker, item: Record) -> None:
        target = item["to_entity_type"]
        fits = (kind, target) in KEEPERS and item["to_entity_id"] in checker.account.table(target)
        checker.require(fits, "NotSupportedChoice", "to_entity_id")

    validate(caller().account, items, schema, ("entity_id", "to_entity_id", "to_entity_type"), check_target)
    return items


@api.post(f"/v4/{KIND}/link")
@api.post(f"/v4/{KIND}/<int:entity_id>/link")
def link(kind: str, entity_id: int | None = None) -> Response:
    items = _read(kind, entity_id)
    for item in items:
        _join(caller().account, kind, item, joined=True)
        announce.joined(act(), kind, item["entity_id"], joined=True)
    made = [made for item in items for made in _made(kind, item)]
    return _shown(made, f"/{kind}/{entity_id}/links" if entity_id else f"/{kind}/links")


def _made(kind: str, item: Record) -> list[Record]:
    found = _links_of(caller().account, kind, item["entity_id"])
    return [
        link
        for link in found
        if (link["to_entity_type"], link["to_entity_id"]) == (item["to_entity_type"], item["to_entity_id"])
    ]


@api.post(f"/v4/{KIND}/unlink")
@api.post(f"/v4/{KIND}/<int:entity_id>/unlink")
def unlink(kind: str, entity_id: int | None = None) -> Response:
    for item in _read(kind, entity_id):
        _join(caller().account, kind, item, joined=False)
        announce.joined(act(), kind, item["entity_id"], joined=False)
    return nothing()


def _join(account: Account, kind: str, item: Record, *, joined: bool) -> None:
    ends = [(kind, item["entity_id"]), (item["to_entity_type"], item["to_entity_id"])]
    (keeper_kind, keeper_id), (other_kind, other_id) = ends[::-1] if KEEPERS[ends[0][0], ends[1][0]] else ends
    keeper = account.table(keeper_kind)[keeper_id]
    if other_kind == "companies":
        keeper["company_id"] = other_id if joined else None
    elif joined:
        cards.link_contact(keeper, other_id, is_main=bool((item.get("metadata") or {}).get("is_main")))
    else:
        cards.unlink_contact(keeper, other_id)
