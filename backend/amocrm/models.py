"""The bodies of writes: contacts, leads, notes, unsorted records, tasks. Their addresses are in `requests`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from backend.amocrm import values
from backend.amocrm.requests import Entity, Model, NoteType

SOURCE = "Phone Station"  # shown in the CRM as the origin of a call
SERVICE = "phone_station"


def phone_field(phone: str, kind: str = "WORK") -> Model:
    return {"field_code": "PHONE", "values": [{"value": phone, "enum_code": kind}]}


def contact(
    *,
    name: str,
    phone: str | None,
    responsible: int | None = None,
    request_id: str | None = None,
) -> Model:
    """`phone` is E.164 where it can be built; None for a hidden number. Its company is linked afterwards: amoCRM lists
    none among what it takes of a contact."""
    return _without_none(
        name=name,
        responsible_user_id=responsible,
        custom_fields_values=[phone_field(phone)] if phone else None,
        request_id=request_id,
    )


def custom_fields(fields: Iterable[tuple[str, str]]) -> list[Model] | None:
    """Texts by a field's id or its code; None without any."""
    return [
        {"field_id" if which.isdecimal() else "field_code": int(which) if which.isdecimal() else which,
         "values": [{"value": value}]}
        for which, value in fields
    ] or None  # fmt: skip


def renamed(name: str) -> Model:
    return {"name": name}


def with_phone(contact: Any, phone: str) -> Model:
    """The change that adds a number: all the numbers read, and this one, because a write replaces them all (§3.5)."""
    fields = values.items(values.mapping(contact).get("custom_fields_values"))
    phones = (values.items(field.get("values")) for field in fields if field.get("field_code") == values.PHONE)
    kept = [_as_read(value) for field in phones for value in field]
    added = phone_field(phone)
    return {"custom_fields_values": [{**added, "values": [*kept, *added["values"]]}]}


def _as_read(value: Model) -> Model:
    """A value with its kind; older answers call the kind `enum` (docs/amocrm-contract.md §3.5)."""
    kind = value.get("enum_id") or value.get("enum")
    if kind:
        return {"value": value.get("value"), "enum_id": kind}
    return _without_none(value=value.get("value"), enum_code=value.get("enum_code"))


def lead(
    *,
    name: str,
    contact: Model | int | None = None,
    company: int | None = None,
    responsible: int | None = None,
    pipeline: int | None = None,
    status: int | None = None,
    fields: list[Model] | None = None,
    tags: tuple[str, ...] = (),
    request_id: str | None = None,
) -> Model:
    """`contact` is a model to be created with the lead (sent with `add_complex`) or the id of an existing one."""
    embedded: Model = {}
    if contact is not None:
        embedded["contacts"] = [{"id": contact} if isinstance(contact, int) else contact]
    if company is not None:
        embedded["companies"] = [{"id": company}]
    return _without_none(
        name=name,
        responsible_user_id=responsible,
        pipeline_id=pipeline,
        status_id=status,
        custom_fields_values=fields,
        tags_to_add=[{"name": tag} for tag in tags] or None,
        _embedded=embedded or None,
        request_id=request_id,
    )


def call_note(
    *,
    inbound: bool,
    uniq: str,
    phone: str,
    duration: int = 0,
    link: str = "",
    status: int | None = None,
    result: str | None = None,
    user_id: int | None = None,
    entity_id: int | None = None,
    note_id: int | None = None,
    created_at: int | None = None,
    request_id: str | None = None,
) -> Model:
    """A complete call note, for adding or for changing (then with `note_id`).

    `duration` is seconds. `link` is never left out: "" says there is no recording (docs/amocrm-contract.md §3.8). The
    user is written as creator and as responsible, without which amoCRM's call statistics do not count the call.
    """
    params = _without_none(
        uniq=uniq, duration=duration, source=SOURCE, link=link, phone=phone,
        call_status=status, call_result=result, call_responsible=user_id,
    )  # fmt: skip
    return _without_none(
        id=note_id,
        entity_id=entity_id,
        note_type=str(NoteType.CALL_IN if inbound else NoteType.CALL_OUT),
        params=params,
        created_by=None if note_id else user_id,
        responsible_user_id=None if note_id else user_id,
        created_at=created_at,
        request_id=request_id,
    )


def common_note(*, entity_id: int, text: str, user_id: int | None = None, created_at: int | None = None) -> Model:
    """A note as if written by the user."""
    return _without_none(
        entity_id=entity_id, note_type=str(NoteType.COMMON), params={"text": text},
        created_by=user_id, responsible_user_id=user_id, created_at=created_at,
    )  # fmt: skip


def service_note(*, entity_id: int, text: str, request_id: str | None = None) -> Model:
    params = {"service": SOURCE, "text": text}
    return _without_none(entity_id=entity_id, note_type=str(NoteType.SERVICE), params=params, request_id=request_id)


def unsorted_call(
    *,
    source_uid: str,
    source_name: str,
    phone: str,
    called_at: int,
    duration: int = 0,
    link: str = "",
    called: str | int = "",
    lead: Model,
    contact: Model | int | None,
    company: int | None = None,
    pipeline: int | None = None,
    request_id: str | None = None,
) -> Model:
    """`source_uid` is unique per call; amoCRM makes a second record with it all the same. `called` is who was rung."""
    metadata: Model = {
        "is_call_event_needed": True, "uniq": source_uid, "duration": duration, "service_code": SERVICE,
        "link": link, "phone": phone, "from": phone, "called_at": called_at, "call_responsible": called,
    }  # fmt: skip
    return _unsorted(source_uid, source_name, metadata, called_at, lead, contact, company, pipeline, request_id)


def unsorted_form(
    *,
    source_uid: str,
    source_name: str,
    form: Model,
    sent_at: int,
    lead: Model,
    contact: Model | int | None,
    company: int | None = None,
    pipeline: int | None = None,
    request_id: str | None = None,
) -> Model:
    """`form` holds form_id, form_name, form_page and, where known, ip and referer."""
    metadata = {**form, "form_sent_at": sent_at}
    return _unsorted(source_uid, source_name, metadata, sent_at, lead, contact, company, pipeline, request_id)


def _unsorted(
    source_uid: str,
    source_name: str,
    metadata: Model,
    created_at: int,
    lead: Model,
    contact: Model | int | None,
    company: int | None,
    pipeline: int | None,
    request_id: str | None,
) -> Model:
    embedded: Model = {"leads": [lead]}
    if contact is not None:
        embedded["contacts"] = [{"id": contact} if isinstance(contact, int) else contact]
    if company is not None:
        embedded["companies"] = [{"id": company}]
    return _without_none(
        source_uid=source_uid, source_name=source_name, metadata=metadata, created_at=created_at,
        pipeline_id=pipeline, _embedded=embedded, request_id=request_id,
    )  # fmt: skip


def task(
    *,
    text: str,
    complete_till: int,
    entity: Entity | None = None,
    entity_id: int | None = None,
    user_id: int | None = None,
) -> Model:
    """A follow-up by and for the user. `complete_till` is Unix seconds."""
    return _without_none(
        text=text, complete_till=complete_till, task_type_id=1, entity_type=str(entity) if entity else None,
        entity_id=entity_id, responsible_user_id=user_id, created_by=user_id,
    )  # fmt: skip


def _without_none(**values: Any) -> Model:
    return {name: value for name, value in values.items() if value is not None}
