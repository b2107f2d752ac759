"""The hooks: what is in use already stays so, what FreePBX generates is not touched, and what we brought goes whole."""

from __future__ import annotations

import pytest

from backend.pbx.dialplan import VERSION
from backend.pbx.dialplan.freepbx import BEGIN, END, HOOK, LABEL
from sandbox.pbx.freepbx import OUTSIDE, TO_EXTENSION, TO_QUEUE, UNROUTED, FreePbx

from .conftest import LINES, ON_22
from .test_calls import IVAN, journal, knows, written

pytestmark = pytest.mark.asterisk

OURS_OF_THE_HOOK = LINES[LINES.index(f"[{HOOK}]") : LINES.index("[phone-station-inbound]")]
(CHAINED,) = [line[2:] for line in LINES.splitlines() if line.startswith(f"; same => n({LABEL})")]


def in_use(freepbx: FreePbx, chained: str = "") -> str:
    """Hooks that an administrator has had for long, one line of ours among them."""
    end = "MacroExit" if freepbx.generation < 17 else "Return"
    return f"""\
[{HOOK}]
exten => s,1,Set(DB(own/hook)=${{OUTNUM}})
{chained}
 same => n,Set(DB(own/after)=yes)
 same => n,{end}()

[from-pstn-custom]
exten => {UNROUTED},1,Set(DB(own/did)=${{EXTEN}})
 same => n,Goto(ext-queues,400,1)

"""


def dials_out(freepbx: FreePbx) -> None:
    freepbx.office.phone("102").dials(f"{OUTSIDE}79160001122")
    freepbx.office.client("79160001122").answers().talks().hangs_up()
    freepbx.office.quiet()


def exists(freepbx: FreePbx, place: str) -> bool:
    return freepbx.office.pbx_act("Getvar", Variable=f"DIALPLAN_EXISTS({place})")["Value"] == "1"


def test_a_hook_in_use_is_chained_by_one_line(freepbx: FreePbx) -> None:
    freepbx.customises(in_use(freepbx, CHAINED) + LINES.replace(OURS_OF_THE_HOOK, ""))
    dials_out(freepbx)
    assert (freepbx.reads("own", "hook"), freepbx.reads("own", "after")) == ("79160001122", "yes")
    assert "79160001122" in journal(freepbx)
    assert exists(freepbx, f"{HOOK},s,{LABEL}")


def test_a_hook_in_use_is_not_hurt_by_lines_pasted_below_it(freepbx: FreePbx) -> None:
    """Nobody has read what to do: his works on as before, ours does not, and the check can see it."""
    freepbx.customises(in_use(freepbx) + LINES)
    dials_out(freepbx)
    assert (freepbx.reads("own", "hook"), freepbx.reads("own", "after")) == ("79160001122", "yes")
    assert written(freepbx) == 0
    assert not exists(freepbx, f"{HOOK},s,{LABEL}")


@ON_22
def test_numbers_that_go_their_own_way_still_do(freepbx: FreePbx) -> None:
    freepbx.customises(in_use(freepbx, CHAINED) + LINES.replace(OURS_OF_THE_HOOK, ""))
    ivan, office = knows(freepbx, "103"), freepbx.office
    ivan.calls(UNROUTED)
    office.phone("101").rings()
    assert freepbx.reads("own", "did") == UNROUTED
    ivan.hangs_up()
    office.quiet()
    office.phone("103").rings()
    ivan.calls(TO_QUEUE)
    office.phone("103").rings()
    ivan.hangs_up()
    office.quiet()
    assert written(freepbx) == 1


def test_apply_config_and_an_upgrade_leave_the_lines_at_work(freepbx: FreePbx) -> None:
    """Of a restored 16 the custom file comes to 17 as it was: the same lines serve a Macro and a Gosub."""
    freepbx.applies_config()
    assert freepbx.custom == LINES
    dials_out(freepbx)
    knows(freepbx, "101").calls(TO_EXTENSION)
    freepbx.office.phone("101").rings()
    assert exists(freepbx, f"from-pstn,{VERSION},1")


def test_what_we_brought_goes_whole(freepbx: FreePbx) -> None:
    before = in_use(freepbx)
    freepbx.customises(before + LINES)
    pasted = freepbx.custom
    freepbx.customises(pasted[: pasted.index(BEGIN)] + pasted[pasted.index(END) + len(END) + 1 :])
    assert freepbx.custom == before
    assert not exists(freepbx, "phone-station-route")
    assert not exists(freepbx, f"from-pstn,{VERSION},1")
    knows(freepbx, "101").calls(TO_EXTENSION)
    assert freepbx.office.phone("102").rings().tell("CALLERID(name)") == IVAN
    dials_out_busy = freepbx.office.phone("103").dials(f"{OUTSIDE}79160001122")
    freepbx.office.client("79160001122").answers()
    dials_out_busy.talks()
    assert freepbx.reads("own", "hook") == "79160001122"
