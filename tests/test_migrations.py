"""The revisions make the tables that the models and procrastinate expect."""

from __future__ import annotations

import re

import psycopg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from procrastinate.schema import SchemaManager

from backend.config import Settings
from backend.store import db, migrate


def test_the_revisions_make_what_the_models_say(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": migrate.is_ours, "compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_the_frozen_tables_of_procrastinate_are_those_of_the_installed_one() -> None:
    """An upgrade of procrastinate needs a revision of its own: its SQL stands in its folder of migrations."""
    frozen = (migrate.FOLDER / "procrastinate-3.10.sql").read_text(encoding="utf-8")
    assert frozen == SchemaManager.get_schema()


def test_upgrading_again_changes_nothing(app: Flask, database: Settings) -> None:
    migrate.upgrade(app)
    with psycopg.connect(database.libpq_url) as connection:
        tables = {name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'public'")}
    assert {name for name in tables if re.match("procrastinate_", name)} >= {"procrastinate_jobs"}
