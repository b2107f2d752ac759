"""How an account stands with amoCRM: turned off or not, renewed ahead of time, asked whether it works again."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import structlog

from backend.amocrm import requests
from backend.amocrm.errors import AmoError, Need, NeedsPerson
from backend.amocrm.tokens import AHEAD, Tokenkeeper
from backend.crm_access.access import AccountVault, client_for, integration
from backend.store import accounts, db, tokens
from backend.store.accounts import AccountState
from backend.store.journal import journal, wake
from backend.store.phonebook import webhooks
from backend.store.phonebook.webhooks import HookState

log = structlog.get_logger(__name__)


def hear_disabling(account_id: int) -> None:
    """The integration is said to be turned off: believed when amoCRM does not let us in any more."""
    with accounts.changing(account_id) as account:
        if account is not None:
            account.disabling_since = datetime.now(UTC)
    ask_whether_disabled(account_id)


def ask_of_disabling() -> int:
    """Asks again where amoCRM could not be asked; returns how many accounts were looked at."""
    found = accounts.said_to_be_disabled()
    for account_id in found:
        ask_whether_disabled(account_id)
    return len(found)


def ask_whether_disabled(account_id: int) -> None:
    """One question to amoCRM: the hook may be one of before a new install, delivered again (it has no time, §1.7)."""
    client = client_for(account_id, probing=True)
    try:
        client.send(requests.account())
    except NeedsPerson as refusal:
        if refusal.need is Need.REAUTHORISE:
            disable(account_id)
        elif refusal.need is Need.BLOCKED:
            return
    except AmoError as error:
        log.info("whether it is disabled is not known yet", account=account_id, error=str(error))
        return
    finally:
        client.close()
    with accounts.changing(account_id) as account:
        if account is not None:
            account.disabling_since = None


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
            keeper.renew_ahead()
        except AmoError as error:
            log.info("token not renewed yet", account=account_id, error=str(error))
    return len(due)


def probe_unpaid() -> int:
    """Asks each account marked unpaid whether it works again; returns how many do."""
    return _probe(AccountState.UNPAID)


def probe_unconsented() -> int:
    """Asks each account that waits for a new consent, while it has tokens: what refused them may have been wrong."""
    return _probe(AccountState.NEEDS_REAUTHORISATION)


def _probe(state: AccountState) -> int:
    return sum(_works_again(account_id, state) for account_id in accounts.in_state(state))


def _works_again(account_id: int, state: AccountState) -> bool:
    client = client_for(account_id, probing=True)
    try:
        client.send(requests.account())
    except AmoError:
        return False
    finally:
        client.close()
    with accounts.changing(account_id) as account:
        if account is not None and account.state is state:
            account.move(AccountState.CONNECTED)
    journal.hasten(account_id)
    wake.wake(account_id)
    db.session.commit()
    return True
