"""Unsorted: missed calls and site forms waiting for somebody (docs/amocrm-contract.md §3.10)."""

from __future__ import annotations

from collections import Counter

from flask import Response, request

from sandbox.crm import cards, unsorted_records
from sandbox.crm.answers import (
    batch,
    chosen_by,
    collection,
    found,
    hal,
    links,
    one,
    order,
    ref,
    wanted,
    within,
)
from sandbox.crm.context import act, caller
from sandbox.crm.gate import api
from sandbox.crm.problems import Problem
from sandbox.crm.schemas import COMPANY, CONTACT, LEAD
from sandbox.crm.state import Record
from sandbox.crm.validation import (
    Checker,
    Schema,
    anything,
    in_table,
    integer,
    list_of,
    nested,
    pipeline,
    request_id,
    text,
    text_or_number,
    user,
    validate,
)

SHOWN_KEYS = ("uid", "source_uid", "source_name", "category", "pipeline_id", "created_at", "metadata", "account_id")
LINKABLE = ("chats", "mail")
REQUIRED = ("source_uid", "source_name", "metadata")
CALL_REQUIRED = (
    "phone", "call_responsible", "called_at", "duration", "link", "service_code", "uniq", "from",
    "is_call_event_needed",
)  # fmt: skip
FORM_REQUIRED = ("form_id", "form_name", "form_page", "form_sent_at")
EMBEDDED = nested(
    {
        "leads": list_of(nested(LEAD), 1),
        "contacts": list_of(nested({**CONTACT, "id": in_table("contacts")}), 1),
        "companies": list_of(nested({**COMPANY, "id": in_table("companies")}), 1),
    }
)


def _schema(metadata: Schema, required: tuple[str, ...]) -> Schema:
    return {
        "source_uid": text(255), "source_name": text(255), "pipeline_id": pipeline, "created_at": integer,
        "metadata": nested(metadata, required), "_embedded": EMBEDDED, "request_id": text_or_number,
    }  # fmt: skip


SCHEMAS = {
    "sip": _schema(unsorted_records.CALL, CALL_REQUIRED),
    "forms": _schema(unsorted_records.FORM, FORM_REQUIRED),
}


@api.get("/v4/leads/unsorted")
def list_unsorted() -> Response:
    waiting = [record for record in unsorted_records.waiting(caller().account) if _passes(record)]
    return collection("unsorted", _ordered(waiting), show_unsorted)


def _ordered(records: list[Record]) -> list[Record]:
    by_id = [{**record, "id": record["uid"], "updated_at": record["created_at"]} for record in records]
    return order(by_id, ("created_at", "updated_at"))


def _passes(record: Record) -> bool:
    categories = {name for text in wanted("filter", "category") for name in text.split(",")}
    fits = not categories or record["category"] in categories
    return fits and chosen_by(record, "uid") and chosen_by(record, "pipeline_id")


@api.get("/v4/leads/unsorted/<uid>")
def read_unsorted(uid: str) -> Response:
    return found(_find(uid), show_unsorted)


def _find(uid: str) -> Record | None:
    record = caller().account.unsorted.get(uid)
    return record if record and record["outcome"] is None else None


def _known(uid: str) -> Record:
    record = _find(uid)
    if record is None:
        raise Problem(404)
    return record


def show_unsorted(record: Record) -> Record:
    shown = {key: record[key] for key in SHOWN_KEYS}
    return {**shown, "_links": links(f"/leads/unsorted/{record['uid']}"), "_embedded": _refs(record)}


def _refs(record: Record) -> Record:
    return {
        "leads": [ref("leads", record["lead_id"])],
        "contacts": [ref("contacts", record["contact_id"])] if record["contact_id"] else [],
        "companies": [ref("companies", record["company_id"])] if record["company_id"] else [],
    }


@api.post("/v4/leads/unsorted/<any(sip, forms):category>")
def add_unsorted(category: str) -> Response:
    items = batch()
    validate(caller().account, items, SCHEMAS[category], REQUIRED)
    _refuse(items)
    added = [_added(unsorted_records.add(act(), category, item), item, i) for i, item in enumerate(items)]
    return hal({"_total_items": len(added), "_embedded": {"unsorted": added}})


def _refuse(items: list[Record]) -> None:
    """Unsorted switched off, or a double of a record that waits: amoCRM names no code for either."""
    account = caller().account
    named = Counter(item["source_uid"] for item in items)
    doubled = any(count > 1 or unsorted_records.is_double(account, uid) for uid, count in named.items())
    pipelines = [account.pipelines[item.get("pipeline_id") or account.main_pipeline["id"]] for item in items]
    switched_off = not account.unsorted_on or not all(p["is_unsorted_on"] for p in pipelines)
    if doubled or switched_off:
        raise Problem(400, "Bad Request")


def _added(record: Record, item: Record, index: int) -> Record:
    shown = {"uid": record["uid"], "account_id": record["account_id"], "request_id": request_id(item, index)}
    return {**shown, "_links": links(f"/leads/unsorted/{record['uid']}"), "_embedded": _refs(record)}


ACCEPT: Schema = {"user_id": user, "status_id": integer}


@api.post("/v4/leads/unsorted/<uid>/accept")
def accept_unsorted(uid: str) -> Response:
    record, sent = _known(uid), _optional_object()

    def check_stage(checker: Checker, item: Record) -> None:
        stage = checker.account.status(item.get("status_id", 0), record["pipeline_id"])
        fits = "status_id" not in item or (stage is not None and stage["type"] != cards.UNSORTED_STAGE)
        checker.require(fits, "NotSupportedChoice", "status_id")

    validate(caller().account, [sent], ACCEPT, extra=check_stage)
    user_id = int(sent.get("user_id") or caller().user["id"])
    unsorted_records.accept(act(), record, user_id, sent.get("status_id"))
    return hal(_sorted(record))


@api.delete("/v4/leads/unsorted/<uid>/decline")
def decline_unsorted(uid: str) -> Response:
    record, sent = _known(uid), _optional_object()
    validate(caller().account, [sent], ACCEPT)
    unsorted_records.decline(act(), record)
    return hal(_sorted(record))


def _optional_object() -> Record:
    return one() if request.content_length else {}


def _sorted(record: Record) -> Record:
    shown = {key: record[key] for key in ("uid", "pipeline_id", "category", "created_at")}
    return {**shown, "_embedded": _refs(record)}


@api.post("/v4/leads/unsorted/<uid>/link")
def link_unsorted(uid: str) -> Response:
    """Only chats and mail can be linked to a lead that exists; calls and forms are refused."""
    record, sent = _known(uid), one()
    if record["category"] not in LINKABLE:
        raise Problem(400, "Bad Request")
    validate(caller().account, [sent], {"link": anything, "user_id": user}, ("link",))
    record["outcome"], record["sorted_at"] = "link", act().now
    return hal(_sorted(record))


@api.get("/v4/leads/unsorted/summary")
def summarize_unsorted() -> Response:
    records = [r for r in caller().account.unsorted.values() if within(r, "created_at")]
    outcomes = Counter(record["outcome"] for record in records)
    times = [record["sorted_at"] - record["created_at"] for record in records if record["sorted_at"]]
    categories = Counter(record["category"] for record in records)
    return hal({
        "total": len(records), "accepted": outcomes["accept"], "declined": outcomes["decline"],
        "average_sort_time": sum(times) // len(times) if times else 0,
        "categories": {name: {"total": categories[name]} for name in ("sip", "mail", "forms", "chats")},
        "_links": links("/leads/unsorted/summary"),
    })  # fmt: skip
