"""Answers about unsorted records (contract §3.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.amocrm import values


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsortedRecord:
    """`source_uid` is ours, as it was sent; the answer to a creation has none."""

    uid: str
    source_uid: str
    category: str
    pipeline_id: int | None
    lead_ids: tuple[int, ...]
    contact_ids: tuple[int, ...]
    created_at: int
    request_id: str


def unsorted_record(body: Any) -> UnsortedRecord | None:
    item = values.mapping(body)
    uid = values.text(item.get("uid"))
    if not uid:
        return None
    return UnsortedRecord(
        uid=uid,
        source_uid=values.text(item.get("source_uid")) or values.text(values.mapping(item.get("metadata")).get("uniq")),
        category=values.text(item.get("category")),
        pipeline_id=values.number(item.get("pipeline_id")),
        lead_ids=values.ids(item, "leads"),
        contact_ids=values.ids(item, "contacts"),
        created_at=values.number(item.get("created_at")) or 0,
        request_id=values.text(item.get("request_id")),
    )


def unsorted_records(body: Any) -> tuple[UnsortedRecord, ...]:
    return values.each(body, "unsorted", unsorted_record)
