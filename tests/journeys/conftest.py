"""A town for each version of Asterisk, started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.company import Company, Town
from tests.journeys.opening import open_town

ON_22 = pytest.mark.parametrize("town", [22], indirect=True)
"""For what is the same whatever the Asterisk: it is shown once, and the time is kept for what differs."""


@pytest.fixture(scope="session", params=[22, 16], ids=["asterisk22", "asterisk16"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(request.param, tmp_path_factory.mktemp(f"town{request.param}")) as town:
        yield town


@pytest.fixture
def company(town: Town) -> Iterator[Company]:
    yield Company(town)
    town.office.reset()
