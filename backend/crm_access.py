"""An account's errands between amoCRM and the store: its client, its tokens' renewal, its mirrors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import structlog
from flask import current_app

from backend.amocrm import account_answers, limiter, requests, values
from backend.amocrm.client import ApiClient
from backend.amocrm.errors import AmoError, Need, NeedsPerson, TryLater
from backend.amocrm.oauth import Integration, Tokens
from backend.amocrm.tokens import AHEAD, Kept, Tokenkeeper
from backend.store import accounts, db, tokens
from backend.store.accounts import AccountStage, AccountState, AccountUser
from backend.store.base import counters
from backend.store.journal import journal, wake
from backend.store.phonebook import webhooks
from backend.store.phonebook.webhooks import HookState

log = structlog.get_logger(__name__)

LEFT_ALONE = 300  # seconds after a ban in HTML (contract §3.1): every request more prolongs it
LONGEST_PACE = 5.0  # seconds a caller sleeps for the budget; more is worth coming back for
MOST_PAGES = 40  # of 250 users

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


def client_for(account_id: int, *, probing: bool = False) -> ApiClient:
    """The account's client, within its budget. `probing` also tries an account marked unpaid."""
    keeper = Tokenkeeper(AccountVault(account_id, probing=probing), integration(), time.time)
    pace, seen = (lambda: keep_pace(account_id)), count_answers(account_id)
    return ApiClient(keeper, hosts=integration().hosts, pace=pace, seen=seen)


def count_answers(account_id: int) -> Callable[[requests.Request, int], None]:
    """To be called after each answer of amoCRM."""
    return lambda request, status: counters.add(account_id, counters.REQUESTS, str(status))


def keep_pace(account_id: int) -> None:
    """Sleeps until the account's budget has room for one request. Raises TryLater when that is far away."""
    with accounts.budget(account_id) as budget:
        tat, wait = limiter.spend(budget.tat, budget.now)
        if wait > LONGEST_PACE:
            raise TryLater("the account's budget is spent", retry_after=wait)
        budget.tat = tat
    time.sleep(wait)


def rest(account_id: int, seconds: float) -> None:
    """Leaves amoCRM alone for so long: the account's budget is spent until then."""
    with accounts.budget(account_id) as budget:
        budget.tat = max(budget.tat, budget.now + seconds)


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
        if need is not None and not (self._probing and need is Need.UNPAID):
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

    def refuse(self, need: Need, detail: str) -> None:
        write_down(self._account_id, need, detail)


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


def write_down(account_id: int, need: Need, detail: str) -> None:
    """Makes visible, committed, what the account waits for. A disabled account stays disabled."""
    with accounts.changing(account_id) as account:
        if account is None or account.state is AccountState.DISABLED:
            return
        if need is Need.BLOCKED:
            account.leave_alone(LEFT_ALONE)
        elif need is Need.REAUTHORISE:
            account.move(AccountState.NEEDS_REAUTHORISATION, detail)
        elif need is Need.UNPAID:
            account.move(AccountState.UNPAID, detail)
    log.warning("account needs a person", account=account_id, need=str(need), detail=detail)


def disable(account_id: int, why: str = "the integration was disabled in amoCRM") -> None:
    """The integration was turned off: nothing more is asked of amoCRM, settings are kept. Committed, repeatable."""
    with accounts.changing(account_id) as account:
        if account is not None:
            account.move(AccountState.DISABLED, why)
    tokens.forget(account_id)
    webhooks.move(account_id, HookState.NONE)  # amoCRM has ended its own part
    db.session.commit()
    log.info("account disabled", account=account_id)


def renew_due_tokens() -> int:
    """Renews the tokens that have lived most of their life, of idle accounts too; returns how many were looked at."""
    due = tokens.due(AHEAD)
    for account_id in due:
        keeper = Tokenkeeper(AccountVault(account_id), integration(), time.time)
        try:
            keeper.current()
        except NeedsPerson as refusal:
            keeper.refused(refusal.need, refusal.detail)
        except AmoError as error:
            log.info("token not renewed yet", account=account_id, error=str(error))
    return len(due)


def probe_unpaid() -> int:
    """Asks each account marked unpaid whether it works again; returns how many do."""
    return sum(map(_works_again, accounts.in_state(AccountState.UNPAID)))


def _works_again(account_id: int) -> bool:
    client = client_for(account_id, probing=True)
    try:
        client.send(requests.account())
    except AmoError:
        return False
    finally:
        client.close()
    with accounts.changing(account_id) as account:
        if account is not None and account.state is AccountState.UNPAID:
            account.move(AccountState.CONNECTED)
    journal.hasten(account_id)
    wake.wake(account_id)
    db.session.commit()
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrors:
    """What an account's users and stages are in amoCRM."""

    users: tuple[account_answers.User, ...]
    stages: tuple[account_answers.StageInfo, ...]


def read_mirrors(client: ApiClient) -> Mirrors:
    """Asks amoCRM. Raises the client's errors: only an administrator's token may read users."""
    users: dict[int, account_answers.User] = {}
    for page in range(1, MOST_PAGES + 1):
        body = client.send(requests.users(page))
        users |= {user.id: user for user in account_answers.users(body)}
        if len(values.embedded(body, "users")) < requests.PAGE:
            break
    stages = account_answers.stages(client.send(requests.pipelines()))
    return Mirrors(users=tuple(users.values()), stages=stages)


def keep_mirrors(account_id: int, mirrors: Mirrors) -> None:
    """Makes the account's mirrors equal to these; whoever was deleted is not active any more, and keeps his name.
    Does not commit."""
    told = {each.id for each in mirrors.users}
    users = [
        {
            "user_id": each.id,
            "name": each.name,
            "is_active": each.is_active,
            "is_admin": each.is_admin,
            "group_id": each.group_id,
            "views": each.views,
        }
        for each in mirrors.users
    ]
    users += [
        {
            "user_id": each.user_id,
            "name": each.name,
            "is_active": False,
            "is_admin": False,
            "group_id": None,
            "views": {},
        }
        for each in accounts.users(account_id)
        if each.user_id not in told
    ]
    accounts.replace_mirror(AccountUser, account_id, users)
    accounts.replace_mirror(AccountStage, account_id, [asdict(stage) for stage in mirrors.stages])


def sync_mirrors(account_id: int, client: ApiClient) -> None:
    """Reads and keeps, committed."""
    keep_mirrors(account_id, read_mirrors(client))
    db.session.commit()


def _kept(stored: tokens.StoredTokens) -> Kept:
    mine = Tokens(
        access=stored.access, refresh=stored.refresh, refreshed_at=stored.refreshed_at, expires_at=stored.expires_at
    )
    return Kept(host=stored.host, tokens=mine)
