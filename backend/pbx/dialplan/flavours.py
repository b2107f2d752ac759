"""What is done on each kind of PBX to install our lines, and to take them away again: step by step, without words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FILE = "extensions_phone_station.conf"
INCLUDE = f"#include {FILE}"
ROUTE = " same => n,Gosub(phone-station-route,s,1)"
SEEN = " same => n,Gosub(phone-station-seen,s,1)"
RELOAD = 'asterisk -rx "manager reload"\nasterisk -rx "dialplan reload"'


class Flavour(StrEnum):
    """One text is for FreePBX 15, 16 and 17."""

    ASTERISK = "asterisk"
    FREEPBX = "freepbx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`kind` is a key of whoever has the words; `text` is pasted or run as it stands, and may be empty."""

    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    install: tuple[Step, ...]
    uninstall: tuple[Step, ...]


def steps(flavour: Flavour, dialplan: str) -> Steps:
    """After the AMI user is made; `dialplan` is the account's."""
    return _of_asterisk(dialplan) if flavour is Flavour.ASTERISK else _of_freepbx(dialplan)


def _of_asterisk(dialplan: str) -> Steps:
    return Steps(
        install=(
            Step(kind="file", text=dialplan),
            Step(kind="include", text=INCLUDE),
            Step(kind="route", text=ROUTE),
            Step(kind="seen", text=SEEN),
            Step(kind="reload", text=RELOAD),
            Step(kind="transfer"),
        ),
        uninstall=(
            Step(kind="take_lines", text=f"{INCLUDE}\n{ROUTE}\n{SEEN}"),
            Step(kind="take_file", text=f"rm /etc/asterisk/{FILE}\n{RELOAD}"),
            Step(kind="take_user"),
        ),
    )


def _of_freepbx(dialplan: str) -> Steps:
    return Steps(
        install=(Step(kind="freepbx_custom", text=dialplan), Step(kind="freepbx_reload", text=RELOAD)),
        uninstall=(
            Step(kind="freepbx_take_lines"),
            Step(kind="freepbx_reload", text=RELOAD),
            Step(kind="freepbx_take_user"),
        ),
    )
