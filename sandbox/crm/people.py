"""Contacts and companies: lists, search, reading, writing (docs/amocrm-contract.md §3.5)."""

from __future__ import annotations

from flask import Response, g

from sandbox.crm import cards, php
from sandbox.crm.answers import (
    args,
    batch,
    batch_or_one,
    chosen_by,
    collection,
    found,
    hal,
    links,
    order,
    ref,
    with_parts,
    within,
    written,
)
from sandbox.crm.context import act, caller, world
from sandbox.crm.gate import api
from sandbox.crm.schemas import CARDS, for_change
from sandbox.crm.state import Record
from sandbox.crm.validation import request_id, validate

HIDDEN_KEYS = ("tags", "company_id", "is_unsorted")
PEOPLE = "<any(contacts, companies):kind>"


@api.get(f"/v4/{PEOPLE}")
def list_people(kind: str) -> Response:
    shown = cards.visible(caller().account.table(kind).values())
    ordered = order(filtered(kind, shown), ("updated_at", "id"))
    return collection(kind, ordered, lambda card: show_person(kind, card))


@api.get(f"/v4/{PEOPLE}/<int:card_id>")
def read_person(kind: str, card_id: int) -> Response:
    card = caller().account.table(kind).get(card_id)
    return found(card if card and not card["is_deleted"] else None, lambda found_card: show_person(kind, found_card))


def filtered(kind: str, everything: list[Record]) -> list[Record]:
    """By `query` always; by `filter` only where the account pays for it (docs/amocrm-contract.md §0: else silently
    ignored)."""
    account, query, now = caller().account, php.first(args(), "query"), world().clock.now()
    if query:
        known = (card for card in everything if cards.indexed(account, kind, card, now))
        everything = [card for card in known if cards.matches(card, query)]
    return [card for card in everything if _passes(card)] if account.filter_on else everything


def _passes(card: Record) -> bool:
    return (
        chosen_by(card, "id")
        and chosen_by(card, "responsible_user_id")
        and within(card, "created_at")
        and within(card, "updated_at")
    )


def show_person(kind: str, card: Record) -> Record:
    shown = {key: value for key, value in card.items() if key not in HIDDEN_KEYS}
    unsorted_mark = {"is_unsorted": True} if card["is_unsorted"] else {}
    embedded = {"tags": card["tags"], **_companies(kind, card), **_asked(kind, card)}
    return {**shown, **unsorted_mark, "_links": links(f"/{kind}/{card['id']}"), "_embedded": embedded}


def _companies(kind: str, card: Record) -> Record:
    if kind == "companies":
        return {}
    return {"companies": [] if card["company_id"] is None else [ref("companies", card["company_id"])]}


def _asked(kind: str, card: Record) -> Record:
    """Leads, and a company's contacts, where `with` asks for them."""
    account, parts = caller().account, {}
    if kind == "contacts" and "customers" in with_parts():
        parts["customers"] = [ref("customers", each) for each in card.get("customers", ())]
    if "leads" in with_parts():
        if "leads_by" not in g:  # once for all cards of one answer
            g.leads_by = cards.leads_by(account, kind)
        parts["leads"] = [ref("leads", lead["id"]) for lead in g.leads_by.get(card["id"], ())]
    if kind == "companies" and "contacts" in with_parts():
        parts["contacts"] = [ref("contacts", c["id"]) for c in cards.contacts_of_company(account, card["id"])]
    return parts


@api.post(f"/v4/{PEOPLE}")
def add_people(kind: str) -> Response:
    items = batch()
    validate(caller().account, items, CARDS[kind])
    made = [
        ref(kind, cards.new_card(act(), kind, item)["id"], request_id=request_id(item, index))
        for index, item in enumerate(items)
    ]
    return written(kind, made, f"/{kind}")


@api.patch(f"/v4/{PEOPLE}")
@api.patch(f"/v4/{PEOPLE}/<int:card_id>")
def change_people(kind: str, card_id: int | None = None) -> Response:
    items = batch_or_one(card_id)
    validate(caller().account, items, for_change(kind), ("id",))
    changed = [_changed(kind, item) for item in items]
    return hal(changed[0]) if card_id else written(kind, changed, f"/{kind}")


def _changed(kind: str, item: Record) -> Record:
    card = caller().account.table(kind)[item["id"]]
    cards.change(act(), kind, card, item)
    return ref(kind, card["id"], name=card["name"], updated_at=card["updated_at"])
