"""Liveness and readiness of the process."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from backend.store import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> tuple[dict[str, str], int]:
    """Alive, whatever the state of the database: restarting this process would not repair it."""
    return {"status": "ok"}, 200


@blueprint.get("/readyz")
def readyz() -> tuple[dict[str, str], int]:
    """Ready for requests: the database answers."""
    try:
        db.session.execute(select(1))
    except SQLAlchemyError:
        return {"status": "unavailable", "why": "the database does not answer"}, 503
    return {"status": "ok"}, 200
