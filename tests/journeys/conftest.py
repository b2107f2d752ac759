"""A town for each version of Asterisk, started once: an office, a station, a CRM with two accounts."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

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

ON_22 = pytest.mark.parametrize("town", [22], indirect=True)
"""For what is the same whatever the Asterisk: it is shown once, and the time is kept for what differs."""

COURIER = "+79265550000"
MOST_CLIENTS, MOST_OTHERS = 32, 6  # a journey never uses another's


@pytest.fixture(scope="session", params=[22, 16], ids=["asterisk22", "asterisk16"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Анна is at 101, Борис at 102, Вера at 103 or at her mobile; Глеб has no phone and hears of missed calls."""
    home, port = tmp_path_factory.mktemp(f"town{request.param}"), free_port()
    redirect = f"http://localhost:{port}{REDIRECT_PATH}"
    with (
        Crm(redirect_uri=redirect, limits=Limits(on=False)) as crm,
        _booting(Office(version=request.param, home=home / "office")) as booted,
        Station(crm, port, home) as station,
    ):
        acme = _account(crm, "acme", "Анна", "Борис", "Вера", "Глеб")
        beta = _account(crm, "beta", "Галина", "Денис")
        known = _clients(acme, beta)
        station.install(acme, beta)
        station.choose(beta)
        with closing(Town(booted(), station, acme, beta, known)) as town:
            station.set_up(acme, town.office, **choices(town))
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


@contextmanager
def _booting(office: Office) -> Iterator[Callable[[], Office]]:
    """The office boots while other things start; it is asked for when it is needed."""
    with ThreadPoolExecutor(1) as beside:
        boot = beside.submit(office.__enter__)
        try:
            yield boot.result
        finally:
            boot.result().__exit__(None, None, None)


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
    known = {
        "with a lead": [Known(f"+7903600{n:04}", f"Иван {n}", f"Поставка {n}") for n in range(MOST_CLIENTS)],
        "without a lead": [Known(f"+7903700{n:04}", f"Ольга {n}", "") for n in range(MOST_OTHERS)],
        "a company": [Known(f"+7495765{n:04}", f"ООО «Ромашка {n}»", "") for n in range(MOST_OTHERS)],
    }
    for account, responsible in ((acme, acme.users[1]), (beta, beta.users[0])):
        for ivan in known["with a lead"]:
            contact = account.add_contact(ivan.name, [f"8{ivan.number[2:]}"], responsible)
            account.add_lead(ivan.lead, contact, responsible, "Переговоры")
        for olga in known["without a lead"]:
            account.add_lead("Прошлая", account.add_contact(olga.name, [olga.number], responsible), responsible, 142)
        for firm in known["a company"]:
            account.add_company(firm.name, [firm.number], responsible)
    return known
