"""The account's source of recordings, for its administrators: its state, its check, the key for push."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from flask import current_app

from backend.desk.settings import source_to_check
from backend.pbx.dialplan.upload import command as upload_command
from backend.pbx.dialplan.upload import recorded, upload_address
from backend.recordings.check import pushed
from backend.store import commands, db
from backend.store.commands import NOT_TAKEN, Command, CommandResult
from backend.store.recordings import access
from backend.store.settings import settings
from backend.store.settings.recordings import SourceKind
from backend.web import api
from backend.web.api import ApiError
from backend.web.language import language
from backend.words.check import source_sentence

LONGEST = 19.0  # seconds: the check has its own limits, and may wait to be taken
KIND = "source"

Json = dict[str, Any]

blueprint = api.blueprint("recording_source")


@blueprint.post("/api/recordings/check")
def check_source() -> Json:
    """Checks the source of the body, stored or not; the result as sentences."""
    caller = api.visitor()
    account = api.account_of(caller)
    api.admit(caller)
    wanted, errors = source_to_check(account.id, api.body())
    if errors:
        raise ApiError("invalid", 422, errors)
    if wanted["recordings"]["source"] == SourceKind.PUSH:
        return _answer([asdict(pushed(account.id))], None)
    commands.alone(account.id, KIND)
    if commands.is_busy(account.id, KIND):
        raise ApiError("checking", 409)
    command = Command(
        account_id=account.id, request=str(uuid.uuid4()), user_id=caller.user_id, kind=KIND, body=wanted
    )  # fmt: skip
    commands.order(command)
    db.session.commit()
    return _result(commands.wait(account.id, command.request, LONGEST))


@blueprint.post("/api/recordings/key")
def renew_key() -> Json:
    """A new key for push; uploads with the previous one are refused."""
    caller = api.visitor()
    account = api.account_of(caller)
    api.admit(caller)
    access.renew_key(account.id)
    db.session.commit()
    return {"recordings": shown(account.id)}


def shown(account_id: int) -> Json:
    """The state shown on the settings page beside the setting itself."""
    setting = settings.read(account_id).recordings
    key = access.upload_key(account_id) if setting.source is SourceKind.PUSH else None
    return {"has_secret": access.has_secret(account_id, setting), "lines": _lines(account_id, key)}


def _lines(account_id: int, key: str | None) -> Json | None:
    if key is None:
        return None
    address = upload_address(current_app.config["PUBLIC_URL"], account_id, key)
    return {"asterisk": recorded(address), "freepbx": upload_command(address)}


def _result(outcome: CommandResult) -> Json:
    if outcome.error is None:
        return _answer(outcome.answer["lines"], outcome.answer["host_key"])
    kind = "nobody" if outcome.error == NOT_TAKEN else "unclear"
    return _answer([{"what": "address", "state": "fail", "kind": kind, "detail": ""}], None)


def _answer(lines: list[Json], host_key: str | None) -> Json:
    spoken = language()
    shown_lines = [
        {"what": each["what"], "state": each["state"],
         "message": source_sentence(each["what"], each["kind"], each["detail"], spoken)}
        for each in lines
    ]  # fmt: skip
    return {"ok": all(each["state"] != "fail" for each in lines), "lines": shown_lines, "host_key": host_key}
