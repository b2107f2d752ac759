"""Leads, one by one and with their contact in one go (docs/amocrm-contract.md §3.6)."""

from __future__ import annotations

from typing import Any

from flask import Response

from sandbox.crm import cards, fields, unsorted_records
from sandbox.crm.answers import (
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
    written,
)
from sandbox.crm.context import act, caller
from sandbox.crm.gate import api
from sandbox.crm.people import filtered
from sandbox.crm.schemas import COMPANY, CONTACT, LEAD, SOURCE, TAGS, check_stage, for_change
from sandbox.crm.state import Record
from sandbox.crm.validation import Checker, Rule, Schema, in_table, list_of, nested, request_id, validate

MAX_COMPLEX = 50
HIDDEN_KEYS = ("tags", "contacts", "company_id", "source")


@api.get("/v4/leads")
def list_leads() -> Response:
    deleted = "only_deleted" in with_parts()
    leads = [lead for lead in caller().account.leads.values() if lead["is_deleted"] == deleted]
    chosen = [lead for lead in filtered("leads", leads) if _passes(lead)]
    return collection("leads", order(chosen, ("created_at", "updated_at", "id")), show_lead)


def _passes(lead: Record) -> bool:
    return not caller().account.filter_on or (chosen_by(lead, "pipeline_id") and chosen_by(lead, "status_id"))


@api.get("/v4/leads/<int:lead_id>")
def read_lead(lead_id: int) -> Response:
    lead = caller().account.leads.get(lead_id)
    return found(lead if lead and not lead["is_deleted"] else None, show_lead)


def show_lead(lead: Record) -> Record:
    shown = {key: value for key, value in lead.items() if key not in HIDDEN_KEYS}
    companies = [] if lead["company_id"] is None else [ref("companies", lead["company_id"])]
    embedded = {"tags": lead["tags"], "companies": companies}
    if "contacts" in with_parts():
        embedded["contacts"] = [ref("contacts", c["id"], is_main=c["is_main"]) for c in lead["contacts"]]
    more = {"score": None, "labor_cost": None, "_links": links(f"/leads/{lead['id']}"), "_embedded": embedded}
    return {**shown, **more}


@api.post("/v4/leads")
def add_leads() -> Response:
    items = batch()
    validate(caller().account, items, LEAD, extra=check_stage)
    made = [
        ref("leads", cards.new_lead(act(), item)["id"], request_id=request_id(item, index))
        for index, item in enumerate(items)
    ]
    return written("leads", made, "/leads")


@api.patch("/v4/leads")
@api.patch("/v4/leads/<int:lead_id>")
def change_leads(lead_id: int | None = None) -> Response:
    items = batch_or_one(lead_id)
    validate(caller().account, items, for_change("leads"), ("id",), check_stage)
    changed = [_changed(item) for item in items]
    return hal(changed[0]) if lead_id else written("leads", changed, "/leads")


def _changed(item: Record) -> Record:
    lead = caller().account.leads[item["id"]]
    cards.change(act(), "leads", lead, item)
    return ref("leads", lead["id"], updated_at=lead["updated_at"])


def _whole_or_ref(kind: str, schema: Schema) -> Rule:
    """In complex creation a card is described in full, or named by its id."""
    return nested({**schema, "id": in_table(kind)})


COMPLEX: Schema = {
    **LEAD,
    "_embedded": nested({
        "tags": TAGS, "source": SOURCE, "contacts": list_of(_whole_or_ref("contacts", CONTACT), 1),
        "companies": list_of(_whole_or_ref("companies", COMPANY), 1), "metadata": unsorted_records.METADATA,
    }),
}  # fmt: skip


def _check_complex(checker: Checker, item: Record) -> None:
    check_stage(checker, item)
    metadata = item.get("_embedded", {}).get("metadata")
    if metadata is not None:
        known = metadata.get("category") in ("sip", "forms")
        checker.require(known, "NotSupportedChoice", "_embedded.metadata.category")


@api.post("/v4/leads/complex")
def add_complex() -> Response:
    """The one write that answers with a bare array, and with `request_id` as an array."""
    items = batch(MAX_COMPLEX, too_many=400)
    validate(caller().account, items, COMPLEX, extra=_check_complex)
    return hal([_add_complex(item, request_id(item, index)) for index, item in enumerate(items)])


def _add_complex(item: Record, named: str) -> Record:
    embedded = item.get("_embedded") or {}
    if "metadata" in embedded:
        return _complex_answer(_into_unsorted(item, embedded), named, merged=False)
    contact_id, known = _contact(embedded)
    lead = _open_lead(item, contact_id) if known else None
    return _complex_answer(lead or _new_lead(item, embedded, contact_id), named, merged=lead is not None)


def _into_unsorted(item: Record, embedded: Record) -> Record:
    metadata = embedded["metadata"]
    cards_sent = {kind: embedded.get(kind, []) for kind in ("contacts", "companies")}
    record = unsorted_records.add(act(), metadata["category"], {
        "source_uid": metadata.get("source_uid"), "source_name": metadata.get("source_name", ""),
        "pipeline_id": item.get("pipeline_id"), "metadata": metadata,
        "_embedded": {**cards_sent, "leads": [{k: v for k, v in item.items() if k not in ("_embedded", "status_id")}]},
    })  # fmt: skip
    return caller().account.leads[record["lead_id"]]


def _contact(embedded: Record) -> tuple[int | None, bool]:
    """The contact's id, and whether duplicate control found him by his phone (docs/amocrm-contract.md §3.6)."""
    sent = (embedded.get("contacts") or [None])[0]
    if sent is None:
        return None, False
    if "id" in sent:
        return int(sent["id"]), False
    double = _double(sent) if caller().account.duplicate_control else None
    return (int(double["id"]), True) if double else (int(cards.new_card(act(), "contacts", sent)["id"]), False)


def _double(sent: Record) -> Record | None:
    account = caller().account
    draft = fields.merged(account, "contacts", None, sent.get("custom_fields_values"))
    for number in fields.phones({"custom_fields_values": draft}):
        client = cards.by_phone(account, number, 10)
        if client and client[0] == "contacts":
            return client[1]
    return None


def _open_lead(item: Record, contact_id: int | None) -> Record | None:
    """A double's open lead in the same pipeline takes the new one in."""
    account = caller().account
    pipeline_id = item.get("pipeline_id", account.main_pipeline["id"])
    leads = cards.leads_of(account, "contacts", contact_id or 0)
    same = [lead for lead in leads if cards.is_open(account, lead) and lead["pipeline_id"] == pipeline_id]
    return same[0] if same else None


def _new_lead(item: Record, embedded: Record, contact_id: int | None) -> Record:
    company_id = _company(embedded)
    contacts = [{"id": contact_id}] if contact_id else []
    companies = [{"id": company_id}] if company_id else []
    if contact_id and company_id:
        caller().account.contacts[contact_id]["company_id"] = company_id
    return cards.new_lead(act(), {**item, "_embedded": {**embedded, "contacts": contacts, "companies": companies}})


def _company(embedded: Record) -> int | None:
    sent = (embedded.get("companies") or [None])[0]
    if sent is None:
        return None
    return int(sent["id"] if "id" in sent else cards.new_card(act(), "companies", sent)["id"])


def _complex_answer(lead: Record, named: str, *, merged: bool) -> dict[str, Any]:
    main = next((link["id"] for link in lead["contacts"] if link["is_main"]), None)
    answer = {"id": lead["id"], "contact_id": main, "company_id": lead["company_id"]}
    return {**answer, "request_id": [named], "merged": merged}
