"""Click-to-call, and commands within a call. Each command is stored, and carried out by a `pbx` process.

A command may only touch the caller's own extensions, which come from the account's settings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, TypeVar
from uuid import UUID

from pydantic import ValidationError

from backend.amocrm.onetime import Visitor
from backend.desk.dialing import click, colleagues
from backend.desk.dialing.click import CannotDial
from backend.store import commands, db, popups
from backend.store.account_status import conditions
from backend.store.accounts import LineState
from backend.store.commands import Command, CommandResult
from backend.store.popups import Popup
from backend.store.settings import settings
from backend.store.settings.errors import FieldError, from_pydantic
from backend.store.settings.parts import SettingsPart
from backend.store.settings.values import Id, Text
from backend.web import api
from backend.web.api import ApiError

LONGEST = 16.0  # seconds: the longest time for a command to wait and be carried out
OVER = ("ended", "failed", "missed")
STATUS = {"invalid": 422, "number_not_allowed": 422, "not_found": 404, "pbx_refused": 502}
AWAY = ("pbx_not_connected", "unclear")

blueprint = api.blueprint("calls")


class ClickBody(SettingsPart):
    """`request` is a UUID that the widget generates for each click: repeating it does nothing."""

    request: UUID


class Click(ClickBody):
    phone: Text


class Transfer(ClickBody):
    to: Id
    kind: Literal["blind", "attended"]


A = TypeVar("A", bound=ClickBody)


@blueprint.post("/api/calls")
def make_call() -> dict[str, Any]:
    """Rings the caller's phone, then the client; a second click before the client answers returns the same call."""
    caller, wanted = _caller(), _body_as(Click)
    try:
        plan = click.plan(caller.account_id, caller.user_id, wanted.phone)
        _need_line(caller)
        row = click.order(caller.account_id, caller.user_id, str(wanted.request), plan)
    except CannotDial as refused:
        raise _refused(CommandResult(error=refused.kind)) from refused
    outcome = commands.wait(caller.account_id, row.request, LONGEST)
    if outcome.error:
        raise _refused(outcome)
    popup = popups.of(caller.account_id, str(row.call), caller.user_id)
    return {"call": row.call, "state": popup.state if popup else "calling"}


@blueprint.post("/api/calls/<call>/hangup")
def hang_up(call: str) -> dict[str, Any]:
    caller, wanted = _caller(), _body_as(ClickBody)
    return _carry_out(caller, "hangup", call, wanted)


@blueprint.post("/api/calls/<call>/transfer")
def transfer(call: str) -> dict[str, Any]:
    """To a colleague: `blind` hangs up at once, `attended` asks the colleague first."""
    caller, wanted = _caller(), _body_as(Transfer)
    _popup(caller, call)
    try:
        to = colleagues.to_ring(caller.account_id, wanted.to)
    except CannotDial as refused:
        raise _refused(CommandResult(error=refused.kind)) from refused
    if to is None or wanted.to == caller.user_id:
        raise ApiError("invalid", 422, [FieldError(field="to", kind="no_user", values={"value": wanted.to})])
    body = {
        "kind": wanted.kind,
        "to": {"user_id": to.user_id, "name": to.name},
        "extension": to.extension,
        "context": settings.read(caller.account_id).dial.context,
    }
    return _carry_out(caller, "transfer", call, wanted, body)


@blueprint.post("/api/calls/<call>/transfer/cancel")
def cancel_transfer(call: str) -> dict[str, Any]:
    """Ends the consultation; the client comes back."""
    caller, wanted = _caller(), _body_as(ClickBody)
    return _carry_out(caller, "cancel", call, wanted)


@blueprint.post("/api/calls/<call>/transfer/complete")
def complete_transfer(call: str) -> dict[str, Any]:
    """The employee leaves, the other two continue talking."""
    caller, wanted = _caller(), _body_as(ClickBody)
    return _carry_out(caller, "complete", call, wanted)


def _caller() -> Visitor:
    caller = api.visitor()
    api.account_of(caller)
    return caller


def _body_as(model: type[A]) -> A:
    try:
        return model.model_validate_json(json.dumps(api.body()))
    except ValidationError as error:
        raise ApiError("invalid", 422, from_pydantic(error)) from error


def _carry_out(
    caller: Visitor, kind: str, call: str, wanted: ClickBody, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Only in a call of which the caller has a popup; other users' calls are never found."""
    popup = _popup(caller, call)
    own = colleagues.extensions_of(caller.account_id, caller.user_id)
    if not own:
        raise _refused(CommandResult(error="no_extension"))
    command = Command(
        account_id=caller.account_id, request=str(wanted.request), user_id=caller.user_id, kind=kind, call=call,
        body={"extensions": own, **(body or {})},
    )  # fmt: skip
    if not _is_known(command):
        if popup.state in OVER:
            raise _refused(CommandResult(error="call_over"))
        _need_line(caller)
        commands.order(command)
    db.session.commit()
    outcome = commands.wait(caller.account_id, command.request, LONGEST)
    if outcome.error:
        raise _refused(outcome)
    return {}


def _popup(caller: Visitor, call: str) -> Popup:
    popup = popups.of(caller.account_id, call, caller.user_id)
    if popup is None:
        raise ApiError("not_found", 404)
    return popup


def _is_known(command: Command) -> bool:
    """Whether the request is repeated. Raises ApiError if it belongs to a different command."""
    row = commands.find(command.account_id, command.request)
    same = row and (row.user_id, row.kind, row.call) == (command.user_id, command.kind, command.call)
    if row and not same:
        raise ApiError("invalid", 422)
    return row is not None


def _need_line(caller: Visitor) -> None:
    condition = conditions([caller.account_id]).get(caller.account_id)
    if condition is None or condition.link is not LineState.UP:
        raise _refused(CommandResult(error="pbx_not_connected"))


def _refused(outcome: CommandResult) -> ApiError:
    kind = str(outcome.error)
    status = 503 if kind in AWAY else STATUS.get(kind, 409)
    return ApiError(kind, status, because=str(outcome.answer.get("words", "")))
