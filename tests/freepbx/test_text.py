"""What is pasted: only hooks and contexts of our own, and all of them know their version."""

from __future__ import annotations

import re

from backend.pbx.dialplan import VERSION, made_for
from backend.pbx.dialplan.flavours import Flavour
from backend.pbx.dialplan.freepbx import BEGIN, END, HOOK, INBOUND, NOTED, ONWARD, PHONE
from sandbox.pbx.freepbx import CONFIG

from .conftest import LINES

CONTEXT = re.compile(r"^\[([^]]+)\]", re.MULTILINE)
HOOKS = {"from-pstn-custom", HOOK}


def contexts(text: str) -> dict[str, str]:
    names = CONTEXT.findall(text)
    return dict(zip(names, CONTEXT.split(text)[2::2], strict=True))


def test_nothing_that_freepbx_generates_is_written_over() -> None:
    generated = set(contexts((CONFIG / "extensions_additional.conf").read_text()))
    assert generated.isdisjoint(contexts(LINES))
    assert {each for each in contexts(LINES) if not each.startswith("phone-station-")} == HOOKS


def test_every_context_of_ours_tells_its_version() -> None:
    unmarked = {name for name, body in contexts(LINES).items() if f"exten => {VERSION},1,NoOp()" not in body}
    assert unmarked == {*HOOKS, ONWARD}
    assert {INBOUND, NOTED, PHONE} <= set(contexts(LINES))


def test_the_lines_stand_between_their_marks_and_hold_all_of_the_plain_ones() -> None:
    made = made_for("station")
    text = made.of(Flavour.FREEPBX)
    assert (text.splitlines()[0], text.splitlines()[-1]) == (BEGIN, END)
    assert made.of(Flavour.ASTERISK) == made.dialplan
    assert made.dialplan in text
