"""Counters of processes, summed in the database: several processes on several machines give one correct sum.

A process adds in memory and writes every few seconds and at its end; counts not written before a kill are lost.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.store import Base, db

FACTS, CALLS, REQUESTS, POPUPS = "facts", "calls", "crm_requests", "popups"
MOST_KEPT = 10_000  # sums that a process keeps in memory while the database is down

_ADD = text(
    """
    insert into counters (account_id, name, label, value)
    select account_id, name, label, value
    from unnest(cast(:accounts as bigint[]), cast(:names as text[]), cast(:labels as text[]),
                cast(:amounts as double precision[])) as added (account_id, name, label, value)
    where exists (select from accounts where id = account_id)
    order by account_id, name, label
    on conflict (account_id, name, label) do update set value = counters.value + excluded.value
    """
)

Key = tuple[int, str, str]

_lock = threading.Lock()
_added: Counter[Key] = Counter()


class CounterRow(Base):
    __tablename__ = "counters"

    account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]


def add(account_id: int, name: str, label: str = "", amount: float = 1) -> None:
    """Adds in this process's memory: waits only for other threads that add."""
    key = (account_id, name, label)
    with _lock:
        if key in _added or len(_added) < MOST_KEPT:
            _added[key] += amount  # type: ignore[assignment]


def flush() -> None:
    """Writes the counts since the last flush, and commits; keeps them on failure."""
    with _lock:
        taken = dict(_added)
        _added.clear()
    if not taken:
        return
    try:
        db.session.execute(_ADD, _columns(taken))
        db.session.commit()
    except BaseException:
        db.session.rollback()
        with _lock:
            _added.update(taken)
        raise


def _columns(taken: dict[Key, int]) -> dict[str, Any]:
    keys = list(taken)
    return {
        "accounts": [key[0] for key in keys], "names": [key[1] for key in keys], "labels": [key[2] for key in keys],
        "amounts": list(map(float, taken.values())),
    }  # fmt: skip
