"""An account's client: the tokens it is opened with, the pace it is asked at, what a refusal means to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from flask import current_app

from backend.amocrm import limiter, requests
from backend.amocrm.client import ApiClient
from backend.amocrm.errors import AmoError, Need, NeedsPerson, TryLater
from backend.amocrm.oauth import Integration, Tokens
from backend.amocrm.tokens import Kept, Tokenkeeper
from backend.store import accounts, tokens
from backend.store.accounts import AccountState
from backend.store.base import counters

log = structlog.get_logger(__name__)

LEFT_ALONE = 300  # seconds after a ban in HTML (docs/amocrm-contract.md §3.1): every request more prolongs it
ASKED_AGAIN = 60.0  # seconds after the first word that the account is unpaid
LONGEST_REST, MOST_RESTS = 600.0, 16  # seconds, and how often the rest may double
LONGEST_PACE = 5.0  # seconds a caller sleeps for the budget; more is worth coming back for

WAITING = {
    AccountState.NEEDS_REAUTHORISATION: Need.REAUTHORISE,
    AccountState.DISABLED: Need.REAUTHORISE,
    AccountState.UNPAID: Need.UNPAID,
}


def integration() -> Integration:
    """Ours, as `create_app` read it from the environment."""
    ours = current_app.extensions["integration"]
    assert isinstance(ours, Integration)
    return ours


def client_for(account_id: int, *, probing: bool = False, before: Callable[[], None] = lambda: None) -> ApiClient:
    """The account's client, within its budget. `probing` also tries an account that waits for a person; `before` each
    request, when there is room for it."""
    keeper = Tokenkeeper(AccountVault(account_id, probing=probing), integration(), time.time)
    pace = Pace(account_id, before)
    return ApiClient(keeper, hosts=integration().hosts, pace=pace.keep, seen=pace.seen)


class Pace:
    """How fast one account may be asked, and how its troubles end."""

    def __init__(self, account_id: int, before: Callable[[], None]) -> None:
        self._account_id = account_id
        self._before = before
        self._is_troubled = False

    def keep(self) -> None:
        """Sleeps until the account's budget has room for one request. Raises TryLater when that is far away."""
        with accounts.budget(self._account_id) as budget:
            tat, wait = limiter.spend(budget.tat, budget.now)
            if wait > LONGEST_PACE:
                raise TryLater("the account's budget is spent", retry_after=wait)
            budget.tat = tat
            self._is_troubled = bool(budget.rests) or budget.is_doubted
        time.sleep(wait)
        self._before()

    def seen(self, request: requests.Request, status: int) -> None:
        """Counts the answer; the first good one ends what was thought of the account's troubles."""
        counters.add(self._account_id, counters.REQUESTS, str(status))
        if self._is_troubled and status < 300:
            accounts.welcome(self._account_id)
            self._is_troubled = False


def rest(account_id: int, seconds: float | None = None) -> float:
    """Leaves amoCRM alone for so long: the account's budget is spent until then. Where it named no time, for 1, 2, 4 …
    seconds, until it has answered well once. Returns the seconds."""
    with accounts.budget(account_id) as budget:
        if seconds is None:
            seconds = min(2.0**budget.rests, LONGEST_REST)
            budget.rests = min(budget.rests + 1, MOST_RESTS)
        budget.tat = max(budget.tat, budget.now + seconds)
    return seconds


class AccountVault:
    """The account's tokens in the database, as `amocrm.tokens.Vault` wants them."""

    def __init__(self, account_id: int, *, probing: bool = False) -> None:
        self._account_id = account_id
        self._probing = probing

    def read(self) -> Kept:
        stored = tokens.read(self._account_id)
        if stored is None:
            raise NeedsPerson(Need.REAUTHORISE, "the account is not connected")
        need = WAITING.get(stored.state)
        if need is not None and not self._probing:
            raise NeedsPerson(need, stored.state_reason)
        if stored.blocked_for:
            raise TryLater("amoCRM has banned us for a while", retry_after=stored.blocked_for)
        return _kept(stored)

    @contextmanager
    def hold(self) -> Iterator[HeldKept]:
        try:
            with tokens.hold(self._account_id) as held:
                yield HeldKept(held)
        except tokens.Busy as error:
            raise TryLater(str(error)) from error

    def refuse(self, refusal: NeedsPerson, kept: Kept | None = None) -> AmoError:
        if refusal.need is not Need.REAUTHORISE:
            return write_down(self._account_id, refusal)
        if kept is None:  # it waits already
            return refusal
        if tokens.give_up(self._account_id, kept.tokens.access, refusal.detail):
            log.warning("account needs a person", account=self._account_id, need=str(refusal.need), detail=str(refusal))
            return refusal
        return TryLater("the tokens were replaced meanwhile")


class HeldKept:
    """`tokens.HeldTokens` in amocrm's words."""

    def __init__(self, held: tokens.HeldTokens) -> None:
        if held.stored is None:
            raise NeedsPerson(Need.REAUTHORISE, "the account is not connected")
        self._held = held
        self.kept = _kept(held.stored)

    def keep(self, kept: Kept) -> None:
        mine = kept.tokens
        self._held.keep(
            host=kept.host, access=mine.access, refresh=mine.refresh,
            refreshed_at=mine.refreshed_at, expires_at=mine.expires_at,
        )  # fmt: skip
        self.kept = kept


def write_down(account_id: int, refusal: NeedsPerson) -> AmoError:
    """Makes visible, committed, what the account waits for; returns what is to be raised. The first word of an unpaid
    account is not believed: amoCRM is asked again after a minute."""
    with accounts.changing(account_id) as account:
        if account is None or account.state is AccountState.DISABLED:
            return refusal
        if refusal.need is Need.BLOCKED:
            account.leave_alone(LEFT_ALONE)
        elif refusal.need is Need.UNPAID and account.is_first_word_of_unpaid():
            account.leave_alone(ASKED_AGAIN)
            return TryLater(str(refusal), status=refusal.status, retry_after=ASKED_AGAIN)
        elif refusal.need is Need.UNPAID:
            account.move(AccountState.UNPAID, refusal.detail)
    log.warning("account needs a person", account=account_id, need=str(refusal.need), detail=refusal.detail)
    return refusal


def _kept(stored: tokens.StoredTokens) -> Kept:
    mine = Tokens(
        access=stored.access, refresh=stored.refresh, refreshed_at=stored.refreshed_at, expires_at=stored.expires_at
    )
    return Kept(host=stored.host, tokens=mine)
