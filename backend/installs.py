"""Finishing an install: its code becomes tokens, its tokens an account with users and stages. Each step once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import available_timezones

import structlog
from phonenumbers import SUPPORTED_REGIONS
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.exc import DataError

from backend.amocrm import account_answers, limiter, requests
from backend.amocrm.client import Access, ApiClient
from backend.amocrm.errors import AmoError, Need, NeedsPerson, Rejected, TryLater
from backend.amocrm.oauth import Tokens
from backend.amocrm.tokens import has_ended
from backend.crm_access import Mirrors, integration, keep_mirrors, read_mirrors
from backend.desk.phonebook import full_sync
from backend.store import accounts, db, installs, tokens
from backend.store.accounts import Account, AccountState
from backend.store.installs import CODE_LIFE, Install
from backend.store.journal import journal, wake

LOOKED = 4  # requests that an install has made before the account has a budget: account, users, pipelines

log = structlog.get_logger(__name__)


class InstallFailed(Exception):
    """Its code or its tokens are dead."""


class GrantTooWeak(Exception):
    """The account is connected by an administrator; a user's grant does not replace his."""


def finish_installs() -> int:
    """Works through the inbox of the install hook; returns how many accounts were connected. Call it often."""
    connected = [finish_install(install_id) for install_id in installs.waiting()]
    installs.forget_old()
    return sum(account_id is not None for account_id in connected)


def finish_install(install_id: int) -> int | None:
    """The connected account's id; None while amoCRM cannot be reached, when the code failed, or another is at it."""
    try:
        return _finish(install_id)
    except (InstallFailed, GrantTooWeak) as failure:
        _fail(install_id, str(failure))
    except DataError:
        log.exception("install cannot be stored", install=install_id)
        _fail(install_id, "what amoCRM answered cannot be stored")
    except AmoError as error:
        log.info("install waits", install=install_id, error=str(error))
        db.session.rollback()
        installs.postpone(install_id)
    finally:
        db.session.rollback()
    return None


def connect(host: str, granted: Tokens) -> int:
    """Makes the account of these tokens, or mends it, and starts its full sync; committed. Returns its id.

    Raises the client's errors, and GrantTooWeak.
    """
    found = _look(host, granted)
    account_id = _keep_account(host, granted, found)
    db.session.commit()
    log.info("account connected", account=account_id, host=host)
    return account_id


def _finish(install_id: int) -> int | None:
    install = _renewed(_redeemed(install_id))
    if install is None:
        return None
    granted = _granted(install)
    found = _look(install.referer, granted)
    install.account_id = _keep_account(install.referer, granted, found)
    _close(install)
    db.session.commit()
    log.info("account connected", account=install.account_id, host=install.referer, install=install_id)
    return install.account_id


def _redeemed(install_id: int) -> Install | None:
    """The install, locked, with its tokens: the code is spent and what it gave is committed before anything else."""
    install = installs.taken(install_id)
    if install is None or install.access_token is not None:
        return install
    if datetime.now(UTC) - install.received_at > CODE_LIFE:
        raise InstallFailed("the code was older than 20 minutes")
    try:
        return _hold(install, integration().redeem(install.referer, install.code))
    except Rejected as refusal:
        raise InstallFailed(str(refusal)) from refusal


def _renewed(install: Install | None) -> Install | None:
    """As it is; with new tokens where amoCRM has not let us in for as long as the first ones lived."""
    if install is None or not has_ended(_granted(install), time.time()):
        return install
    try:
        return _hold(install, integration().renew(install.referer, install.refresh_token or ""))
    except Rejected as refusal:
        raise InstallFailed(str(refusal)) from refusal


def _hold(install: Install, granted: Tokens) -> Install | None:
    """Committed: whatever amoCRM says next, the tokens are kept."""
    install.access_token, install.refresh_token = granted.access, granted.refresh
    install.refreshed_at, install.expires_at = _moment(granted.refreshed_at), _moment(granted.expires_at)
    db.session.commit()
    return installs.taken(install.id)


def _fail(install_id: int, failure: str) -> None:
    db.session.rollback()
    install = installs.taken(install_id)
    if install is not None:
        install.failure = failure
        _close(install)
        db.session.commit()
    log.warning("install failed", install=install_id, failure=failure)


def _close(install: Install) -> None:
    """Finished either way: the secrets are not kept longer than they are needed."""
    install.done_at = datetime.now(UTC)
    install.code, install.access_token, install.refresh_token = "", None, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a grant opens. `mirrors` is None when its user may not read users: he is no administrator."""

    account: account_answers.AccountInfo
    mirrors: Mirrors | None


def _look(host: str, granted: Tokens) -> Found:
    client = ApiClient(_Granted(Access(host=host, token=granted.access)), hosts=integration().hosts)
    try:
        account = _account(client)
        return Found(account=account, mirrors=_mirrors(client))
    finally:
        client.close()


def _mirrors(client: ApiClient) -> Mirrors | None:
    try:
        return read_mirrors(client)
    except NeedsPerson as refusal:
        if refusal.need is not Need.RIGHTS:
            raise
        return None


def _account(client: ApiClient) -> account_answers.AccountInfo:
    try:
        return account_answers.account(client.send(requests.account()))
    except ValueError as error:
        raise TryLater(str(error)) from error


def _keep_account(host: str, granted: Tokens, found: Found) -> int:
    """Writes down all that an install brings; does not commit."""
    account_id = found.account.id
    known = accounts.find(account_id)
    if found.mirrors is None and known is not None and known.state is AccountState.CONNECTED:
        raise GrantTooWeak("the account is connected already, and this user is not its administrator")
    db.session.execute(_account_row(host, found.account))
    tokens.save(
        db.session(), account_id,
        access=granted.access, refresh=granted.refresh,
        refreshed_at=granted.refreshed_at, expires_at=granted.expires_at,
    )  # fmt: skip
    if found.mirrors is not None:
        keep_mirrors(account_id, found.mirrors)
    full_sync.start(account_id)
    journal.hasten(account_id)
    wake.wake(account_id)
    return account_id


def _account_row(host: str, account: account_answers.AccountInfo) -> Insert:
    """The account as new, or as it is now: settings of an account that comes back are kept."""
    fresh = {
        "host": host,
        "name": account.name,
        "zone": account.timezone if account.timezone in available_timezones() else "",
        "state": AccountState.CONNECTED,
        "state_reason": "",
        "state_since": func.now(),
        "blocked_until": None,
        "unpaid_since": None,
        "disabling_since": None,
        "rights_lost_since": None,
        "rests": 0,
        "budget_tat": time.time() + LOOKED / limiter.RATE,
        "installed_by": account.current_user_id,
    }
    country = account.country.upper() if account.country.upper() in SUPPORTED_REGIONS else "RU"
    language = "en" if host.endswith(".kommo.com") else "ru"
    row = insert(Account).values(id=account.id, country=country, language=language, **fresh)
    return row.on_conflict_do_update(index_elements=["id"], set_=fresh)


class _Granted:
    """The access of an account that is not stored yet (`client.AccessSource`)."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def current(self) -> Access:
        return self._access

    def renew(self, stale: Access) -> Access:
        raise TryLater("amoCRM does not know its new tokens yet")

    def relocate(self, stale: Access) -> Access:
        return stale

    def refused(self, refusal: NeedsPerson) -> AmoError:
        return refusal


def _granted(install: Install) -> Tokens:
    assert install.access_token is not None
    assert install.refreshed_at is not None
    return Tokens(
        access=install.access_token,
        refresh=install.refresh_token,
        refreshed_at=install.refreshed_at.timestamp(),
        expires_at=install.expires_at.timestamp() if install.expires_at else None,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
