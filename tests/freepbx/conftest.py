"""FreePBX's shape on the Asterisks it runs on: the macros of 16 on Asterisk 16, the routines of 17 on Asterisk 22."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backend.calls.rules.routing import Routing
from backend.pbx.dialplan import dialplan_for
from backend.pbx.dialplan.flavours import Flavour
from sandbox.pbx import Office
from sandbox.pbx.freepbx import FreePbx

ON_22 = pytest.mark.parametrize("office", [22], indirect=True)
"""For what is the same in all versions of FreePBX: how a phone is rung, what an inbound route does."""

LINES = dialplan_for(Routing(), Flavour.FREEPBX)
RING_SECONDS = 1


@pytest.fixture(scope="session", params=[22, 16], ids=["asterisk22", "asterisk16"])
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    with Office(version=request.param) as office:
        yield office


@pytest.fixture
def freepbx(office: Office) -> Iterator[FreePbx]:
    """As its administrator has it, with our lines pasted; the service is away, and has left its copy."""
    freepbx = FreePbx(office, 16 if office.version == 16 else 17)
    freepbx.installs()
    freepbx.customises(LINES)
    told = Routing(ring_seconds=RING_SECONDS).told
    office.pbx_act("DBPut", Family="phone-station/settings", Key="route", Val=told)
    yield freepbx
    office.reset()
    freepbx.goes()
