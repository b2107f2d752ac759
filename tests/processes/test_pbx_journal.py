"""What the PBX writes of calls that we hear goes when they are over here, however long they last."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.tracker import Tracker
from backend.desk.pbx import journal as desk
from backend.pbx.dialplan.names import WRITTEN_EVENT
from backend.pbx.link.link import Link
from backend.processes.line import journal as processes
from backend.processes.line.journal import JournalReader
from tests.pbx.fake_ami import story

PASSED_ON, UNHEARD = "1.1", "1.2"


class Pbx:
    """Its journal reads empty; `deleted` are keys."""

    clock_ahead = 0.0

    def __init__(self) -> None:
        self.deleted: list[str] = []

    async def rows(self, name: str, fields: Mapping[str, str], **more: Any) -> list[Any]:
        return []

    async def action(self, name: str, fields: Mapping[str, str], **more: Any) -> Any:
        self.deleted.append(fields["Key"])


@story
async def test_the_line_of_a_call_that_was_passed_on_waits_for_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's first channel is gone, his call goes on; of another nothing was heard, so all lines are read."""
    monkeypatch.setattr(processes, "RATE", 10_000)
    pbx, over, live = Pbx(), set[str](), {PASSED_ON}
    told = {desk.ended_calls: over, desk.open_calls: set[str](), desk.was_read: 0}

    async def ask(errand: Any) -> Any:
        return told[cast("partial[Any]", errand).func]

    tracker = cast(Tracker, SimpleNamespace(is_live=live.__contains__, lines=Lines()))
    journal = JournalReader(7, ask, ask, lambda each: pytest.fail("nothing is begun"), lambda fact, **more: None)
    for key, call in (("5", PASSED_ON), ("6", UNHEARD)):
        journal.hear({"UserEvent": WRITTEN_EVENT, "Key": key, "Call": call})
    for _ in range(processes.LOOKS + 1):
        await journal._tidy_once(cast(Link, pbx), tracker)
    assert pbx.deleted == []
    over.add(PASSED_ON)
    await journal._tidy_once(cast(Link, pbx), tracker)
    assert pbx.deleted == ["5"]
