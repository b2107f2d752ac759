"""What we say to amoCRM, as values; nothing is sent here. Shapes are the contract's §3; `None` is always left out,
because a null in an optional field is refused (`NotNullable`, docs/amocrm-contract.md gotcha 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

PAGE = 250  # amoCRM's largest page
EVENTS = 100  # its largest page of events
BATCH = 50  # amoCRM's recommended maximum for one write

ANNOUNCE_PATIENCE = 2.0  # seconds; later the call is over (docs/amocrm-contract.md §3.11)

Model = dict[str, Any]
Query = tuple[tuple[str, str], ...]


class Entity(StrEnum):
    LEADS = "leads"
    CONTACTS = "contacts"
    COMPANIES = "companies"


class NoteType(StrEnum):
    CALL_IN = "call_in"
    CALL_OUT = "call_out"
    COMMON = "common"
    SERVICE = "extended_service_message"


class CallNoteStatus:
    """Of amoCRM's `call_status` those that a call of ours ends with (docs/amocrm-contract.md §3.8)."""

    TALKED = 4
    WRONG_NUMBER = 5
    NO_ANSWER = 6
    BUSY = 7


class Way(StrEnum):
    """What is asked: ONE card, which may be gone; what is always there, as ALL of a kind, which may be none; a CHANGE
    of what has a name, harmless when repeated; to ADD something, which must not be done twice."""

    ONE = "one"
    ALL = "all"
    CHANGE = "change"
    ADD = "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to one account's host; `body` is sent as JSON when it is not None.

    `patience`: seconds for the whole answer, None: the usual time. `is_extra`: the tariff may not include it, so a
    refusal says nothing about the account.
    """

    method: str
    path: str
    way: Way
    query: Query = ()
    body: Any = None
    patience: float | None = None
    is_extra: bool = False

    @property
    def is_read(self) -> bool:
        return self.method == "GET"


def _one(path: str, *query: tuple[str, object]) -> Request:
    return Request(method="GET", path=path, way=Way.ONE, query=_texts(query))


def _all(path: str, *query: tuple[str, object]) -> Request:
    return Request(method="GET", path=path, way=Way.ALL, query=_texts(query))


def _texts(query: Sequence[tuple[str, object]]) -> Query:
    return tuple((name, str(value)) for name, value in query)


def _add(path: str, body: Any) -> Request:
    return Request(method="POST", path=path, way=Way.ADD, body=body)


def _change(path: str, body: Any, method: str = "PATCH") -> Request:
    return Request(method=method, path=path, way=Way.CHANGE, body=body)


def account() -> Request:
    return _all("/api/v4/account", ("with", "datetime_settings,is_api_filter_enabled"))


def users(page: int = 1) -> Request:
    return _all("/api/v4/users", ("limit", PAGE), ("page", page))


def user(user_id: int) -> Request:
    return _one(f"/api/v4/users/{user_id}")


def pipelines() -> Request:
    return _all("/api/v4/leads/pipelines")


def contacts_with(digits: str) -> Request:
    """amoCRM's fuzzy search: give the last 10 digits, check each hit (docs/amocrm-contract.md §3.5)."""
    return _all("/api/v4/contacts", ("query", digits), ("with", RELATED[Entity.CONTACTS]), ("limit", 50))


def companies_with(digits: str) -> Request:
    return _all("/api/v4/companies", ("query", digits), ("with", "leads,contacts"), ("limit", 50))


def contact(contact_id: int) -> Request:
    return one(Entity.CONTACTS, contact_id)


def company(company_id: int) -> Request:
    return _one(f"/api/v4/companies/{company_id}", ("with", "leads,contacts"))


def lead(lead_id: int) -> Request:
    return _one(f"/api/v4/leads/{lead_id}", ("with", "contacts"))


def leads(lead_ids: Sequence[int]) -> Request:
    """The filter may be ignored: compare the answer's ids (docs/amocrm-contract.md gotcha 5)."""
    wanted = [("filter[id][]", each) for each in lead_ids]
    return _all("/api/v4/leads", ("with", "contacts"), ("limit", PAGE), *wanted)


def newest_leads(page: int = 1, limit: int = PAGE) -> Request:
    return _all("/api/v4/leads", ("with", "contacts"), ("limit", limit), ("page", page), ("order[id]", "desc"))


RELATED = {Entity.LEADS: "contacts", Entity.CONTACTS: "leads,customers", Entity.COMPANIES: "leads,contacts"}


def everything(entity: Entity, page: int = 1, limit: int = PAGE) -> Request:
    """One page of the full sync, in an order that new entities do not disturb."""
    order = ("order[id]", "asc")
    return _all(f"/api/v4/{entity}", ("with", RELATED[entity]), ("limit", limit), ("page", page), order)


def nth(entity: Entity, number: int) -> Request:
    """The one of this number, counted from 1, in the order of `everything`: there is no other way to count."""
    return _all(f"/api/v4/{entity}", ("limit", 1), ("page", number), ("order[id]", "asc"))


def changed(entity: Entity, page: int = 1, limit: int = PAGE) -> Request:
    """The most recently changed first."""
    order = ("order[updated_at]", "desc")
    return _all(f"/api/v4/{entity}", ("with", RELATED[entity]), ("limit", limit), ("page", page), order)


def these(entity: Entity, ids: Sequence[int]) -> Request:
    """Of these ids, or, where the filter is ignored, as `changed` (docs/amocrm-contract.md gotcha 5)."""
    wanted = tuple(("filter[id][]", str(each)) for each in ids)
    return replace(changed(entity), query=(*changed(entity).query, *wanted))


def one(entity: Entity, id: int) -> Request:
    return _one(f"/api/v4/{entity}/{id}", ("with", RELATED[entity]))


def history(kinds: Sequence[str], since: int, page: int = 1) -> Request:
    """Events since then (Unix seconds), newest first; no paid option (docs/amocrm-contract.md §3.12)."""
    wanted = [("filter[type][]", each) for each in kinds]
    return _all("/api/v4/events", ("limit", EVENTS), ("page", page), ("filter[created_at][from]", since), *wanted)


def add_contacts(models: Sequence[Model]) -> Request:
    return _add("/api/v4/contacts", list(models))


def add_leads(models: Sequence[Model]) -> Request:
    """Leads of contacts that exist; a lead and a new contact together are `add_complex`."""
    return _add("/api/v4/leads", list(models))


def add_complex(models: Sequence[Model]) -> Request:
    return _add("/api/v4/leads/complex", list(models))


def change_contact(contact_id: int, model: Model) -> Request:
    return _change(f"/api/v4/contacts/{contact_id}", model)


def hand_over(lead_id: int, user_id: int) -> Request:
    """The lead gets another responsible."""
    return _change(f"/api/v4/leads/{lead_id}", {"responsible_user_id": user_id})


def add_notes(entity: Entity, notes: Sequence[Model]) -> Request:
    """Notes of many entities of one type; each carries its `entity_id`."""
    return _add(f"/api/v4/{entity}/notes", list(notes))


def change_notes(entity: Entity, notes: Sequence[Model]) -> Request:
    """Many at once; each carries its `id` and all of its `params`."""
    return _change(f"/api/v4/{entity}/notes", list(notes))


def notes(entity: Entity, note_ids: Sequence[int]) -> Request:
    """Notes of many entities of one type; compare the answer's ids (docs/amocrm-contract.md gotcha 5)."""
    return _all(f"/api/v4/{entity}/notes", ("limit", PAGE), *(("filter[id][]", each) for each in note_ids))


def note(entity: Entity, note_id: int) -> Request:
    return _one(f"/api/v4/{entity}/notes/{note_id}")


def notes_of(entity: Entity, entity_id: int, kinds: Sequence[NoteType], page: int = 1) -> Request:
    """Of one card. Newest first: what is looked for is recent."""
    wanted = [("filter[note_type][]", each) for each in kinds]
    path = f"/api/v4/{entity}/{entity_id}/notes"
    return _one(path, ("limit", PAGE), ("page", page), ("order[id]", "desc"), *wanted)


def add_unsorted_calls(models: Sequence[Model]) -> Request:
    return _add("/api/v4/leads/unsorted/sip", list(models))


def add_unsorted_forms(models: Sequence[Model]) -> Request:
    return _add("/api/v4/leads/unsorted/forms", list(models))


def unsorted_records(category: str | None = "sip", page: int = 1) -> Request:
    """Newest first; None: of every category."""
    of = [("filter[category][]", category)] if category else []
    return _all("/api/v4/leads/unsorted", *of, ("limit", PAGE), ("page", page), ("order[created_at]", "desc"))


def unsorted_record(uid: str) -> Request:
    return _one(f"/api/v4/leads/unsorted/{uid}")


def accept_unsorted(uid: str, *, user_id: int, status_id: int | None = None) -> Request:
    body = _without_none(user_id=user_id, status_id=status_id)
    return _change(f"/api/v4/leads/unsorted/{uid}/accept", body, "POST")


def link(entity: Entity, entity_id: int, to: Entity, to_id: int, *, is_main: bool | None = None) -> Request:
    to_model: Model = {"to_entity_id": to_id, "to_entity_type": str(to)}
    if is_main is not None:
        to_model["metadata"] = {"is_main": is_main}
    return _change(f"/api/v4/{entity}/{entity_id}/link", [to_model], "POST")


def unlink(entity: Entity, entity_id: int, to: Entity, to_id: int) -> Request:
    return _change(f"/api/v4/{entity}/{entity_id}/unlink", [{"to_entity_id": to_id, "to_entity_type": str(to)}], "POST")


def add_tasks(models: Sequence[Model]) -> Request:
    return _add("/api/v4/tasks", list(models))


def complete_task(task_id: int, result: str) -> Request:
    return _change(f"/api/v4/tasks/{task_id}", {"is_completed": True, "result": {"text": result}})


def newest_tasks(entity: Entity | None, entity_id: int | None) -> Request:
    """Of one entity where given; newest first."""
    of = [("filter[entity_type]", entity), ("filter[entity_id][]", entity_id)] if entity else []
    return _all("/api/v4/tasks", ("limit", PAGE), ("order[id]", "desc"), *of)


def announce_calls(users: Mapping[str, Sequence[int]]) -> Request:
    """amoCRM's notification to these users of each phone, best effort (docs/amocrm-contract.md §3.11)."""
    models = [{"type": "phone_call", "phone_number": phone, "users": list(told)} for phone, told in users.items()]
    return replace(_add("/api/v2/events", {"add": models}), patience=ANNOUNCE_PATIENCE)


def subscribe(destination: str, events: Sequence[str]) -> Request:
    """Subscribing the same destination again updates it, so it is safe to repeat."""
    body = {"destination": destination, "settings": list(events)}
    return replace(_change("/api/v4/webhooks", body, "POST"), is_extra=True)


def unsubscribe(destination: str) -> Request:
    body = {"destination": destination}
    return replace(_change("/api/v4/webhooks", body, "DELETE"), is_extra=True)


def _without_none(**values: Any) -> Model:
    return {name: value for name, value in values.items() if value is not None}
