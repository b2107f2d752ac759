"""What may be sent for contacts, companies and leads (docs/amocrm-contract.md §3.5, §3.6)."""

from __future__ import annotations

from sandbox.crm.fields import values_rule
from sandbox.crm.state import Record
from sandbox.crm.validation import (
    Checker,
    Nullable,
    Schema,
    anything,
    flag,
    in_table,
    integer,
    list_of,
    nested,
    pipeline,
    text,
    text_or_number,
    user,
    user_or_robot,
)

TAG = nested({"id": integer, "name": text(255)})
TAGS = Nullable(list_of(TAG))
CONTACT_REF = nested({"id": in_table("contacts"), "is_main": flag}, ("id",))
COMPANY_REF = nested({"id": in_table("companies")}, ("id",))
SOURCE = nested({"external_id": text(36), "type": text(20)})

COMMON: Schema = {
    "name": Nullable(text(255)), "responsible_user_id": user, "created_by": user_or_robot,
    "updated_by": user_or_robot, "created_at": integer, "updated_at": integer, "tags_to_add": list_of(TAG),
    "request_id": text_or_number,
}  # fmt: skip
CONTACT: Schema = {
    **COMMON, "first_name": Nullable(text(255)), "last_name": Nullable(text(255)),
    "custom_fields_values": Nullable(values_rule("contacts")),
    "_embedded": nested({"tags": TAGS, "companies": list_of(COMPANY_REF, 1)}),
}  # fmt: skip
COMPANY: Schema = {
    **COMMON, "custom_fields_values": Nullable(values_rule("companies")), "_embedded": nested({"tags": TAGS}),
}  # fmt: skip
LEAD: Schema = {
    **COMMON, "price": Nullable(integer), "pipeline_id": pipeline, "status_id": integer,
    "closed_at": Nullable(integer), "loss_reason_id": Nullable(integer),
    "custom_fields_values": Nullable(values_rule("leads")),
    "_embedded": nested({
        "tags": TAGS, "contacts": list_of(CONTACT_REF), "companies": list_of(COMPANY_REF, 1), "source": SOURCE,
    }),
}  # fmt: skip
CARDS = {"contacts": CONTACT, "companies": COMPANY, "leads": LEAD}


def for_change(kind: str) -> Schema:
    return {**CARDS[kind], "id": in_table(kind), "tags_to_delete": list_of(TAG), "is_deleted": anything}


def check_stage(checker: Checker, lead: Record) -> None:
    """The stage must exist, and in the pipeline named, if one is named."""
    if "status_id" not in lead:
        return
    account = checker.account
    pipelines = [lead["pipeline_id"]] if "pipeline_id" in lead else list(account.pipelines)
    known = any(account.status(lead["status_id"], pipeline_id) for pipeline_id in pipelines)
    checker.require(known, "NotSupportedChoice", "status_id")
