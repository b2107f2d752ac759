"""Calls of before the columns that lists and numbers are made of: what the journal tells of them is filled in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic import command
from flask import Flask

from backend.config import Settings
from backend.store import db, migrate
from backend.store.journal import journal
from backend.store.phonebook.phonebook import PartyRow
from tests.conftest import copied, running

CALLS = ("talk", "missed", "lasting")
HEAD = {"at": 1000.5, "client": "+79267778899", "did": None, "direction": "inbound"}
TALKS = [
    {"extension": "101", "start": 1010.2, "end": 1040.4},
    {"extension": "102", "start": 1040.4, "end": 1060.0},
    {"extension": "103", "start": 1060.0, "end": None},
]
FACTS: list[tuple[str, str, dict[str, Any]]] = [
    ("talk", "rang:102:1", {"kind": "rang", "extension": "102"}),
    ("talk", "rang:101:1", {"kind": "rang", "extension": "101"}),
    ("talk", "rang:102:2", {"kind": "rang", "extension": "102"}),
    ("talk", "ended", {"kind": "ended", "extension": "101", "talks": TALKS}),
    ("missed", "ended", {"kind": "ended", "extension": None, "talks": []}),
    ("lasting", "started", {"kind": "started", "extension": "101"}),
]


@pytest.fixture
def old(settings: Settings) -> Iterator[Flask]:
    """A database as the former version left it."""
    with copied(settings, "template0") as database, running(database) as app:
        with app.app_context():
            command.upgrade(app.extensions["migrate"].migrate.get_config(), "0004")
        with psycopg.connect(database.libpq_url) as connection:
            _fill(connection)
        yield app


def _fill(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "insert into accounts (id, host, name, country, language, state, state_reason, settings)"
        " values (1, 'a', '', 'RU', 'ru', 'connected', '', '{}')"
    )
    for call in CALLS:
        connection.execute(
            "insert into calls (account_id, call, direction, started, recording_token)"
            " values (1, %s, 'inbound', 1, %s)",
            (call, call),
        )
    for call, key, body in FACTS:
        connection.execute(
            "insert into facts (account_id, call, key, kind, at, body) values (1, %s, %s, %s, 1, %s)",
            (call, key, body["kind"], json.dumps(HEAD | body)),
        )
    connection.execute(
        "insert into phonebook_parties (account_id, entity, id, name, companies)"
        " values (1, 'contacts', 7, 'ПЁТР', '{}')"
    )


def test_older_calls_get_their_talks_and_who_rang(old: Flask) -> None:
    migrate.upgrade(old)
    with old.app_context():
        found = journal.calls(1, CALLS)
        talk, missed, lasting = (found[name] for name in CALLS)
        assert (talk.extension, talk.rang, talk.talk_seconds) == ("101", ["102", "101"], 50)
        assert talk.talks == [
            {"extension": "101", "at": 1010.2, "seconds": 30},
            {"extension": "102", "at": 1040.4, "seconds": 20},
            {"extension": "103", "at": 1060.0, "seconds": 0},
        ]
        assert (missed.extension, missed.rang, missed.talks, missed.talk_seconds) == (None, [], [], 0)
        assert (lasting.extension, lasting.talks) == (None, [])
        party = db.session.get(PartyRow, (1, "contacts", 7))
        assert party is not None
        assert party.folded == "петр"
