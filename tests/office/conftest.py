"""Offices on both versions of Asterisk, booted once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.pbx import Office


@pytest.fixture(scope="session", params=[22, 16], ids=["asterisk22", "asterisk16"])
def booted(request: pytest.FixtureRequest) -> Iterator[Office]:
    with Office(version=request.param) as office:
        yield office


@pytest.fixture
def office(booted: Office) -> Iterator[Office]:
    """As it was at the start, whatever the test before did."""
    yield booted
    booted.reset()
