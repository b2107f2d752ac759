"""Where a reader is who goes on from where he was: by transactions, not by serials (docs/decisions, 0011)."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, literal_column, select

from backend.store import db

THIS_TRANSACTION = "cast(cast(pg_current_xact_id() as text) as bigint)"
_POSITION: ColumnElement[int] = literal_column(
    "cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint)", BigInteger
)


def position() -> int:
    """Where a reader is who reads after this: to be asked before he does."""
    return db.session.execute(select(_POSITION)).scalar_one()
