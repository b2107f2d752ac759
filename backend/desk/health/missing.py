"""Settings that refer to deleted users or stages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend.store import accounts
from backend.store.settings import settings
from backend.store.settings.parts import StageSetting
from backend.store.settings.settings import AccountSettings

MOST_SHOWN = 20


def shown(account_id: int) -> dict[str, Any]:
    """For the account's health: `employees` by name; `stages` with the calls they were chosen for. Reports nothing
    until the CRM's users and stages have been read. Raises LookupError."""
    chosen = settings.read(account_id)
    users = {each.user_id: each for each in accounts.users(account_id)}
    stages = {(each.pipeline_id, each.status_id) for each in accounts.stages(account_id)}
    names = {user_id: each.name for user_id, each in users.items()}
    left = {each for each in _users(chosen) if each not in users or not users[each].is_active}
    astray = [whose for whose, stage in _stages(chosen, names) if not _is_there(stage, stages)]
    return {
        "employees": sorted(names.get(each, str(each)) for each in left)[:MOST_SHOWN] if users else [],
        "stages": astray[:MOST_SHOWN] if stages else [],
    }


def _users(chosen: AccountSettings) -> set[int]:
    named = {*(each.user_id for each in chosen.employees), *chosen.missed_to, *(chosen.open_lead_missed_to or ())}
    return named | ({chosen.default_employee} if chosen.default_employee else set())


def _stages(chosen: AccountSettings, names: dict[int, str]) -> Iterator[tuple[dict[str, str], StageSetting]]:
    """Each chosen stage with the calls or employee it was chosen for."""
    if chosen.stage:
        yield {"of": "account", "name": ""}, chosen.stage
    for did, stage in chosen.stages_by_did.items():
        yield {"of": "did", "name": did}, stage
    for each in chosen.employees:
        if each.stage:
            yield {"of": "employee", "name": names.get(each.user_id, str(each.user_id))}, each.stage
    for site in chosen.callback.sites:
        if site.stage:
            yield {"of": "site", "name": site.name}, site.stage


def _is_there(chosen: StageSetting, stages: set[tuple[int, int]]) -> bool:
    """Whether the CRM has the stage, or the pipeline if no stage was chosen."""
    if chosen.status_id is not None:
        return (chosen.pipeline_id, chosen.status_id) in stages
    return any(pipeline == chosen.pipeline_id for pipeline, _ in stages)
