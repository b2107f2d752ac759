"""Which extensions a client's call rings first, from the phonebook alone: a caller never waits for amoCRM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backend.calls.numbers import phones
from backend.calls.rules.client import Knowledge
from backend.calls.rules.routing import Route, Routing, route
from backend.calls.rules.rules import Rules
from backend.desk.phonebook import lookup
from backend.store import db
from backend.store.settings import settings


def of_caller(account_id: int, shown: str) -> Route:
    """The route for a caller's number as the PBX shows it. Raises LookupError for an unknown account."""
    chosen, rules = settings.both(account_id)
    routing = chosen.to_routing()
    key = phones.key(routing.unprefixed(shown), routing.country)
    if key is None:
        return Route(why="the number is hidden")
    found = _of(account_id, [key], rules, routing)[key]
    db.session.commit()  # a rollback would discard psycopg's prepared statements and cost the next caller 1 ms
    return found


def of_numbers(account_id: int, keys: Sequence[str]) -> Mapping[str, Route]:
    """The route for each key of `phones.key`. Raises LookupError for an unknown account."""
    chosen, rules = settings.both(account_id)
    return _of(account_id, keys, rules, chosen.to_routing())


def _of(account_id: int, keys: Sequence[str], rules: Rules, routing: Routing) -> Mapping[str, Route]:
    known = lookup.parties(account_id, keys)
    return {key: route(Knowledge(parties=known.get(key, ())), rules, routing) for key in keys}
