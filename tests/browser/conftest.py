"""One Chromium for all of these tests; it ends with the last of them, as its event loop bears no other beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from sandbox.crm.handle import AccountHandle
from tests.browser import chromium as real
from tests.browser import hostile
from tests.browser.chromium import Person
from tests.journeys.company import Company, Town
from tests.journeys.opening import open_town

People = Callable[..., Person]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with real.running() as browser:
        yield browser


@pytest.fixture
def person(chromium: Browser) -> Iterator[People]:
    """`person(account, user)` sits down at a browser; afterwards nobody's console may hold an unexpected error."""
    sitting: list[Person] = []

    def sits_down(account: AccountHandle, user: dict[str, Any], **options: Any) -> Person:
        sitting.append(Person(chromium, account, user, **options))
        return sitting[-1]

    yield sits_down
    for each in sitting:
        each.leaves()
    assert [error for each in sitting for error in each.errors] == []


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(22, tmp_path_factory.mktemp("town"), clients=hostile.put_into) as town:
        yield town


@pytest.fixture
def company(town: Town) -> Iterator[Company]:
    """Its calls are over afterwards, and everybody's screen is empty again."""
    yield Company(town)
    town.office.reset()
    for user in town.account.users:
        town.station.close_popups(town.account, user["id"])


@pytest.fixture
def works(company: Company, town: Town, person: People) -> Callable[..., Person]:
    """`works("Анна")`: an employee of the first account, or of the other one, at a browser."""

    def begins(name: str, account: AccountHandle | None = None, **options: Any) -> Person:
        account = account or town.account
        user = next(each for each in account.users if each["name"] == name)
        return person(account, user, **options)

    return begins


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Screenshots for the docs are taken when they are asked for."""
    return True if collection_path.name == "test_shots.py" and not config.getoption("--shots") else None
