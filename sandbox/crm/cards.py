"""Contacts, companies and leads as they are kept: made, changed, linked, found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.crm import announce, fields
from sandbox.crm.act import Act
from sandbox.crm.state import Account, Record

WON, LOST = 142, 143
CLOSED = (WON, LOST)
UNSORTED_STAGE = 1
LEAD_KEYS = ("name", "price", "pipeline_id", "status_id", "loss_reason_id", "closed_at")
COMMON_KEYS = ("responsible_user_id", "created_by", "updated_by", "created_at", "updated_at")


def new_card(act: Act, kind: str, item: Record, *, hidden: bool = False) -> Record:
    """A contact or company. `hidden`: it belongs to an unsorted record nobody accepted yet."""
    card = _common(act, kind, item)
    card |= {"is_unsorted": hidden, **_names(kind, item, f"{'Контакт' if kind == 'contacts' else 'Компания'}")}
    if kind == "contacts":
        card["company_id"] = _first_id(item, "companies")
    act.account.table(kind)[card["id"]] = card
    _born(act, kind, card)
    return card


def new_lead(act: Act, item: Record) -> Record:
    stage = _stage(act.account, item)
    lead = _common(act, "leads", item) | {
        "price": item.get("price") or 0, "status_id": stage["id"], "pipeline_id": stage["pipeline_id"],
        "loss_reason_id": item.get("loss_reason_id"), "closed_at": item.get("closed_at"), "contacts": [],
        "company_id": None, "source": item.get("_embedded", {}).get("source"),
    }  # fmt: skip
    lead["name"] = item.get("name") or f"Сделка #{lead['id']}"
    act.account.leads[lead["id"]] = lead
    _link_embedded(act, lead, item.get("_embedded") or {})
    _born(act, "leads", lead)
    act.trigger("lead_added", lead)
    return lead


def _common(act: Act, kind: str, item: Record) -> Record:
    sent = item.get("custom_fields_values")
    card = {
        "id": act.parts.world.keep_id(kind, item.get("id")), "name": item.get("name") or "",
        "responsible_user_id": item.get("responsible_user_id", act.user_id or _first_user(act.account)),
        "group_id": 0, "created_by": item.get("created_by", act.user_id), "closest_task_at": None,
        "updated_by": item.get("updated_by", act.user_id), "created_at": item.get("created_at", act.now),
        "updated_at": item.get("updated_at", act.now), "is_deleted": False, "tags": [],
        "custom_fields_values": fields.merged(act.account, kind, None, sent), "account_id": act.account.id,
    }  # fmt: skip
    _retag(act, kind, card, item)
    return card


def _first_user(account: Account) -> int:
    return next(iter(account.users), 0)


def _first_id(item: Record, kind: str) -> int | None:
    listed = (item.get("_embedded") or {}).get(kind) or []
    return int(listed[0]["id"]) if listed else None


def _names(kind: str, item: Record, unnamed: str) -> Record:
    """A contact's full name and its parts; either may be sent alone."""
    if kind == "companies":
        return {"name": item.get("name") or unnamed}
    first, last = item.get("first_name"), item.get("last_name")
    if first is None and last is None:
        first, _, last = (item.get("name") or unnamed).partition(" ")
    full = item.get("name") or " ".join(part for part in (first, last) if part)
    return {"name": full or unnamed, "first_name": first or "", "last_name": last or ""}


def first_stage(account: Account, pipeline_id: int) -> Record:
    statuses: list[Record] = account.pipelines[pipeline_id]["statuses"]
    return next(status for status in statuses if status["type"] != UNSORTED_STAGE)


def unsorted_stage(account: Account, pipeline_id: int) -> Record:
    statuses: list[Record] = account.pipelines[pipeline_id]["statuses"]
    return next(status for status in statuses if status["type"] == UNSORTED_STAGE)


def _stage(account: Account, item: Record) -> Record:
    pipeline_id = item.get("pipeline_id") or _pipeline_of(account, item.get("status_id"))
    asked = account.status(item.get("status_id") or 0, pipeline_id)
    return asked or first_stage(account, pipeline_id)


def _pipeline_of(account: Account, status_id: int | None) -> int:
    """The pipeline that has this stage; the main one for 142 and 143, which all have, and for none."""
    main: int = account.main_pipeline["id"]
    having = [p for p in account.pipelines if account.status(status_id or 0, p)]
    return main if main in having or not having else having[0]


def _retag(act: Act, kind: str, card: Record, item: Record) -> None:
    """`_embedded.tags` replaces the list, `tags_to_add` and `tags_to_delete` change it (docs/amocrm-contract.md
    §3.6)."""
    embedded = item.get("_embedded") or {}
    if "tags" in embedded:
        card["tags"] = [_tag(act, kind, tag) for tag in embedded["tags"] or []]
    gone = {(tag.get("id"), tag.get("name")) for tag in item.get("tags_to_delete") or []}
    card["tags"] = [t for t in card["tags"] if not {(t["id"], None), (None, t["name"])} & gone]
    added = [_tag(act, kind, tag) for tag in item.get("tags_to_add") or []]
    card["tags"] += [tag for tag in added if tag not in card["tags"]]


def _tag(act: Act, kind: str, sent: Record) -> Record:
    tag = tag_named(act, kind, sent["name"]) if "name" in sent else act.account.tags[sent["id"]]
    return {key: tag[key] for key in ("id", "name", "color")}


def tag_named(act: Act, kind: str, name: str) -> Record:
    """The tag of this entity type; made when there is none."""
    same = (t for t in act.account.tags.values() if t["name"] == name and t["entity_type"] == kind)
    known = next(same, None)
    if known is None:
        known = {"id": act.take_id("tags"), "name": name, "color": None, "entity_type": kind}
        act.account.tags[known["id"]] = known
    return known


def _link_embedded(act: Act, lead: Record, embedded: Record) -> None:
    contacts = embedded.get("contacts") or []
    main = next((c["id"] for c in contacts if c.get("is_main")), contacts[0]["id"] if contacts else None)
    for contact in contacts:
        link_contact(lead, contact["id"], is_main=contact["id"] == main)
    companies = embedded.get("companies") or []
    if companies:
        lead["company_id"] = companies[0]["id"]


def link_contact(lead: Record, contact_id: int, *, is_main: bool = False) -> None:
    """A lead has many contacts, one of them main; the first is main whatever was asked."""
    others = [link for link in lead["contacts"] if link["id"] != contact_id]
    if is_main:
        others = [{**link, "is_main": False} for link in others]
    lead["contacts"] = [*others, {"id": contact_id, "is_main": is_main or not others}]


def unlink_contact(lead: Record, contact_id: int) -> None:
    lead["contacts"] = [link for link in lead["contacts"] if link["id"] != contact_id]
    if lead["contacts"] and not any(link["is_main"] for link in lead["contacts"]):
        lead["contacts"][0]["is_main"] = True


def _born(act: Act, kind: str, card: Record) -> None:
    if act.account.search_lag:
        act.account.unindexed[f"{kind}/{card['id']}"] = act.now
    announce.added(act, kind, card)


def change(act: Act, kind: str, card: Record, item: Record) -> None:
    """Writes what was sent over the card and tells who listens."""
    before = dict(card)
    _overwrite(act, kind, card, item)
    if kind == "contacts" and {"name", "first_name", "last_name"} & set(item):
        parts = item if "name" in item else {"first_name": card["first_name"], "last_name": card["last_name"], **item}
        card.update(_names(kind, parts, card["name"]))
    if kind == "leads":
        _move(act, card, before, item)
    announce.changed(act, kind, card, before)


def _overwrite(act: Act, kind: str, card: Record, item: Record) -> None:
    keys = (*COMMON_KEYS, *(LEAD_KEYS if kind == "leads" else ("name",)))
    card["updated_by"], card["updated_at"] = act.user_id, act.now
    card.update({key: item[key] for key in keys if key in item})
    if "custom_fields_values" in item:
        sent = item["custom_fields_values"]
        old = card["custom_fields_values"] if sent else None
        card["custom_fields_values"] = fields.merged(act.account, kind, old, sent)
    _retag(act, kind, card, item)


def _move(act: Act, lead: Record, before: Record, item: Record) -> None:
    """Another pipeline without a stage means its first stage; closing dates the lead."""
    if "pipeline_id" in item and "status_id" not in item and item["pipeline_id"] != before["pipeline_id"]:
        lead["status_id"] = first_stage(act.account, lead["pipeline_id"])["id"]
    if lead["status_id"] != before["status_id"] and "closed_at" not in item:
        lead["closed_at"] = act.now if lead["status_id"] in CLOSED else None


def delete(act: Act, kind: str, card: Record) -> None:
    card["is_deleted"], card["updated_at"] = True, act.now
    announce.deleted(act, kind, card)


def restore(act: Act, kind: str, card: Record) -> None:
    card["is_deleted"], card["updated_at"] = False, act.now
    announce.restored(act, kind, card)


def merge(act: Act, kind: str, gone: Record, kept: Record) -> None:
    """One contact or company takes over the other's numbers and leads; the other is deleted."""
    for lead in leads_of(act.account, kind, gone["id"]):
        if kind == "companies":
            lead["company_id"] = kept["id"]
        else:
            unlink_contact(lead, gone["id"])
            link_contact(lead, kept["id"])
    announce.merged(act, kind, kept)
    change(act, kind, kept, {"custom_fields_values": fields.phone_values([*fields.phones(kept), *fields.phones(gone)])})
    delete(act, kind, gone)


def is_unsorted_lead(account: Account, lead: Record) -> bool:
    status = account.status(lead["status_id"], lead["pipeline_id"])
    return status is not None and status["type"] == UNSORTED_STAGE


def is_open(account: Account, lead: Record) -> bool:
    """Not deleted, not won or lost, and not in an unsorted stage."""
    closed = lead["is_deleted"] or lead["status_id"] in CLOSED
    return not closed and not is_unsorted_lead(account, lead)


def leads_of(account: Account, kind: str, card_id: int) -> list[Record]:
    """The leads of a contact or company that are not deleted, oldest first."""
    alive = (lead for lead in account.leads.values() if not lead["is_deleted"])
    return [lead for lead in alive if card_id in _ids(lead, kind)]


def leads_by(account: Account, kind: str) -> dict[Any, list[Record]]:
    """As `leads_of`, of all contacts or companies at once."""
    found: dict[Any, list[Record]] = {}
    for lead in account.leads.values():
        for card_id in () if lead["is_deleted"] else _ids(lead, kind):
            found.setdefault(card_id, []).append(lead)
    return found


def _ids(lead: Record, kind: str) -> list[Any]:
    return [link["id"] for link in lead["contacts"]] if kind == "contacts" else [lead["company_id"]]


def contacts_of_company(account: Account, company_id: int) -> list[Record]:
    return [c for c in account.contacts.values() if c["company_id"] == company_id and not c["is_deleted"]]


def visible(cards: Iterable[Record]) -> list[Record]:
    """What lists and searches show: not deleted, not waiting in unsorted (docs/amocrm-contract.md §3.5)."""
    return [card for card in cards if not card["is_deleted"] and not card.get("is_unsorted")]


def indexed(account: Account, kind: str, card: Record, now: float) -> bool:
    """Whether the search knows a new card already; `search_lag` is in seconds, infinite until told."""
    since = account.unindexed.get(f"{kind}/{card['id']}")
    return since is None or now >= since + account.search_lag


def matches(card: Record, query: str) -> bool:
    """amoCRM's fuzzy search: a piece of the name or of any value; five digits also match through spelling."""
    wanted, digits = query.casefold(), digits_of(query)
    for text in fields.texts(card):
        if wanted in text.casefold() or (len(digits) >= 5 and digits in digits_of(text)):
            return True
    return False


def digits_of(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def by_phone(account: Account, phone: str, tail: int) -> tuple[str, Record] | None:
    """Who has this number by its last `tail` digits: the oldest contact, else the oldest company
    (docs/amocrm-contract.md §3.9)."""
    wanted = digits_of(phone)[-tail:]
    for kind in ("contacts", "companies"):
        for card in sorted(visible(account.table(kind).values()), key=lambda c: (c["created_at"], c["id"])):
            if wanted and any(digits_of(number)[-tail:] == wanted for number in fields.phones(card)):
                return kind, card
    return None


def place_of_call(account: Account, phone: str, tail: int) -> tuple[str, Record] | None:
    """The client's only open lead, else his card (docs/amocrm-contract.md §3.9, §3.11)."""
    client = by_phone(account, phone, tail)
    if client is None:
        return None
    active = [lead for lead in leads_of(account, client[0], client[1]["id"]) if is_open(account, lead)]
    return ("leads", active[0]) if len(active) == 1 else client
