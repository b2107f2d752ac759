"""What the station's log tells after real calls: each call by its name, nobody by his number, and no secret."""

from __future__ import annotations

import re

import pytest

from backend.config import database_url_file, secret_key_file
from sandbox.crm.faults import Kind
from sandbox.pbx.numbers import MOBILE
from tests.journeys.company import TALK, Company
from tests.journeys.conftest import ON_22

pytestmark = [pytest.mark.asterisk, ON_22]

NUMBER = re.compile(r"(?<![\d.\w-])\+?\d{10,15}(?![\d.\w-])")  # a call's name has a dot in it


def test_calls_leave_names_and_no_numbers_in_the_log(company: Company) -> None:
    stranger, ivan = company.stranger(), company.client()
    company.account.spoil(Kind.STATUS, "/leads/complex", status=500, count=1)
    call = stranger.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    call = company.phone("102").dials(ivan.dialled)
    ivan.answers()
    call.talks(TALK)
    ivan.hangs_up()
    company.office.quiet()
    company.station.until(company.town.is_settled, "everything is written")
    log = company.station.log.read_text()
    assert all(name in log for name in company.calls())
    numbers = (stranger.number, ivan.number, ivan.dialled, MOBILE)
    spellings = [each[-10:] for each in numbers] + [f"{each[-10:-7]} {each[-7:-4]}-" for each in numbers]
    lines = log.splitlines()
    assert [line for line in lines if any(each in line for each in spellings) or NUMBER.search(line)] == []
    assert [each for each in _secrets(company) if each in log] == []


def _secrets(company: Company) -> list[str]:
    data, world = company.station.data, company.town.crm.parts.world
    database = database_url_file(data).read_text().strip()
    password = re.search(r"://[^:/@]*:([^@]*)@", database)
    tokens = [token for kind in world.grants.values() for token in kind]
    return [
        secret_key_file(data).read_text().strip(), company.town.crm.client_secret, company.office.ami.secret, *tokens,
        *([password[1]] if password else []),
    ]  # fmt: skip
