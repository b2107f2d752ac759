"""A client of one of two accounts of the sandbox; no database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backend.amocrm.client import Access, ApiClient
from backend.amocrm.errors import AmoError, Need, NeedsPerson
from backend.amocrm.hosts import Hosts
from sandbox.crm.handle import AccountHandle
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm


class Source:
    """An access that remembers what was asked of it; `fresh` is what a renewal gives."""

    def __init__(self, office: AccountHandle) -> None:
        self.office = office
        self.access = self.fresh()
        self.renewals = 0
        self.refusals: list[Need] = []

    def fresh(self) -> Access:
        return Access(host=self.office.url.partition("://")[2], token=self.office.tokens()["access_token"])

    def current(self) -> Access:
        return self.access

    def renew(self, stale: Access) -> Access:
        self.renewals += 1
        self.access = self.fresh()
        return self.access

    def relocate(self, stale: Access) -> Access:
        return Access(host=self.office.url.partition("://")[2], token=stale.token)

    def refused(self, refusal: NeedsPerson) -> AmoError:
        self.refusals.append(refusal.need)
        return refusal


@pytest.fixture
def crm() -> Iterator[Crm]:
    with Crm(limits=Limits(on=False)) as crm:
        yield crm


@pytest.fixture
def acme(crm: Crm) -> AccountHandle:
    acme = crm.account("acme", "ООО Акме")
    acme.add_user("Анна Петрова", admin=True)
    acme.add_user("Борис Иванов")
    crm.account("beta", "ООО Бета").add_user("Вера", admin=True)
    return acme


@pytest.fixture
def source(acme: AccountHandle) -> Source:
    return Source(acme)


@pytest.fixture
def client(crm: Crm, source: Source) -> Iterator[ApiClient]:
    client = ApiClient(source, hosts=Hosts(sandbox=crm.domain))
    yield client
    client.close()
