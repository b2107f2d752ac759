"""The account's mirrors of amoCRM's users and stages."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from backend.amocrm import account_answers, requests, values
from backend.amocrm.client import ApiClient
from backend.amocrm.errors import Need, NeedsPerson, TryLater
from backend.store import accounts, db
from backend.store.accounts import AccountStage, AccountUser

MOST_PAGES = 40  # of 250 users


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
    if not (users and stages):  # every account has some: this is not their end
        raise TryLater("amoCRM showed no employees, or no stages")
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


def sync_mirrors(account_id: int, client: ApiClient) -> bool:
    """Reads and keeps, committed. False when the token's user may not read employees any more, which is written down
    for the account's administrators. Raises the client's other errors."""
    try:
        keep_mirrors(account_id, read_mirrors(client))
    except NeedsPerson as refusal:
        if refusal.need is not Need.RIGHTS:
            raise
        accounts.set_rights(account_id, are_lost=True)
        return False
    accounts.set_rights(account_id, are_lost=False)
    db.session.commit()
    return True
