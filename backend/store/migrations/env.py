"""Alembic's side of `backend.store.migrate`: runs inside the app context that called it."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import text

from backend.store import db
from backend.store.migrate import LOCK


def run() -> None:
    options: dict[str, Any] = current_app.extensions["migrate"].configure_args
    with db.engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.configure(connection=connection, target_metadata=db.metadata, **options)
        with context.begin_transaction():
            context.run_migrations()


run()
