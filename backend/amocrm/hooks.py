"""amoCRM's webhooks: the subscribed events, and the changed entities of a delivery (§3.19).

A delivery is not signed, comes at least once and in any order, and often lacks the new values. So only ids are taken
from it, and their entities are read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from backend.amocrm import values

EVENTS = (
    *(f"{verb}_{kind}" for verb in ("add", "update", "delete", "restore", "responsible") for kind in
      ("contact", "company", "lead")),
    "status_lead",
)  # fmt: skip
# Missing from the list of names although their payload is documented (uncertainty U10): subscribed, and not relied
# upon.
UNSORTED_EVENTS = ("add_unsorted", "update_unsorted", "delete_unsorted")

MOST_FIELDS = 50_000  # pairs in one body; a contact's webhook has under a hundred
LONGEST_ID = 100
KINDS = ("contacts", "companies", "leads", "unsorted")
PARTIES = "parties"  # a contact or a company: a deletion does not say which

_FIELD = re.compile(r"(contacts|companies|leads|unsorted)\[(\w{1,20})\]\[(\w{1,10})\]\[(id|uid|type)\]")
_ACTIONS = ("add", "update", "delete", "restore", "status", "responsible")


class BadDelivery(ValueError):
    """Not a body of amoCRM's format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityChange:
    """`entity` is of KINDS, or PARTIES. `is_new`: it was created."""

    entity: str
    id: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`account_id` is the account that the delivery names."""

    account_id: int | None
    changes: tuple[EntityChange, ...]


def delivery(body: str) -> Delivery:
    """The changes in a form body. Raises BadDelivery."""
    try:
        fields = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise BadDelivery(str(error)) from error
    account_id: int | None = None
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for name, value in fields:
        if name == "account[id]":
            account_id = values.number(value)
        elif part := _FIELD.fullmatch(name):
            found.setdefault((part[1], part[2], part[3]), {})[part[4]] = value
    return Delivery(account_id=account_id, changes=tuple(_changes(found)))


def _changes(found: dict[tuple[str, str, str], dict[str, str]]) -> Iterator[EntityChange]:
    for (entity, action, _), item in found.items():
        id = values.text(item.get("uid" if entity == "unsorted" else "id"))
        if action in _ACTIONS and _is_id(entity, id):
            yield EntityChange(entity=_entity(entity, action, item.get("type")), id=id, is_new=action == "add")


def _is_id(entity: str, id: str) -> bool:
    return 0 < len(id) <= LONGEST_ID if entity == "unsorted" else values.number(id) is not None


def _entity(entity: str, action: str, type: str | None) -> str:
    """Companies come as contacts, distinguished by their type; a deletion carries only ids."""
    if entity != "contacts" or type == "contact":
        return entity
    if type == "company":
        return "companies"
    return PARTIES if action == "delete" else entity
