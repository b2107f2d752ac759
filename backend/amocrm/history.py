"""The account's history of events, amoCRM's only list of deletions (§3.12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.amocrm import values
from backend.amocrm.requests import Entity

# Events that a list of recently changed entities does not show: deletions, restorations, merges, unlinking.
UNSEEN = (
    *(f"{kind}_{what}" for kind in ("contact", "company", "lead") for what in ("deleted", "restored")),
    "entity_merged", "entity_linked", "entity_unlinked",
)  # fmt: skip
ENTITIES = {"lead": Entity.LEADS, "contact": Entity.CONTACTS, "company": Entity.COMPANIES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event of this entity; `at` is Unix seconds."""

    entity: Entity
    entity_id: int
    at: int


def events(body: Any) -> tuple[Event, ...]:
    return values.each(body, "events", _event)


def _event(body: Any) -> Event | None:
    item = values.mapping(body)
    entity = ENTITIES.get(values.text(item.get("entity_type")))
    entity_id = values.number(item.get("entity_id"))
    if entity is None or entity_id is None:
        return None
    return Event(entity=entity, entity_id=entity_id, at=values.moment(item.get("created_at")))
