"""The shapes amoCRM answers in: hal+json objects, pages of a collection, 204 for nothing (docs/amocrm-contract.md
§3.1)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlencode

from flask import Response, g, request

from sandbox.crm import php
from sandbox.crm.context import world
from sandbox.crm.problems import Problem
from sandbox.crm.state import Record

HAL = "application/hal+json"
MAX_BATCH = 250
DEFAULT_LIMIT = 50
MAX_MOMENT = 1 << 40
Render = Callable[[Record], Record]


def hal(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype=HAL)


def nothing() -> Response:
    return Response(status=204)


def found(record: Record | None, render: Render) -> Response:
    """One object, or 204 when it is not there."""
    return nothing() if record is None else hal(render(record))


def href(path: str) -> str:
    """An address of the API, under the host the caller asked."""
    return f"{world().scheme}://{request.host}/api/v4{path}"


def links(path: str) -> Record:
    return {"self": {"href": href(path)}}


def ref(kind: str, entity_id: int, **more: Any) -> Record:
    """An entity mentioned inside another."""
    return {"id": entity_id, **more, "_links": links(f"/{kind}/{entity_id}")}


def args() -> Record:
    """The query, with PHP brackets as nested dicts; Problem 400 when it is absurdly long."""
    if "args" not in g:
        try:
            g.args = php.parse(request.query_string.decode("utf-8", "replace"))
        except ValueError:
            raise Problem(400, "Too many query parameters") from None
    parsed: Record = g.args
    return parsed


def wanted(*path: str) -> list[str]:
    return php.values(args(), *path)


def with_parts() -> set[str]:
    """What the caller asked for beside the plain object: `with=leads,contacts`."""
    return {part.strip() for text in wanted("with") for part in text.split(",")}


def number(name: str, default: int, *, low: int, high: int) -> int:
    text = php.first(args(), name) or ""
    return min(max(int(text), low), high) if text.isdecimal() and len(text) < 10 else default


def collection(
    name: str, records: Iterable[Record], render: Render, *, max_limit: int = 250, counted: bool = False
) -> Response:
    """One page of records; 204 when it is empty. `next` is offered after any full page, as amoCRM does."""
    everything = list(records)
    limit = number("limit", DEFAULT_LIMIT, low=1, high=max_limit)
    page = number("page", 1, low=1, high=10**6)
    chosen = everything[(page - 1) * limit : page * limit]
    if not chosen:
        return nothing()
    counts = {"_total_items": len(everything)} if counted else {}
    pages = {"_page_count": -(-len(everything) // limit)} if counted else {}
    body = {**counts, "_page": page, **pages, "_links": _page_links(page, limit, full=len(chosen) == limit)}
    return hal({**body, "_embedded": {name: [render(record) for record in chosen]}})


def whole(name: str, records: list[Record], render: Render, path: str) -> Response:
    """A list that has no pages."""
    shown = [render(record) for record in records]
    return hal({"_total_items": len(shown), "_links": links(path), "_embedded": {name: shown}})


def _page_links(page: int, limit: int, *, full: bool) -> Record:
    built = {"self": _page_link(page, limit)}
    if full:
        built["next"] = _page_link(page + 1, limit)
    if page > 1:
        built.update(first=_page_link(1, limit), prev=_page_link(page - 1, limit))
    return built


def _page_link(page: int, limit: int) -> Record:
    kept = {k: v for k, v in args().items() if isinstance(v, str)}
    query = {**kept, "page": page, **({} if "limit" in kept else {"limit": limit})}
    return {"href": href(request.path.removeprefix("/api/v4")) + "?" + unquote(urlencode(query))}


def body() -> Any:
    """The JSON sent; Problem 400 when it is none or empty."""
    sent = request.get_json(force=True, silent=True)
    if sent in (None, [], {}):
        raise Problem(400, "Request data can not be empty")
    return sent


def one() -> Record:
    sent = body()
    if not isinstance(sent, dict):
        raise Problem(400, "Request data should be an object")
    return sent


def batch(limit: int = MAX_BATCH, too_many: int = 422) -> list[Any]:
    """The array sent; Problem when it is none or longer than allowed."""
    sent = body()
    if not isinstance(sent, list):
        raise Problem(400, "Request data should be an array")
    if len(sent) > limit:
        raise Problem(too_many, f"Limit {limit} per page")
    return sent


def batch_or_one(entity_id: int | None) -> list[Record]:
    """PATCH takes an array with ids, or one object when the id is in the path."""
    return batch() if entity_id is None else [{**one(), "id": entity_id}]


def written(name: str, items: list[Record], path: str) -> Response:
    """The answer to a write of a batch."""
    return hal({"_links": links(path), "_embedded": {name: items}})


def order(records: Iterable[Record], keys: tuple[str, ...]) -> list[Record]:
    """By `order[key]=asc|desc` where the key is one of `keys`, else by id."""
    asked = args().get("order")
    chosen = [(k, v) for k, v in asked.items() if k in keys] if isinstance(asked, dict) else []
    ordered = sorted(records, key=lambda record: record["id"])
    for key, direction in reversed(chosen):
        ordered.sort(key=lambda record: record[key] or 0, reverse=direction == "desc")
    return ordered


def within(record: Record, key: str) -> bool:
    """Whether `filter[key][from|to]`, in Unix seconds, lets the record through."""
    low, high = php.first(args(), "filter", key, "from"), php.first(args(), "filter", key, "to")
    moment: int = record[key]
    return _number(low, 0) <= moment <= _number(high, MAX_MOMENT)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() else default


def chosen_by(record: Record, key: str, *, name: str | None = None) -> bool:
    """Whether `filter[name]`, one or many, names the record's value; true when it was not sent."""
    asked = wanted("filter", name or key)
    return not asked or str(record[key]) in asked
