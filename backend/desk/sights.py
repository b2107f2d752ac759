"""Who sees what of an account, from the mirror of its users; amoCRM is asked again when that is old."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from backend.amocrm import account_answers, requests
from backend.amocrm.errors import AmoError
from backend.calls.rules.sight import EmployeesSee
from backend.calls.rules.sight import Sight as Sight
from backend.crm_access import client_for
from backend.store import accounts, db
from backend.store.accounts import AccountUser
from backend.store.settings import settings
from backend.store.settings.settings import AccountSettings

__all__ = ["Sight", "sight_of", "sights"]
FRESH = timedelta(minutes=15)  # for so long amoCRM is not asked again what a user may see
OLDEST = timedelta(days=2)  # rights that could not be asked for so long count no more


def sight_of(account_id: int, user_id: int, *, is_admin: bool | None = None) -> Sight:
    """Of one user, asked of amoCRM where what we know is old. `is_admin` is what their token says."""
    _refresh(account_id, user_id)
    return _sights(account_id, {user_id: is_admin})[user_id]


def sights(account_id: int, users: Collection[int]) -> dict[int, Sight]:
    """Of many, as the mirror has them."""
    return _sights(account_id, dict.fromkeys(users))


def _sights(account_id: int, users: dict[int, bool | None]) -> dict[int, Sight]:
    chosen, mirror = settings.read(account_id), {each.user_id: each for each in accounts.users(account_id)}
    return {user_id: _sight(user_id, mirror, chosen, is_admin) for user_id, is_admin in users.items()}


def _sight(user_id: int, mirror: dict[int, AccountUser], chosen: AccountSettings, is_admin: bool | None) -> Sight:
    known = mirror.get(user_id)
    is_known = known is not None and known.is_active and known.read_at > datetime.now(UTC) - OLDEST
    admin = is_admin if is_admin is not None else is_known and known.is_admin  # type: ignore[union-attr]
    if known is None or not is_known:
        return Sight(user_id=user_id, is_all=bool(admin))
    is_all = admin or (known.group_id is not None and known.group_id in chosen.supervisors)
    mates = {each.user_id for each in mirror.values() if each.group_id == known.group_id} | {user_id}
    is_own = chosen.employees_see is EmployeesSee.OWN
    return Sight(user_id=user_id, is_all=is_all, is_own=is_own, views=known.views, mates=frozenset(mates))


def _refresh(account_id: int, user_id: int) -> None:
    """What amoCRM does not tell stays as it was."""
    known = db.session.get(AccountUser, (account_id, user_id))
    if known is None or known.read_at > datetime.now(UTC) - FRESH:
        return
    db.session.commit()  # no connection to the database waits for amoCRM
    client = client_for(account_id)
    try:
        told = account_answers.user(client.send(requests.user(user_id)))
    except AmoError:
        return
    finally:
        client.close()
    if told is not None:
        accounts.keep_user(
            account_id,
            told.id,
            is_active=told.is_active,
            is_admin=told.is_admin,
            group_id=told.group_id,
            views=told.views,
        )
        db.session.commit()
