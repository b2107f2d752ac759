from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.crm.handle import AccountHandle
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from tests.sandbox_crm.recorder import Recorder

NOON = 1_764_000_000


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as recorder:
        yield recorder


@pytest.fixture
def crm() -> Iterator[Crm]:
    """Calls itself https://amocrm.test, its clock stands at NOON, nobody is limited."""
    with Crm(site="https://amocrm.test", limits=Limits(on=False)) as crm:
        crm.clock.set(NOON, frozen=True)
        yield crm


@pytest.fixture
def acme(crm: Crm) -> AccountHandle:
    acme = crm.account("acme", "ООО Акме")
    acme.add_user("Анна Петрова", admin=True, email="anna@acme.test")
    return acme


class Client:
    """Speaks to one account of the sandbox, with a token of its first admin."""

    def __init__(self, crm: Crm, host: str, token: str | None = None) -> None:
        self.crm, self.host, self.token = crm, host, token
        self._session = requests.Session()
        self._session.trust_env = False

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        named = {"Host": self.host, "Connection": "close", **headers}
        if self.token:
            named["Authorization"] = f"Bearer {self.token}"
        url = self.crm.address + path
        return self._session.request(method, url, json=body, headers=named, allow_redirects=False, timeout=20)

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        return self.ask("POST", path, body, **headers)

    def patch(self, path: str, body: Any) -> requests.Response:
        return self.ask("PATCH", path, body)

    def delete(self, path: str, body: Any = None) -> requests.Response:
        return self.ask("DELETE", path, body)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()


def client_of(crm: Crm, account: AccountHandle, user: int | None = None) -> Client:
    return Client(crm, f"{account.subdomain}.amocrm.test", account.tokens(user)["access_token"])


@pytest.fixture
def client(crm: Crm, acme: AccountHandle) -> Iterator[Client]:
    with client_of(crm, acme) as client:
        yield client


@pytest.fixture
def control(crm: Crm) -> Iterator[Client]:
    with Client(crm, "127.0.0.1") as client:
        yield client
