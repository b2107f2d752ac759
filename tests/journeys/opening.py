"""How a town begins: an office on a real Asterisk, a station, a CRM with two accounts that know the same clients."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from backend.config import REDIRECT_PATH
from backend.pbx.dialplan import DIALPLAN
from sandbox import widget
from sandbox.crm import seeding
from sandbox.crm.handle import AccountHandle
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from sandbox.demo.station import Station
from sandbox.pbx.numbers import MOBILE, NOT_REGISTERED
from sandbox.pbx.office import Office
from tests.journeys.company import Known, Town

COURIER = "+79265550000"
MOST_CLIENTS, MOST_OTHERS = 60, 12  # a journey never uses another's


@contextmanager
def open_town(
    version: int, home: Path, *, clients: Callable[[AccountHandle], None] | None = None, with_clock: bool = False
) -> Iterator[Town]:
    """Анна is at 101, Борис at 102, Вера at 103 or at her mobile; Глеб's phone is not registered, and he hears
    of missed calls.

    With `clients`, who puts more of them into the first account, the accounts' pages run the widget.
    """
    port = free_port()
    redirect = f"http://localhost:{port}{REDIRECT_PATH}"
    with (
        Crm(redirect_uri=redirect, limits=Limits(on=False)) as crm,
        _booting(Office(version=version, home=home / "office", with_clock=with_clock)) as booted,
        Station(crm, port, home) as station,
    ):
        acme = _account(crm, "acme", "Анна", "Борис", "Вера", "Глеб")
        beta = _account(crm, "beta", "Галина", "Денис")
        known = _clients(acme, beta)
        if clients:
            clients(acme)
            crm.install_widget(widget.build(station.url, home / "widget"))
        station.install(acme, beta)
        station.choose(beta)
        with closing(Town(crm, booted(), station, acme, beta, known)) as town:
            town.office.installs(DIALPLAN)
            station.set_up(acme, town.office, **choices(town))
            yield town


def choices(town: Town) -> dict[str, Any]:
    """The settings of the journeys' account."""
    anna, boris, vera, gleb = (user["id"] for user in town.account.users)
    service = list(town.account.state()["pipelines"])[1]
    return {
        "employees": [
            {"user_id": anna, "extensions": ["101"]},
            {"user_id": boris, "extensions": ["102"]},
            {"user_id": vera, "extensions": ["103"], "mobiles": [MOBILE]},
            {"user_id": gleb, "extensions": [NOT_REGISTERED]},
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
    """Both accounts know them all; in the first, Борис is responsible, but for a lead that is Вера's, and for those
    whom Глеб looks after."""
    known = {
        "with a lead": [Known(f"+7903600{n:04}", f"Иван {n}", f"Поставка {n}") for n in range(MOST_CLIENTS)],
        "without a lead": [Known(f"+7903700{n:04}", f"Ольга {n}", "") for n in range(MOST_OTHERS)],
        "a company": [Known(f"+7495765{n:04}", f"ООО «Ромашка {n}»", "") for n in range(MOST_OTHERS)],
        "with a lead of another": [Known(f"+7903800{n:04}", f"Пётр {n}", f"Ремонт {n}") for n in range(MOST_OTHERS)],
        "of who has no phone": [Known(f"+7903900{n:04}", f"Инна {n}", "") for n in range(MOST_OTHERS)],
    }
    for account, responsible in ((acme, acme.users[1]), (beta, beta.users[0])):
        for ivan in known["with a lead"]:
            contact = account.add_contact(ivan.name, [f"8{ivan.number[2:]}"], responsible)
            account.add_lead(ivan.lead, contact, responsible, "Переговоры")
        for olga in known["without a lead"]:
            account.add_lead("Прошлая", account.add_contact(olga.name, [olga.number], responsible), responsible, 142)
        *_, another, absent = account.users
        for petr in known["with a lead of another"]:
            contact = account.add_contact(petr.name, [petr.number], responsible)
            account.add_lead(petr.lead, contact, another, "Переговоры")
        for inna in known["of who has no phone"]:
            account.add_contact(inna.name, [inna.number], absent)
        for firm in known["a company"]:
            account.add_company(firm.name, [firm.number], responsible)
    return known
