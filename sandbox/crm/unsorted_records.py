"""Unsorted records as they are kept: made, accepted, declined (docs/amocrm-contract.md §3.10)."""

from __future__ import annotations

import secrets

from sandbox.crm import announce, cards, note_records
from sandbox.crm.act import Act
from sandbox.crm.state import Account, Record
from sandbox.crm.validation import Nullable, Schema, flag, integer, nested, text, text_or_number

# `phone` and `called_at` come as text or number in amoCRM's own examples.
CALL: Schema = {
    "phone": text_or_number, "from": text_or_number, "call_responsible": Nullable(text_or_number),
    "called_at": integer, "duration": integer, "link": text(255), "service_code": text(255), "uniq": text(255),
    "is_call_event_needed": flag,
}  # fmt: skip
FORM: Schema = {
    "form_id": text(255), "form_name": text(255), "form_page": text(2048), "form_sent_at": integer,
    "ip": Nullable(text(64)), "referer": Nullable(text(2048)), "visitor_uid": Nullable(text(255)),
    "form_type": integer,
}  # fmt: skip
METADATA = nested({**CALL, **FORM, "category": text(20), "source_uid": text(255), "source_name": text(255)})


def waiting(account: Account) -> list[Record]:
    return [record for record in account.unsorted.values() if record["outcome"] is None]


def is_double(account: Account, source_uid: str | None) -> bool:
    return source_uid is not None and any(r["source_uid"] == source_uid for r in waiting(account))


def add(act: Act, category: str, item: Record) -> Record:
    """With a lead in the unsorted stage; a new contact or company stays hidden until somebody accepts."""
    embedded = item.get("_embedded") or {}
    contact_id = _card(act, "contacts", embedded)
    company_id = _card(act, "companies", embedded)
    lead = _lead(act, item, contact_id, company_id)
    record = {
        "uid": secrets.token_hex(30), "source_uid": item["source_uid"], "source_name": item["source_name"],
        "category": category, "pipeline_id": lead["pipeline_id"], "created_at": item.get("created_at", act.now),
        "metadata": {k: v for k, v in item["metadata"].items() if k != "is_call_event_needed"},
        "account_id": act.account.id, "lead_id": lead["id"], "contact_id": contact_id, "company_id": company_id,
        "outcome": None, "sorted_at": None,
    }  # fmt: skip
    act.account.unsorted[record["uid"]] = record
    if category == "sip" and item["metadata"].get("is_call_event_needed"):
        _log_call(act, record)
    announce.unsorted_changed(act, "add", _payload(record))
    return record


def _card(act: Act, kind: str, embedded: Record) -> int | None:
    sent = (embedded.get(kind) or [None])[0]
    if sent is None:
        return None
    return int(sent["id"] if "id" in sent else cards.new_card(act, kind, sent, hidden=True)["id"])


def _lead(act: Act, item: Record, contact_id: int | None, company_id: int | None) -> Record:
    pipeline_id = item.get("pipeline_id") or act.account.main_pipeline["id"]
    stage = cards.unsorted_stage(act.account, pipeline_id)
    sent = ((item.get("_embedded") or {}).get("leads") or [{}])[0]
    embedded = {
        **(sent.get("_embedded") or {}),
        "contacts": [{"id": contact_id}] if contact_id else [],
        "companies": [{"id": company_id}] if company_id else [],
    }
    return cards.new_lead(act, {**sent, "pipeline_id": pipeline_id, "status_id": stage["id"], "_embedded": embedded})


def _log_call(act: Act, record: Record) -> None:
    sent = record["metadata"]
    params = {key: sent[key] for key in ("uniq", "duration", "link", "phone", "call_responsible") if key in sent}
    note = {"note_type": "call_in", "params": {**params, "source": sent.get("service_code", "")}}
    moment = sent.get("called_at", act.now)
    note_records.add(act, "leads", record["lead_id"], {**note, "created_by": 0, "created_at": moment})


def accept(act: Act, record: Record, user_id: int, status_id: int | None) -> None:
    """Lead and cards become ordinary, and the user's."""
    lead = act.account.leads[record["lead_id"]]
    stage = status_id or cards.first_stage(act.account, record["pipeline_id"])["id"]
    cards.change(act, "leads", lead, {"status_id": stage, "responsible_user_id": user_id})
    for kind, card in _hidden_cards(act.account, record):
        card["is_unsorted"] = False
        cards.change(act, kind, card, {"responsible_user_id": user_id})
    _sort(act, record, "accept")


def decline(act: Act, record: Record) -> None:
    """The lead and the cards made for it go away."""
    cards.delete(act, "leads", act.account.leads[record["lead_id"]])
    for kind, card in _hidden_cards(act.account, record):
        cards.delete(act, kind, card)
    _sort(act, record, "decline")


def _hidden_cards(account: Account, record: Record) -> list[tuple[str, Record]]:
    named = [("contacts", record["contact_id"]), ("companies", record["company_id"])]
    found = [(kind, account.table(kind)[card_id]) for kind, card_id in named if card_id is not None]
    return [(kind, card) for kind, card in found if card["is_unsorted"]]


def _sort(act: Act, record: Record, outcome: str) -> None:
    record["outcome"], record["sorted_at"] = outcome, act.now
    result = {"leads": [record["lead_id"]]}
    announce.unsorted_changed(
        act,
        "delete",
        {**_payload(record), "action": outcome, f"{outcome}_result": result, "modified_user_id": act.user_id},
    )


def _payload(record: Record) -> Record:
    keys = ("uid", "category", "source_uid", "source_name", "pipeline_id", "created_at", "account_id", "lead_id")
    return {**{key: record[key] for key in keys}, "source_data": record["metadata"]}
