"""Answers about clients and calls. An item without a usable id is dropped; every other field has a default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend.amocrm import values
from backend.amocrm.requests import PAGE
from backend.amocrm.unsorted_answers import UnsortedRecord as UnsortedRecord
from backend.amocrm.unsorted_answers import unsorted_record as unsorted_record
from backend.amocrm.unsorted_answers import unsorted_records as unsorted_records

WON, LOST = 142, 143


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """`phones` as users typed them. Times are Unix seconds. `is_unsorted`: of an unaccepted record."""

    id: int
    name: str
    phones: tuple[str, ...]
    responsible: int | None
    lead_ids: tuple[int, ...]
    company_ids: tuple[int, ...]
    created_at: int
    updated_at: int
    is_deleted: bool
    is_unsorted: bool
    is_customer: bool = False

    @property
    def is_there(self) -> bool:
        """As lists and searches see it (docs/amocrm-contract.md §3.5)."""
        return not (self.is_deleted or self.is_unsorted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    id: int
    name: str
    phones: tuple[str, ...]
    responsible: int | None
    lead_ids: tuple[int, ...]
    contact_ids: tuple[int, ...]
    created_at: int
    updated_at: int
    is_deleted: bool
    is_unsorted: bool

    @property
    def is_there(self) -> bool:
        return not (self.is_deleted or self.is_unsorted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    id: int
    name: str
    responsible: int | None
    pipeline_id: int
    status_id: int
    price: int
    contact_ids: tuple[int, ...]
    company_ids: tuple[int, ...]
    created_at: int
    updated_at: int
    is_deleted: bool

    @property
    def is_there(self) -> bool:
        return not self.is_deleted

    def is_open(self, unsorted_stages: frozenset[int]) -> bool:
        """The rules' "open lead": not deleted, neither won nor lost, not in an unsorted stage."""
        return not self.is_deleted and self.status_id not in unsorted_stages | {WON, LOST, 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    id: int
    entity_id: int
    kind: str
    params: dict[str, Any]
    created_at: int

    @property
    def uniq(self) -> str:
        """The call's identity as the service wrote it, "" without one."""
        return values.text(self.params.get("uniq"))

    @property
    def text(self) -> str:
        return values.text(self.params.get("text"))

    @property
    def duration(self) -> int:
        """Seconds."""
        return values.number(self.params.get("duration")) or 0

    @property
    def status(self) -> int | None:
        """One of CallStatus; amoCRM may tell it as text (docs/amocrm-contract.md §3.8)."""
        return values.number(self.params.get("call_status"))

    @property
    def link(self) -> str:
        return values.text(self.params.get("link"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`due` and `created_at` are Unix seconds."""

    id: int
    text: str
    entity_id: int | None
    due: int
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenEntity:
    """One entity that a batch created or changed; `request_id` is ours or the item's index in the batch."""

    id: int
    request_id: str
    entity_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeLead:
    """One lead that `add_complex` created; `merged` when duplicate control merged it into an existing one."""

    lead_id: int
    contact_id: int | None
    company_id: int | None
    request_id: str
    merged: bool


def contact(body: Any) -> Contact | None:
    item = values.mapping(body)
    contact_id = values.number(item.get("id"))
    if contact_id is None:
        return None
    return Contact(
        id=contact_id,
        phones=values.phones(item),
        lead_ids=values.ids(item, "leads"),
        company_ids=values.ids(item, "companies"),
        is_unsorted=bool(item.get("is_unsorted")),
        is_customer=bool(values.ids(item, "customers")),
        **_common(item),
    )


def contacts(body: Any) -> tuple[Contact, ...]:
    return values.each(body, "contacts", contact)


def company(body: Any) -> Company | None:
    item = values.mapping(body)
    company_id = values.number(item.get("id"))
    if company_id is None:
        return None
    return Company(
        id=company_id,
        phones=values.phones(item),
        lead_ids=values.ids(item, "leads"),
        contact_ids=values.ids(item, "contacts"),
        is_unsorted=bool(item.get("is_unsorted")),
        **_common(item),
    )


def companies(body: Any) -> tuple[Company, ...]:
    return values.each(body, "companies", company)


def lead(body: Any) -> Lead | None:
    item = values.mapping(body)
    lead_id = values.number(item.get("id"))
    if lead_id is None:
        return None
    return Lead(
        id=lead_id,
        pipeline_id=values.number(item.get("pipeline_id")) or 0,
        status_id=values.number(item.get("status_id")) or 0,
        price=values.number(item.get("price")) or 0,
        contact_ids=_main_first(item),
        company_ids=values.ids(item, "companies"),
        **_common(item),
    )


def leads(body: Any) -> tuple[Lead, ...]:
    return values.each(body, "leads", lead)


def note(body: Any) -> Note | None:
    item = values.mapping(body)
    note_id = values.number(item.get("id"))
    if note_id is None:
        return None
    return Note(
        id=note_id,
        entity_id=values.number(item.get("entity_id")) or 0,
        kind=values.text(item.get("note_type")),
        params=values.mapping(item.get("params")),
        created_at=values.moment(item.get("created_at")),
    )


def notes(body: Any) -> tuple[Note, ...]:
    return values.each(body, "notes", note)


def task(body: Any) -> Task | None:
    item = values.mapping(body)
    task_id = values.number(item.get("id"))
    if task_id is None:
        return None
    return Task(
        id=task_id,
        text=values.text(item.get("text")),
        entity_id=values.number(item.get("entity_id")),
        due=values.moment(item.get("complete_till")),
        created_at=values.moment(item.get("created_at")),
    )


def tasks(body: Any) -> tuple[Task, ...]:
    return values.each(body, "tasks", task)


def made(name: str) -> Callable[[Any], tuple[WrittenEntity, ...]]:
    """Reads the answer to a batch that adds or changes `contacts`, `leads`, `notes`, `tasks`."""
    return lambda body: values.each(body, name, _made)


def _made(body: Any) -> WrittenEntity | None:
    item = values.mapping(body)
    made_id = values.number(item.get("id"))
    if made_id is None:
        return None
    return WrittenEntity(
        id=made_id, request_id=values.text(item.get("request_id")), entity_id=values.number(item.get("entity_id"))
    )


def made_leads(body: Any) -> tuple[MadeLead, ...]:
    """The answer to `add_complex`: a bare list, whose `request_id` is a list (docs/amocrm-contract.md §3.6)."""
    found = (_made_lead(values.mapping(item)) for item in body) if isinstance(body, list) else ()
    return tuple(each for each in found if each is not None)


def _made_lead(item: dict[str, Any]) -> MadeLead | None:
    lead_id = values.number(item.get("id"))
    if lead_id is None:
        return None
    given = item.get("request_id")
    return MadeLead(
        lead_id=lead_id,
        contact_id=values.number(item.get("contact_id")),
        company_id=values.number(item.get("company_id")),
        request_id=values.text(given[0] if isinstance(given, list) and given else given),
        merged=bool(item.get("merged")),
    )


def may_have_more(body: Any, name: str, page: int = PAGE) -> bool:
    """False after the last page: `next` links lie (docs/amocrm-contract.md §3.1), a short page does not."""
    return len(values.embedded(body, name)) >= page


def _common(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": values.text(item.get("name")),
        "responsible": values.number(item.get("responsible_user_id")),
        "created_at": values.moment(item.get("created_at")),
        "updated_at": values.moment(item.get("updated_at")),
        "is_deleted": bool(item.get("is_deleted")),
    }


def _main_first(item: dict[str, Any]) -> tuple[int, ...]:
    linked = sorted(values.embedded(item, "contacts"), key=lambda each: not each.get("is_main"))
    return values.ids({"_embedded": {"contacts": linked}}, "contacts")
