"""The machine under the PBX or under the database fails in the middle of calls: 0 lost, 0 doubled.

Other breakdowns of the PBX and of our processes, which are over sooner, are in test_breakdowns.py.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.company import TALK, Company, Town
from tests.journeys.opening import open_town
from tests.journeys.test_breakdowns import linked_again

pytestmark = [pytest.mark.asterisk, pytest.mark.drill]

DISK = 400  # MB for the station's database


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small disk of its own for the station's data; it can be filled."""
    home = tmp_path_factory.mktemp("drills")
    disk = home / "station"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "none", disk], check=False)
    if mounted.returncode:
        pytest.skip("only root may mount the small disk")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture(scope="module")
def town(disk: Path) -> Iterator[Town]:
    with open_town(22, disk.parent) as town:
        yield town


@contextmanager
def _full(disk: Path) -> Iterator[None]:
    """Nothing more can be written until it is over."""
    ballast = disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(bytes(DISK * 2**20))
    assert shutil.disk_usage(disk).free < 2**20
    yield
    ballast.unlink()


def test_the_databases_disk_is_full(company: Company, disk: Path) -> None:
    """Calls begin, go on and end meanwhile: what the PBX told is written down when there is room again."""
    ivan, olga, stranger = company.client(), company.client(), company.stranger()
    before = ivan.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    company.holds(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talking")
    with _full(disk):
        before.hangs_up()
        for person in (olga, stranger):
            call = person.calls(company.did.direct)
            company.phone("101").answers().talks(TALK)
            call.hangs_up()
        company.office.quiet()
    company.in_the_end(
        crm=(
            f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talked",
            f"call_in {olga.number} on lead «{olga.lead}», Анна: talked",
            f"contact «{stranger.name}» {stranger.number}, Анна",
            f"lead «{stranger.lead}» of «{stranger.name}», Анна, Продажи/Первичный контакт",
            f"call_in {stranger.number} on lead «{stranger.lead}», Анна: talked",
        ),
        popups=tuple(f"Анна: ended, {each.name} → «{each.lead}»" for each in (ivan, olga, stranger)),
    )


def test_the_pbx_stands_still_in_the_middle_of_a_call(company: Company) -> None:
    """Its sockets stay open; the line is given up and made anew, and the talk is one."""
    ivan = company.client()
    call = ivan.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    company.holds(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talking")
    links = company.station.links(company.account)
    company.office.freeze()
    company.station.until(lambda: "state=waiting" in company.station.log.read_text(), "the silence is noticed")
    company.office.thaw()
    company.station.until(lambda: company.station.links(company.account) > links, "the line is up again")
    call.hangs_up()
    company.in_the_end(
        crm=(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talked",),
        popups=(f"Анна: ended, {ivan.name} → «{ivan.lead}»",),
    )


def test_the_power_of_the_pbx_is_cut_in_the_middle_of_a_call(company: Company) -> None:
    ivan, olga = company.client(), company.client()
    ivan.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    company.holds(f"call_in {ivan.number} on lead «{ivan.lead}», Анна: talking")
    with linked_again(company):
        company.office.kill_pbx()
        company.office.start_pbx()
    for phone in (ivan, company.phone("101")):  # nobody tells them that it is over
        phone.hangs_up()
    call = olga.calls(company.did.direct)
    company.phone("101").answers().talks(TALK)
    call.hangs_up()
    company.in_the_end(
        crm=tuple(f"call_in {each.number} on lead «{each.lead}», Анна: talked" for each in (ivan, olga)),
        popups=tuple(f"Анна: ended, {each.name} → «{each.lead}»" for each in (ivan, olga)),
    )
