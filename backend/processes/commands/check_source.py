"""The command `source`: any `pbx` process tries where an account's recordings come from, stored or not."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from backend.processes.commands.command import CommandContext, Errand
from backend.recordings.check import LONGEST, tried
from backend.recordings.of_account import Tried, made
from backend.store.commands import Command
from backend.store.recordings import access
from backend.store.settings import settings
from backend.store.settings.recordings import RecordingsSetting


async def run(place: CommandContext, command: Command) -> dict[str, Any]:
    """`recordings` in the command's body is the setting to try, `secret` what opens it."""
    source, name = await place.in_store(lambda: _source(command))
    return asdict(await asyncio.to_thread(tried, source, name))


def _source(command: Command) -> tuple[Tried, str | None]:
    setting = RecordingsSetting.model_validate(command.body["recordings"])
    zone = ZoneInfo(settings.read(command.account_id).zone)
    source = made(command.account_id, setting, command.body["secret"], zone, LONGEST)
    assert source is not None  # who orders has looked
    return source, access.newest_name(command.account_id)


SOURCE = Errand(run=run, needs_line=False, longest=20.0)  # it bounds itself
