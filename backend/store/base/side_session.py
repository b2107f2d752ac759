"""A short transaction beside the caller's, on a connection of its own pool.

Tokens and budgets are read and written while a caller may hold a connection of the main pool; were they to wait for
another one of it, as many callers as the pool has connections would wait for each other for ever.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from backend.store import db

ASIDE = "aside"


def aside() -> Session:
    """A new session; use it as a context manager."""
    return Session(db.engines[ASIDE])
