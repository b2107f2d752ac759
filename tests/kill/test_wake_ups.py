"""The race between a fact and the end of a drain: no fact may be left that nobody comes for, the sweep being off.

Pairs of facts of one account, a moment apart, then silence, so that no later fact brings a lost one along.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import event, text

from backend import create_app
from backend.calls.facts import CallEnded, Direction, Result
from backend.config import Settings
from backend.desk.arrive import arrive
from backend.store import db
from backend.store.accounts import Account
from tests.kill.conftest import Hire
from tests.kill.processes import until

ACCOUNTS = range(1, 7)
PAIRS = 30  # of each account
APART = 0.06  # seconds, at most
HELD = 0.1  # seconds, at most, for which a transaction stays open after its wake-up; a drain takes some 0.03

NAMES = itertools.count(1)
_FATE = text(
    """
    select not exists (select 1 from procrastinate_jobs
                       where queueing_lock = 'drain:' || :account and status in ('todo', 'doing'))
    from intents where account_id = cast(:account as bigint) and state = 'todo' limit 1
    """
)


@pytest.fixture
def busy_app(settings_here: Settings) -> Iterator[Flask]:
    """With a connection for each account's thread."""
    busy = create_app(settings_here, connections=3 * len(ACCOUNTS) + 1)
    with busy.app_context():
        synced = datetime.now(UTC)
        db.session.add_all(Account(id=number, host="nobody.localhost", phonebook_sync_at=synced) for number in ACCOUNTS)
        db.session.commit()
    yield busy
    with busy.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def slow_commits(busy_app: Flask) -> Iterator[None]:
    """Every other transaction of ours stays open for a while after its wake-up."""

    def linger(_: object) -> None:
        time.sleep(random.choice([0, random.uniform(0, HELD)]))

    event.listen(db.session, "before_commit", linger)
    yield
    event.remove(db.session, "before_commit", linger)


@pytest.mark.usefixtures("slow_commits")
def test_no_fact_is_left_without_a_drain(busy_app: Flask, hire: Hire) -> None:
    hire(sweep=False)
    with ThreadPoolExecutor(len(ACCOUNTS)) as accounts, ThreadPoolExecutor(2 * len(ACCOUNTS)) as facts:
        lost = accounts.map(lambda account: sum(_pair(busy_app, facts, account) for _ in range(PAIRS)), ACCOUNTS)
        assert sum(lost) == 0


def _pair(app: Flask, facts: ThreadPoolExecutor, account: int) -> bool:
    """Whether one of the two was left lying."""
    wait([facts.submit(_tell, app, account, after) for after in (0, random.uniform(0, APART))])
    return bool(until(lambda: _fate(app, account), f"a drain of account {account}") == "lost")


def _tell(app: Flask, account: int, after: float) -> None:
    """Its intent needs no amoCRM: it finishes a note that there is not, so that drains are short."""
    time.sleep(after)
    at = time.time()
    ended = CallEnded(
        call=f"{at}.{next(NAMES)}", at=at, direction=Direction.INBOUND, client=None, did=None,
        result=Result.ANSWERED, reason=None, extension=None, talks=(), started=at, answered=at, recording=None,
    )  # fmt: skip
    with app.app_context():
        arrive(account, ended)


def _fate(app: Flask, account: int) -> str | None:
    """`done`, `lost` when something is left and no drain is there for it, None while one is at it."""
    with app.app_context():
        lost = db.session.scalar(_FATE, {"account": str(account)})
    return {None: "done", True: "lost", False: None}[lost]
