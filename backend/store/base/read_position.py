"""A reader's position, counted by transactions instead of serials (docs/decisions, 0011)."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, literal_column, select

from backend.store import db

THIS_TRANSACTION = "cast(cast(pg_current_xact_id() as text) as bigint)"
_POSITION: ColumnElement[int] = literal_column(
    "cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint)", BigInteger
)


def position() -> int:
    """The position after the next reading; to be called before that reading."""
    return db.session.execute(select(_POSITION)).scalar_one()
