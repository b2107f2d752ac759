"""Adding a number to what amoCRM answered, in each of the shapes it answers in."""

from __future__ import annotations

from typing import Any

import pytest

from backend.amocrm import models

NEW = {"value": "+79267778899", "enum_code": "WORK"}
SHAPES: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "no fields": ({"custom_fields_values": None}, [NEW]),
    "not an object": (None, [NEW]),
    "other fields": ({"custom_fields_values": [{"field_code": "EMAIL", "values": [{"value": "a@b"}]}]}, [NEW]),
    "ids and codes": (
        {
            "custom_fields_values": [
                {"field_code": "PHONE", "values": [{"value": "1", "enum_id": 7, "enum_code": "MOB"}]}
            ]
        },
        [{"value": "1", "enum_id": 7}, NEW],
    ),
    "the older key": (
        {"custom_fields_values": [{"field_code": "PHONE", "values": [{"value": 12, "enum": 7}]}]},
        [{"value": 12, "enum_id": 7}, NEW],
    ),
    "codes alone": (
        {"custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "1", "enum_code": "MOB"}]}]},
        [{"value": "1", "enum_code": "MOB"}, NEW],
    ),
    "no kind": (
        {"custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "1"}]}]},
        [{"value": "1"}, NEW],
    ),
    "no values": ({"custom_fields_values": [{"field_code": "PHONE", "values": None}]}, [NEW]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_all_that_were_read_are_written_again(shape: str) -> None:
    read, written = SHAPES[shape]
    changed = models.with_phone(read, "+79267778899")
    assert changed == {"custom_fields_values": [{"field_code": "PHONE", "values": written}]}
