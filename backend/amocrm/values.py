"""Reads amoCRM's JSON: strings and numbers are mixed and keys are left out, so nothing is trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
PHONE = "PHONE"
LARGEST = 2**63 - 1
LATEST = 4_102_444_800  # the year 2100 in Unix seconds; what says it is later is no time


def phones(item: dict[str, Any]) -> tuple[str, ...]:
    """The values of the PHONE fields, in their order, each once."""
    found = (
        text(mapping(value).get("value"))
        for field in items(item.get("custom_fields_values"))
        if field.get("field_code") == PHONE
        for value in items(field.get("values"))
    )
    return tuple(dict.fromkeys(phone for phone in found if phone))


def ids(item: dict[str, Any], name: str) -> tuple[int, ...]:
    found = (number(each.get("id")) for each in embedded(item, name))
    return tuple(each for each in found if each is not None)


def embedded(body: Any, name: str) -> list[dict[str, Any]]:
    return items(mapping(mapping(body).get("_embedded")).get(name))


def items(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def number(value: Any) -> int | None:
    """An id or an amount, whether it came as 7, 7.5, "7" or "7.5"; None for anything else, and for what no bigint
    holds."""
    try:
        whole = float(value) if isinstance(value, str) and "." in value else value
        found = int(whole) if isinstance(whole, int | float | str) and not isinstance(whole, bool) else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and abs(found) <= LARGEST else None


def moment(value: Any) -> int:
    """A time in Unix seconds; 0 for what is none."""
    found = number(value) or 0
    return found if 0 < found <= LATEST else 0


def text(value: Any) -> str:
    """Text as a database can hold it: no NUL, no half of a surrogate pair."""
    plain = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return plain.replace("\0", "").encode("utf-8", "replace").decode()


def each(body: Any, name: str, parse: Callable[[Any], T | None]) -> tuple[T, ...]:
    """The embedded items of this name that `parse` could read."""
    return tuple(found for item in embedded(body, name) if (found := parse(item)) is not None)
