"""What amoCRM answered about unsorted records (docs/amocrm-contract.md §3.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.amocrm import values


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsortedRecord:
    """`source_uid` is ours, as it was sent; an answer to a creation has none, and lists may not show it: then `phone`,
    `called_at` (Unix seconds) and `service` tell whose it is, of a form `form_id`."""

    uid: str
    source_uid: str
    category: str
    pipeline_id: int | None
    lead_ids: tuple[int, ...]
    contact_ids: tuple[int, ...]
    created_at: int
    request_id: str
    phone: str = ""
    called_at: int = 0
    service: str = ""
    form_id: str = ""


def unsorted_record(body: Any) -> UnsortedRecord | None:
    item = values.mapping(body)
    uid = values.text(item.get("uid"))
    if not uid:
        return None
    metadata = values.mapping(item.get("metadata"))
    return UnsortedRecord(
        uid=uid,
        source_uid=values.text(item.get("source_uid")) or values.text(metadata.get("uniq")),
        category=values.text(item.get("category")),
        pipeline_id=values.number(item.get("pipeline_id")),
        lead_ids=values.ids(item, "leads"),
        contact_ids=values.ids(item, "contacts"),
        created_at=values.moment(item.get("created_at")),
        request_id=values.text(item.get("request_id")),
        phone=values.text(metadata.get("phone")),
        called_at=values.moment(metadata.get("called_at")),
        service=values.text(metadata.get("service_code")),
        form_id=values.text(metadata.get("form_id")),
    )


def unsorted_records(body: Any) -> tuple[UnsortedRecord, ...]:
    return values.each(body, "unsorted", unsorted_record)
