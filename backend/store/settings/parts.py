"""Building blocks of an account's settings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from backend.calls.rules.rules import Stage
from backend.store.settings.values import Id


class SettingsPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class StageSetting(SettingsPart):
    pipeline_id: Id
    status_id: Id | None = None

    def to_stage(self) -> Stage:
        return Stage(pipeline_id=self.pipeline_id, status_id=self.status_id)
