"""The account's drain as the worker runs it: a slice of work, then it puts itself again for what is due later."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import current_app

from backend import accounts as errands
from backend.amocrm.client import Client
from backend.amocrm.errors import NeedsPerson, TryLater
from backend.amocrm.tokens import Tokenkeeper
from backend.desk import carry
from backend.desk.job import Desk, Fence
from backend.store import accounts, db, settings, wake
from backend.store.accounts import AccountState

PAUSE = 600.0  # seconds; an account that waits for a person is asked again so often, should nobody wake it
BREATH = 5.0  # seconds after a failure of another kind, such as a database that went away


def work(account_id: int, fence: Fence, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    """One slice of the account's work. Raises Fenced and NeedsPerson as `carry.drain` does.

    Where amoCRM named a time to come back, nobody asks it anything for this account before.
    """
    account = accounts.find(account_id)
    if account is None or account.state is AccountState.DISABLED:
        return
    crm = _client(account_id, fence)
    desk = Desk(account_id, crm, settings.rules(account_id), recording_link(account_id), fence)
    at: datetime | None = _in(BREATH)
    try:
        at = carry.drain(desk, should_stop=should_stop)
    except TryLater as later:
        seconds = later.retry_after or 0.0
        errands.rest(account_id, seconds)
        at = _in(seconds)
    except NeedsPerson:
        at = _in(PAUSE)
        raise
    finally:
        crm.close()
        db.session.rollback()
        if at is not None:
            fence.hold()
            wake.wake(account_id, at)
            db.session.commit()


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def _client(account_id: int, fence: Fence) -> Client:
    """The account's client; having waited for the budget, it asks again whether the work is still ours."""

    def pace() -> None:
        errands.keep_pace(account_id)
        fence.hold_again_if_stale()

    ours = errands.integration()
    keeper = Tokenkeeper(errands.AccountVault(account_id), ours, time.time)
    return Client(keeper, hosts=ours.hosts, pace=pace, seen=errands.count_answers(account_id))


def recording_link(account_id: int) -> Callable[[str], str]:
    """From a call's token to where its recording will be, whether there is one yet or not."""
    base = current_app.config["PUBLIC_URL"]
    return lambda token: f"{base}/recordings/{account_id}/{token}.mp3"
