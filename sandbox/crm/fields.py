"""Custom fields: their definitions, the rule a sent value must pass, and how it is kept (docs/amocrm-contract.md §3.5,
§3.15)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.crm.state import Account, Record, World
from sandbox.crm.validation import Checker, Rule, anything, check, list_of

PHONE_ENUMS = ("WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER")
EMAIL_ENUMS = ("WORK", "PRIV", "OTHER")
TRACKING = (
    "UTM_SOURCE", "UTM_MEDIUM", "UTM_CAMPAIGN", "UTM_CONTENT", "UTM_TERM", "UTM_REFERRER", "ROISTAT", "REFERRER",
    "OPENSTAT_SERVICE", "OPENSTAT_CAMPAIGN", "OPENSTAT_AD", "OPENSTAT_SOURCE", "FROM", "GCLIENTID", "_YM_UID",
    "_YM_COUNTER", "GCLID", "YCLID", "FBCLID",
)  # fmt: skip
TYPES: dict[str, type | tuple[type, ...]] = {
    "text": str, "numeric": (str, int, float), "textarea": str, "price": (str, int, float), "streetaddress": str,
    "tracking_data": str, "monetary": (str, int, float), "url": str, "checkbox": bool, "multitext": str,
    "date": int, "date_time": int, "birthday": int,
}  # fmt: skip
CHOICES = ("select", "multiselect", "radiobutton")


def add_field(world: World, account: Account, kind: str, item: Record) -> Record:
    """A definition from what was sent: name, type, and optionally code, sort, enums."""
    enums = item.get("enums")
    field = {
        "id": world.take_id("fields"), "name": item["name"], "type": item["type"], "account_id": account.id,
        "code": item.get("code"), "sort": item.get("sort", 500), "is_api_only": item.get("is_api_only", False),
        "enums": None if enums is None else [_enum(world, index, enum) for index, enum in enumerate(enums)],
        "group_id": item.get("group_id"), "required_statuses": [], "is_deletable": item.get("is_deletable", True),
        "is_predefined": item.get("is_predefined", False), "entity_type": kind, "remind": None,
    }  # fmt: skip
    account.fields[field["id"]] = field
    return field


def _enum(world: World, index: int, enum: Record) -> Record:
    return {"id": world.take_id("enums"), "value": enum["value"], "sort": enum.get("sort", 2 + index * 2)}


def add_standard_fields(world: World, account: Account) -> None:
    for kind in ("contacts", "companies"):
        for name, code, enums, sort in (("Телефон", "PHONE", PHONE_ENUMS, 4), ("Email", "EMAIL", EMAIL_ENUMS, 6)):
            listed = [{"value": enum} for enum in enums]
            item = {"name": name, "type": "multitext", "code": code, "sort": sort, "enums": listed}
            add_field(world, account, kind, {**item, "is_predefined": True, "is_deletable": False})
    for sort, code in enumerate(TRACKING, start=10):
        item = {"name": code.lower(), "type": "tracking_data", "code": code, "sort": sort}
        standard = {"group_id": "statistic", "is_predefined": True, "is_deletable": False}
        add_field(world, account, "leads", item | standard)


def find(account: Account, kind: str, sent: Record) -> Record | None:
    """The definition a sent value means, by `field_id` or `field_code`."""
    if "field_id" in sent:
        field = account.fields.get(sent["field_id"]) if isinstance(sent["field_id"], int) else None
        return field if field and field["entity_type"] == kind else None
    code = sent.get("field_code")
    same = (f for f in account.fields.values() if f["entity_type"] == kind and f["code"] == code)
    return next(same, None) if code else None


def values_rule(kind: str) -> Rule:
    """What `custom_fields_values` must look like for this entity type."""

    def rule(checker: Checker, path: str, sent: Any) -> None:
        if not checker.require(isinstance(sent, dict), "InvalidType", path):
            return
        field = find(checker.account, kind, sent)
        if field is None:
            checker.fail("NotSupportedChoice", f"{path}.field_{'id' if 'field_id' in sent else 'code'}")
        elif checker.require("values" in sent, "FieldMissing", f"{path}.values") and sent["values"]:
            list_of(_value_rule(field))(checker, f"{path}.values", sent["values"])

    return list_of(rule)


def _value_rule(field: Record) -> Rule:
    keys = {"value": anything, "enum_id": anything, "enum_code": anything, "enum": anything}

    def rule(checker: Checker, path: str, sent: Any) -> None:
        before = len(checker.errors)
        check(checker, sent, keys, path=path)
        if len(checker.errors) == before:
            _check_value(checker, path, field, sent)

    return rule


def _check_value(checker: Checker, path: str, field: Record, sent: Record) -> None:
    if field["type"] in CHOICES:
        checker.require(_find_enum(field, sent) is not None, "NotSupportedChoice", f"{path}.value")
        return
    if checker.require("value" in sent, "FieldMissing", f"{path}.value"):
        checker.require(_fits(field["type"], sent["value"]), "InvalidType", f"{path}.value")
    if field["type"] == "multitext" and ("enum_id" in sent or "enum_code" in sent):
        checker.require(_find_enum(field, sent) is not None, "NotSupportedChoice", f"{path}.enum_code")


def _fits(kind: str, value: Any) -> bool:
    wanted = TYPES.get(kind, object)
    return isinstance(value, wanted) and (kind == "checkbox" or not isinstance(value, bool))


def _find_enum(field: Record, sent: Record) -> Record | None:
    """By `enum_id`, else by `enum_code`, else by the value itself (not for multitext, whose value is the number)."""
    enums = field["enums"] or []
    if "enum_id" in sent:
        return next((enum for enum in enums if enum["id"] == sent["enum_id"]), None)
    text = sent.get("enum_code", None if field["type"] == "multitext" else sent.get("value"))
    return next((enum for enum in enums if enum["value"] == text), None)


def merged(account: Account, kind: str, old: list[Record] | None, sent: list[Record] | None) -> list[Record] | None:
    """The record's values after a write: a field that was sent replaces all its values, an empty one goes away."""
    kept = {value["field_id"]: value for value in old or []}
    for item in sent or []:
        field = find(account, kind, item)
        if field and item["values"]:
            kept[field["id"]] = _kept(field, item["values"])
        elif field:
            kept.pop(field["id"], None)
    return list(kept.values()) or None


def _kept(field: Record, values: list[Record]) -> Record:
    return {
        "field_id": field["id"],
        "field_name": field["name"],
        "field_code": field["code"],
        "field_type": field["type"],
        "values": [_kept_value(field, value) for value in values],
    }


def _kept_value(field: Record, sent: Record) -> Record:
    if not field["enums"]:
        return {"value": sent["value"]}
    enum = _find_enum(field, sent) or field["enums"][0]
    shown = sent["value"] if field["type"] == "multitext" else enum["value"]
    return {"value": shown, "enum_id": enum["id"], "enum_code": enum["value"]}


def texts(record: Record) -> Iterable[str]:
    """Every text the search looks through: the name and all values."""
    yield record["name"]
    for field in record["custom_fields_values"] or []:
        for value in field["values"]:
            yield str(value["value"])


def phones(record: Record) -> list[str]:
    """As they are written in the PHONE field."""
    found = (f for f in record["custom_fields_values"] or [] if f["field_code"] == "PHONE")
    return [str(value["value"]) for field in found for value in field["values"]]


def phone_values(numbers: Iterable[str]) -> list[Record]:
    """The PHONE field as a caller would send it."""
    values = [{"value": number, "enum_code": "WORK"} for number in numbers]
    return [{"field_code": "PHONE", "values": values}] if values else []
