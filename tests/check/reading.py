"""A check's report as a person reads it."""

from __future__ import annotations

from typing import Any

from backend.calls.rules.routing import Routing
from backend.calls.tracking.endpoints import Lines
from backend.pbx.address import PbxAddress
from backend.pbx.check.check import check
from backend.pbx.check.findings import Expected, Report
from backend.pbx.dialplan import USUAL
from backend.words.check import pbx_sentences
from tests.pbx.fake_ami import LOOPBACK


async def checked(address: PbxAddress, *extensions: str, routing: Routing = USUAL, **patterns: Any) -> Report:
    expected = Expected(lines=Lines.of(**patterns), extensions=frozenset(extensions), routing=routing)
    return await check(address, expected, LOOPBACK)


def states(report: Report) -> dict[str, str]:
    return {each.what.value: each.state.value for each in report.findings}


def told(report: Report, what: str, language: str = "en") -> str:
    """What one line says."""
    (found,) = [each for each in report.findings if each.what == what]
    return pbx_sentences(what, [{"kind": each.kind, "values": each.values} for each in found.says], language)
