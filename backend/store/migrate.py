"""Migrates the database to the newest revision; of many concurrent processes one does it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from flask import Flask
from flask_migrate import Migrate

from backend.store import (
    accounts,
    audits,
    commands,
    db,
    extensions,
    installs,
    leases,
    outages,
    outcomes,
    popups,
    stream,
)
from backend.store.base import counters
from backend.store.journal import journal
from backend.store.phonebook import change_inbox, phonebook, syncs, webhooks
from backend.store.recordings import access, recordings

# imported so that the metadata includes their tables
TABLES = (
    accounts, audits, commands, counters, extensions, webhooks, installs, journal, leases, outages, outcomes,
    phonebook, change_inbox, syncs, popups, access, recordings, stream,
)  # fmt: skip
FOLDER = Path(__file__).parent / "migrations"
LOCK = 7_041_996  # advisory lock: two releases at once must not both run a revision
FOREIGN = ("procrastinate_", "idx_procrastinate_")


def is_ours(thing: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """False for procrastinate's tables in the same schema: autogenerate would drop them."""
    return not (name or "").startswith(FOREIGN)


def init_app(app: Flask) -> None:
    """Registers `flask db …` and our folder of revisions."""
    Migrate(app, db, directory=str(FOLDER), include_object=is_ours, compare_type=True)


def upgrade(app: Flask) -> None:
    """Runs every pending revision, in one transaction under a lock; does nothing if there is none."""
    with app.app_context():
        command.upgrade(app.extensions["migrate"].migrate.get_config(), "head")
