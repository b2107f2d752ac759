"""An account on a real PBX, without the station around it; and another account, which must notice nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from backend.store import db
from backend.store.accounts import Account, AccountPbx, AccountUser
from backend.store.settings import settings
from sandbox.pbx.office import Office
from tests.conftest import Settings, running

MINE, OTHER = 1, 2
ANNA, BORIS = 11, 12


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """Asterisk 22; what the journeys show on 16 is the same AstDB."""
    with Office() as office:
        yield office


@pytest.fixture
def app(database: Settings) -> Iterator[Flask]:
    with running(database) as app:
        with app.app_context():
            for account in (MINE, OTHER):
                db.session.add(Account(id=account, host=f"a{account}.example"))
                db.session.flush()
                db.session.add(AccountPbx(account_id=account, host="127.0.0.1", username="station", secret="secret"))
                for user, name in ((ANNA, "Анна"), (BORIS, "Борис")):
                    db.session.add(
                        AccountUser(account_id=account, user_id=user, name=name, is_active=True, is_admin=False)
                    )
                db.session.flush()
                seat(account)
        yield app


def seat(account: int, boris: str = "102", **routing: object) -> None:
    """Anna at 101, Boris at 102 or elsewhere. Commits."""
    seats = [{"user_id": ANNA, "extensions": ["101"]}, {"user_id": BORIS, "extensions": [boris]}]
    values = {"employees": seats, "routing": routing}
    settings.write(account, settings.AccountSettings.model_validate(values))
    db.session.commit()
