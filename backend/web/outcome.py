"""The outcome that a user adds after a call."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationError

from backend.desk import client_choice, outcomes
from backend.store.settings.errors import FieldError, from_pydantic
from backend.store.settings.parts import SettingsPart
from backend.store.settings.values import Id
from backend.web import api
from backend.web.api import ApiError

LATEST = 4_102_444_800  # 2100: a later follow-up is a mistake of units

Line = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]
Lines = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]

blueprint = api.blueprint("outcome")


class TaskBody(SettingsPart):
    text: Annotated[Lines, Field(min_length=1, max_length=1000)]
    due: Annotated[float, Field(gt=0, le=LATEST, allow_inf_nan=False)]


class OutcomeBody(SettingsPart):
    """The body; beside `request` it needs at least one more field."""

    request: UUID
    result: Annotated[Line, Field(max_length=100)] = ""
    note: Annotated[Lines, Field(max_length=5000)] = ""
    task: TaskBody | None = None
    name: Annotated[Line, Field(max_length=200)] = ""
    contact: Id | None = None

    def values(self) -> dict[str, Any]:
        """The values for the desk; empty when the user entered nothing."""
        given = {
            "result": self.result, "note": self.note, "name": self.name, "contact": self.contact,
            "task": self.task and self.task.text, "due": self.task and round(self.task.due),
        }  # fmt: skip
        return {name: value for name, value in given.items() if value}


@blueprint.post("/api/popups/<call>/outcome")
def save_outcome(call: str) -> dict[str, Any]:
    """For a call of which the caller has a popup."""
    caller = api.visitor()
    account = api.account_of(caller)
    given = _outcome(api.body())
    try:
        wrong = outcomes.save(account.id, caller.user_id, call, given.request, given.values())
    except LookupError as unknown:
        raise ApiError("not_found", 404) from unknown
    if wrong:
        raise ApiError("invalid", 422, [FieldError(field="contact", kind=wrong)])
    return {}


class ChoiceBody(SettingsPart):
    entity: Literal["contacts", "companies"]
    id: Id


@blueprint.post("/api/popups/<call>/client")
def choose_client(call: str) -> dict[str, Any]:
    """Several cards have the number of a call that the caller has a popup of: this one is the client."""
    caller = api.visitor()
    account = api.account_of(caller)
    try:
        told = ChoiceBody.model_validate_json(json.dumps(api.body()))
        client_choice.choose_client(account.id, caller.user_id, call, told.entity, told.id)
    except ValidationError as error:
        raise ApiError("invalid", 422, from_pydantic(error)) from error
    except LookupError as unknown:
        raise ApiError("not_found", 404) from unknown
    return {}


def _outcome(body: dict[str, Any]) -> OutcomeBody:
    try:
        given = OutcomeBody.model_validate_json(json.dumps(body))
    except ValidationError as error:
        raise ApiError("invalid", 422, from_pydantic(error)) from error
    if not given.values():
        raise ApiError("invalid", 422, [FieldError(field="note", kind="nothing_said")])
    return given
