"""The check of an account's PBX: a real login, carried out by a `pbx` process."""

from __future__ import annotations

import uuid
from typing import Any

from backend.desk.settings import address_to_check
from backend.store import commands, db
from backend.store.commands import NOT_TAKEN, Command, CommandResult
from backend.web import api
from backend.web.api import ApiError
from backend.web.language import language
from backend.words.check import pbx_sentences

LONGEST = 18.0  # seconds: the check takes at most 15, and may wait to be taken
KIND = "check"

blueprint = api.blueprint("pbx")


@blueprint.post("/api/pbx/check")
def check_pbx() -> dict[str, Any]:
    """Checks the PBX of the body, stored or not; the result as sentences."""
    caller = api.visitor()
    account = api.account_of(caller)
    api.admit(caller)
    address, errors = address_to_check(account.id, api.body())
    if errors:
        raise ApiError("invalid", 422, errors)
    commands.alone(account.id, KIND)
    if commands.is_busy(account.id, KIND):
        raise ApiError("checking", 409)
    command = Command(
        account_id=account.id, request=str(uuid.uuid4()), user_id=caller.user_id, kind=KIND, body={"pbx": address}
    )
    commands.order(command)
    db.session.commit()
    return _result(commands.wait(account.id, command.request, LONGEST), language())


def _result(outcome: CommandResult, spoken: str) -> dict[str, Any]:
    found = outcome.answer if outcome.error is None else _no_answer(outcome.error)
    lines = [
        {"what": each["what"], "state": each["state"], "message": pbx_sentences(each["what"], each["says"], spoken)}
        for each in found["findings"]
    ]
    is_ok = all(each["state"] != "fail" for each in lines)
    return {"ok": is_ok, "lines": lines, **{name: found[name] for name in ("version", "flavour", "endpoints")}}


def _no_answer(error: str) -> dict[str, Any]:
    kind = "nobody" if error == NOT_TAKEN else "unclear"
    failure = {"what": "address", "state": "fail", "says": [{"kind": kind, "values": {}}]}
    return {"findings": [failure], "version": "", "flavour": None, "endpoints": []}
