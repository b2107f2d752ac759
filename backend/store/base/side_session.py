"""A short transaction beside the caller's, on a connection from a separate pool.

Tokens and budgets are read and written while the caller may hold a connection of the main pool. If they waited for a
second connection of that pool, as many callers as it has connections would wait for each other forever.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from backend.store import db

ASIDE = "aside"


def aside() -> Session:
    """A new session; use it as a context manager."""
    return Session(db.engines[ASIDE])
