"""A town for each version of Asterisk, started once: an office, a station, a CRM with two accounts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from backend.config import REDIRECT_PATH
from sandbox.crm import seeding
from sandbox.crm.handle import AccountHandle
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from sandbox.demo.station import Station
from sandbox.pbx.numbers import MOBILE
from sandbox.pbx.office import Office
from tests.journeys.company import Company, Known, Town

COURIER = "+79265550000"
CLIENTS = 40  # of each kind; a journey never uses another's


@pytest.fixture(scope="session", params=[22, 16], ids=["asterisk22", "asterisk16"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Анна is at 101, Борис at 102, Вера at 103 or at her mobile; Глеб has no phone and hears of missed calls."""
    home, port = tmp_path_factory.mktemp(f"town{request.param}"), free_port()
    redirect = f"http://localhost:{port}{REDIRECT_PATH}"
    with (
        Crm(redirect_uri=redirect, limits=Limits(on=False)) as crm,
        Office(version=request.param, home=home / "office") as office,
        Station(crm, port, home) as station,
    ):
        acme = _account(crm, "acme", "Анна", "Борис", "Вера", "Глеб")
        beta = _account(crm, "beta", "Галина", "Денис")
        town = Town(office, station, acme, beta, _clients(acme, beta))
        for account in (acme, beta):
            station.install(account)
        station.choose(beta)
        station.set_up(acme, office, **choices(town))
        with closing(town):
            yield town


@pytest.fixture
def company(town: Town) -> Iterator[Company]:
    yield Company(town)
    town.office.reset()


def choices(town: Town) -> dict[str, object]:
    """The settings of the journeys' account."""
    anna, boris, vera, gleb = (user["id"] for user in town.account.users)
    service = list(town.account.state()["pipelines"])[1]
    return {
        "employees": [
            {"user_id": anna, "extensions": ["101"]},
            {"user_id": boris, "extensions": ["102"]},
            {"user_id": vera, "extensions": ["103"], "mobiles": [MOBILE]},
        ],
        "missed_to": [gleb],
        "default_employee": gleb,
        "stages_by_did": {town.office.did.group_local: {"pipeline_id": service}},
        "no_lead_numbers": [COURIER],
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _account(crm: Crm, subdomain: str, *people: str) -> AccountHandle:
    account = crm.account(subdomain)
    for place, name in enumerate(people):
        account.add_user(name, admin=place == 0)
    world = crm.parts.world
    seeding.add_pipeline(world, world.accounts[account.id], "Сервис")
    return account


def _clients(acme: AccountHandle, beta: AccountHandle) -> dict[str, list[Known]]:
    """Both accounts know them all; in the first, Борис is responsible."""
    boris = acme.users[1]
    known: dict[str, list[Known]] = {"with a lead": [], "without a lead": [], "a company": []}
    for place in range(CLIENTS):
        ivan = Known(f"+7903600{place:04}", f"Иван {place}", f"Поставка {place}")
        olga = Known(f"+7903700{place:04}", f"Ольга {place}", "")
        firm = Known(f"+7495765{place:04}", f"ООО «Ромашка {place}»", "")
        for account, responsible in ((acme, boris), (beta, beta.users[0])):
            contact = account.add_contact(ivan.name, [f"8{ivan.number[2:]}"], responsible)
            account.add_lead(ivan.lead, contact, responsible, "Переговоры")
            account.add_lead("Прошлая", account.add_contact(olga.name, [olga.number], responsible), responsible, 142)
            account.add_company(firm.name, [firm.number], responsible)
        for kind, client in zip(known, (ivan, olga, firm), strict=True):
            known[kind].append(client)
    return known
