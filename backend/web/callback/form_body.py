"""The body of a form as pairs of names and values, from any sender: a browser, Tilda, amoCRM, a site's server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from backend.desk.callback.admission import NotLetIn

LARGEST = 32 * 1024  # bytes
MOST_PAIRS = 1000  # read; far more than are kept, because the phone may come last
DEEPEST = 8  # levels of JSON; deeper ones are dropped
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"


def body_of(request: Request) -> bytes:
    """Raises NotLetIn for a body that is too large, without reading more of it than allowed."""
    request.max_content_length = LARGEST
    try:
        return request.get_data()
    except RequestEntityTooLarge as error:
        raise NotLetIn("too_large") from error


def fields_of(request: Request) -> list[tuple[str, str]]:
    """In the order of the body; nested JSON gets the names that PHP would give it. Raises NotLetIn."""
    body = body_of(request)
    try:
        if request.mimetype == PARTS:
            request.max_form_parts = MOST_PAIRS
            return list(request.form.items(multi=True))
        if request.is_json or (request.mimetype != FORM and body.lstrip().startswith(b"{")):
            return _of_json(body)
        return parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST_PAIRS)
    except RequestEntityTooLarge as error:
        raise NotLetIn("too_large") from error
    except (ValueError, RecursionError) as error:
        raise NotLetIn("not_a_form") from error


def _of_json(body: bytes) -> list[tuple[str, str]]:
    given = json.loads(body)
    if not isinstance(given, dict):
        raise ValueError("not an object")
    pairs = [pair for name, value in given.items() for pair in _flat(str(name), value, DEEPEST)]
    return pairs[:MOST_PAIRS]


def _flat(name: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in inner if depth else ():
            yield from _flat(f"{name}[{key}]", each, depth - 1)
    elif value is not None:
        yield name, value if isinstance(value, str) else json.dumps(value)
