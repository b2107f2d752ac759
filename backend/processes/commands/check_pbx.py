"""The command `check`: any `pbx` process tries a PBX for an account, whether it holds its line or not."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from backend.pbx.address import PbxAddress
from backend.pbx.check.check import check
from backend.pbx.check.findings import CheckedPart, Expected, Finding, FindingState, Report, said
from backend.pbx.errors import BadCommand
from backend.processes.commands.command import CommandContext, Errand
from backend.store.commands import Command
from backend.store.settings import settings


async def run(place: CommandContext, command: Command) -> dict[str, Any]:
    """`pbx` in the command's body is the address to try, secret and all; what was found, as plain values."""
    expected = await place.in_store(lambda: expected_of(command.account_id))
    try:
        report = await check(PbxAddress(**command.body["pbx"]), expected, place.networks)
    except BadCommand as wrong:
        report = unusable(wrong)
    return _plain(report)


def unusable(wrong: BadCommand) -> Report:
    """Of an address that cannot even be tried."""
    why = said("unusable", detail=str(wrong))
    return Report(findings=(Finding(what=CheckedPart.ADDRESS, state=FindingState.FAIL, says=(why,)),))


def expected_of(account_id: int) -> Expected:
    """Raises LookupError for an unknown account."""
    chosen = settings.read(account_id)
    extensions = frozenset(extension for each in chosen.employees for extension in each.extensions)
    return Expected(lines=chosen.to_lines(), extensions=extensions, routing=chosen.to_routing())


def _plain(report: Report) -> dict[str, Any]:
    return {
        "version": report.version,
        "flavour": report.flavour,
        "findings": [asdict(each) for each in report.findings],
        "endpoints": [asdict(each) | {"side": each.side.value} for each in report.endpoints],
    }


CHECK = Errand(run=run, needs_line=False, longest=20.0)  # it bounds itself, and its own end tells more
