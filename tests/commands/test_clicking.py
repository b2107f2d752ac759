"""A click that the PBX does not take: the popup fails where nothing rings, and waits to be told where something may."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.tracker import Tracker
from backend.desk.dialing import click
from backend.pbx.clicks import Clicks
from backend.pbx.errors import ActionRefused, ActionTimedOut, LinkDown, PbxError, Trouble
from backend.processes.commands import call
from backend.processes.commands.command import CommandContext
from backend.processes.line.line import Line
from backend.processes.line.phone_states import Seats
from backend.store import popups
from backend.store.commands import Command
from tests.firm import Firm


class Office:
    """A line, as far as a click needs one; nothing but Originate is refused as told."""

    def __init__(self, error: PbxError) -> None:
        self.tracker, self.clicks, self.link = Tracker(Lines()), Clicks(), self
        self.seats = Seats(1, Lines(), {}, lambda errand: None)
        self._error = error

    async def has_dialplan(self) -> bool:
        return False

    async def action(
        self, name: str, fields: Mapping[str, str | Sequence[str]] | None = None, *, timeout: float = 5.0
    ) -> Mapping[str, str]:
        if name == "Originate":
            raise self._error
        return {"Value": "1"}


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ActionRefused("no"), "failed"),
        (LinkDown("nothing was sent"), "failed"),
        (LinkDown("after it was sent", trouble=Trouble.LOST), "calling"),
        (ActionTimedOut("silent"), "calling"),
    ],
    ids=str,
)
def test_a_popup_fails_only_where_nothing_rings(firm: Firm, error: PbxError, state: str) -> None:
    anna, office = firm.people["Анна"], Office(error)

    async def in_store(errand: Any) -> Any:
        return errand()

    with firm.app.app_context():
        plan = click.plan(firm.id, anna, "+79161234567")
        command = Command(
            account_id=firm.id, request="r", user_id=anna, kind="call", call="click-r", body=plan.to_json()
        )
        place = CommandContext(line=cast(Line, office), in_store=in_store, networks=())
        with pytest.raises(type(error)):
            asyncio.run(call.run(place, command))
        popup = popups.of(firm.id, "click-r", anna)
        assert popup is not None
        assert popup.state == state
        assert office.clicks.is_ringing("click-r") is (state == "calling")
