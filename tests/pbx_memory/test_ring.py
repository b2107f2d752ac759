"""The PBX's own journal under many calls at once, also where Asterisk was built without locks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from backend.pbx import astdb
from backend.pbx.address import PbxAddress
from backend.pbx.astdb import COUNTERS, JOURNAL
from backend.pbx.dialplan import DIALPLAN
from backend.pbx.link.link import LinkState
from sandbox.pbx.errors import Refused
from sandbox.pbx.office import Office
from tests.pbx.fake_ami import running, story

pytestmark = pytest.mark.asterisk
MANY = 40


@pytest.fixture
def _without_locks(office: Office) -> Iterator[None]:
    office.pbx_act("ModuleLoad", Module="func_lock.so", LoadType="unload")
    yield
    office.pbx_act("ModuleLoad", Module="func_lock.so", LoadType="load")


async def written(office: Office) -> tuple[dict[str, int], int]:
    """What the PBX has counted, and how many lines it has."""
    ami = office.ami
    address = PbxAddress(host=ami.host, port=ami.port, username=ami.username, secret=ami.secret)
    async with running(address) as (link, ear):
        await ear.enters(LinkState.UP)
        counted = astdb.counters(await astdb.tree(link, COUNTERS))
        return counted, len(await astdb.tree(link, JOURNAL))


def calls(office: Office, number: int) -> None:
    """All end in the same moment."""
    office.installs(DIALPLAN)
    with suppress(Refused):  # nothing is there yet
        office.pbx_act("DBDelTree", Family="phone-station")
    for each in range(number):
        office.client(f"+7916000{each:04}").calls(office.did.ivr).is_answered()
    office.world_act("Hangup", Channel="/.*/")
    office.quiet()


def test_calls_that_end_together_leave_a_line_each(office: Office) -> None:
    calls(office, MANY)
    assert asked(office) == ({"written": MANY}, MANY)


@pytest.mark.usefixtures("_without_locks")
def test_without_locks_a_call_leaves_its_line_all_the_same(office: Office) -> None:
    calls(office, 1)
    assert asked(office) == ({"written": 1}, 1)


def asked(office: Office) -> tuple[dict[str, int], int]:
    found: list[tuple[dict[str, int], int]] = []

    @story
    async def ask() -> None:
        found.append(await written(office))

    ask()
    return found[0]
