"""Custom fields, tags, and the settings an admin typed into the widget (docs/amocrm-contract.md §3.15, §3.16,
§3.18)."""

from __future__ import annotations

from flask import Response

from sandbox.crm import cards, fields, php
from sandbox.crm.answers import args, batch, chosen_by, collection, found, hal, links, nothing, one, ref, written
from sandbox.crm.context import act, caller, world
from sandbox.crm.gate import admins_only, api
from sandbox.crm.notes import KIND
from sandbox.crm.problems import Problem
from sandbox.crm.state import Integration, Record
from sandbox.crm.validation import (
    Nullable,
    Schema,
    anything,
    flag,
    integer,
    list_of,
    nested,
    one_of,
    request_id,
    text,
    text_or_number,
    validate,
)

FIELD: Schema = {
    "name": text(255), "type": one_of(*fields.TYPES, *fields.CHOICES), "code": Nullable(text(255)), "sort": integer,
    "group_id": Nullable(text(255)), "is_api_only": flag, "request_id": text_or_number,
    "enums": Nullable(list_of(nested({"value": text(255), "sort": integer}, ("value",)))),
    "required_statuses": anything,
}  # fmt: skip
TAG: Schema = {"name": text(255), "color": Nullable(text(6)), "request_id": text_or_number}
MANIFEST_FIELDS = [{"key": "phones", "name": "Внутренние номера", "type": "users", "is_required": False}]


@api.get(f"/v4/{KIND}/custom_fields")
def list_fields(kind: str) -> Response:
    found = [field for field in caller().account.fields.values() if field["entity_type"] == kind]
    return collection("custom_fields", found, show_field, counted=True)


@api.get(f"/v4/{KIND}/custom_fields/<int:field_id>")
def read_field(kind: str, field_id: int) -> Response:
    field = caller().account.fields.get(field_id)
    return found(field if field and field["entity_type"] == kind else None, show_field)


def show_field(field: Record) -> Record:
    return {**field, "_links": links(f"/{field['entity_type']}/custom_fields/{field['id']}")}


@api.post(f"/v4/{KIND}/custom_fields")
def add_fields(kind: str) -> Response:
    admins_only()
    items = batch()
    validate(caller().account, items, FIELD, ("name", "type"))
    made = [fields.add_field(world(), caller().account, kind, item) for item in items]
    return written("custom_fields", [show_field(field) for field in made], f"/{kind}/custom_fields")


@api.get(f"/v4/{KIND}/tags")
def list_tags(kind: str) -> Response:
    query = (php.first(args(), "query") or "").casefold()
    tags = [tag for tag in caller().account.tags.values() if tag["entity_type"] == kind]
    chosen = [tag for tag in tags if chosen_by(tag, "name") and query in tag["name"].casefold()]
    return collection("tags", chosen, lambda tag: {key: tag[key] for key in ("id", "name", "color")})


@api.post(f"/v4/{KIND}/tags")
def add_tags(kind: str) -> Response:
    items = batch()
    validate(caller().account, items, TAG, ("name",))
    made = [_add_tag(kind, item) | {"request_id": request_id(item, i)} for i, item in enumerate(items)]
    return written("tags", made, f"/{kind}/tags")


def _add_tag(kind: str, item: Record) -> Record:
    tag = cards.tag_named(act(), kind, item["name"])
    tag["color"] = item.get("color") if kind == "leads" else None
    return ref(f"{kind}/tags", tag["id"], name=tag["name"])


@api.get("/v4/widgets/<code>")
def read_widget(code: str) -> Response:
    return hal(_show_widget(_integration(code)))


def _integration(code: str) -> Integration:
    integration = world().integration_of(code)
    if integration is None:
        raise Problem(404)
    return integration


def _show_widget(integration: Integration) -> Record:
    """`settings` are shown to the integration the widget belongs to, and to nobody else."""
    install = caller().account.installs.get(integration.client_id)
    own = integration.client_id == caller().client_id
    return {
        "id": 90210, "code": integration.widget_code, "version": "1.0.0", "rating": "0",
        "settings_template": MANIFEST_FIELDS, "is_lead_source": False, "is_work_with_dp": True,
        "is_crm_template": False, "client_uuid": integration.client_id,
        "is_active_in_account": install is not None, "pipeline_id": None,
        **({"settings": install["settings"]} if install and own else {}),
        "_links": links(f"/widgets/{integration.widget_code}"),
    }  # fmt: skip


@api.post("/v4/widgets/<code>")
def install_widget(code: str) -> Response:
    admins_only()
    integration, settings = _integration(code), one()
    installs = caller().account.installs
    installs[integration.client_id] = {"user_id": caller().user["id"], "at": act().now, "settings": settings}
    return hal(_show_widget(integration))


@api.delete("/v4/widgets/<code>")
def uninstall_widget(code: str) -> Response:
    admins_only()
    if caller().account.installs.pop(_integration(code).client_id, None) is None:
        raise Problem(404)
    return nothing()
