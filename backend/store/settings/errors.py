"""What is wrong with settings, field by field, in the user's language; and the checks across fields and mirrors."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from backend.store.accounts import AccountStage, AccountUser
from backend.store.settings.parts import StageSetting
from backend.store.settings.settings import AccountSettings
from backend.words import first_known, say

MOST_ERRORS = 50  # told at once


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """`field` is a path such as `employees.0.extensions.1`; `kind` is a key of `fields.json` or pydantic's own."""

    field: str
    kind: str
    values: dict[str, Any] = dataclasses.field(default_factory=dict)

    def message(self, language: str) -> str:
        return say(first_known(f"fields.{self.kind}", "fields.invalid_value"), language, **self.values)


def from_pydantic(error: ValidationError, under: str = "") -> list[FieldError]:
    """The model's own complaints; no value is repeated, for it may be a secret."""
    return [
        FieldError(
            field=".".join(str(part) for part in (under, *each["loc"]) if part not in ("", "[key]")),
            kind=each["type"],
            values=each.get("ctx", {}),
        )
        for each in error.errors(include_url=False, include_input=False)[:MOST_ERRORS]
    ]


def across(
    settings: AccountSettings, users: Sequence[AccountUser], stages: Sequence[AccountStage], under: str
) -> list[FieldError]:
    """What no field shows by itself. Users and stages are checked only where the mirror has any."""
    found = [*_twice(settings)]
    if users:
        found += _unknown_users(settings, {each.user_id for each in users if each.is_active})
    if stages:
        found += _unknown_stages(settings, stages)
    return [dataclasses.replace(each, field=f"{under}.{each.field}") for each in found[:MOST_ERRORS]]


def _twice(settings: AccountSettings) -> Iterator[FieldError]:
    for name in ("extensions", "mobiles"):
        counts = Counter(value for each in settings.employees for value in getattr(each, name))
        for place, each in enumerate(settings.employees):
            for index, value in enumerate(getattr(each, name)):
                if counts[value] > 1:
                    yield FieldError(field=f"employees.{place}.{name}.{index}", kind="twice", values={"value": value})
    sites = Counter(each.key for each in settings.callback.sites)
    for place, each_site in enumerate(settings.callback.sites):
        if sites[each_site.key] > 1:
            yield FieldError(field=f"callback.sites.{place}.key", kind="twice", values={"value": each_site.key})
    people = Counter(each.user_id for each in settings.employees)
    for place, each in enumerate(settings.employees):
        if people[each.user_id] > 1:
            yield FieldError(field=f"employees.{place}.user_id", kind="twice", values={"value": each.user_id})


def _unknown_users(settings: AccountSettings, active: set[int]) -> Iterator[FieldError]:
    named = [(f"employees.{place}.user_id", each.user_id) for place, each in enumerate(settings.employees)]
    named += [("default_employee", settings.default_employee)] if settings.default_employee else []
    for name in ("missed_to", "open_lead_missed_to"):
        named += [(f"{name}.{index}", user_id) for index, user_id in enumerate(getattr(settings, name) or ())]
    for path, user_id in named:
        if user_id not in active:
            yield FieldError(field=path, kind="no_user", values={"value": user_id})


def _unknown_stages(settings: AccountSettings, stages: Sequence[AccountStage]) -> Iterator[FieldError]:
    chosen = [("stage", settings.stage)]
    chosen += [(f"employees.{place}.stage", each.stage) for place, each in enumerate(settings.employees)]
    chosen += [(f"stages_by_did.{did}", each) for did, each in settings.stages_by_did.items()]
    chosen += [(f"callback.sites.{place}.stage", each.stage) for place, each in enumerate(settings.callback.sites)]
    for path, stage in chosen:
        if stage is not None:
            yield from _unknown_stage(path, stage, stages)


def _unknown_stage(path: str, chosen: StageSetting, stages: Sequence[AccountStage]) -> Iterator[FieldError]:
    pipeline = {each.status_id: each for each in stages if each.pipeline_id == chosen.pipeline_id}
    if not pipeline:
        yield FieldError(field=f"{path}.pipeline_id", kind="no_pipeline", values={"value": chosen.pipeline_id})
    elif chosen.status_id is not None and chosen.status_id not in pipeline:
        yield FieldError(field=f"{path}.status_id", kind="no_stage", values={"value": chosen.status_id})
    elif chosen.status_id is not None and pipeline[chosen.status_id].is_unsorted:
        yield FieldError(field=f"{path}.status_id", kind="unsorted_stage")
