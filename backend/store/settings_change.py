"""Changing an account's settings: all of it is right and stored, or every wrong field is told and nothing is."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from backend.store import accounts, db, settings
from backend.store.accounts import AccountPbx
from backend.store.settings import AccountSettings, PbxSetting
from backend.store.settings_errors import FieldError, across, from_pydantic

PARTS = ("settings", "pbx")


def change(account_id: int, body: dict[str, Any]) -> list[FieldError]:
    """Replaces `settings` and, where given, `pbx` (null: none), committed. Empty when all was right.

    Raises LookupError for an unknown account.
    """
    errors = [FieldError(field=name, kind="extra_forbidden") for name in body if name not in PARTS]
    wanted = _settings(account_id, body, errors)
    pbx = _pbx(body, errors)
    if errors or wanted is None:
        return errors
    settings.write(account_id, wanted)
    if "pbx" in body:
        errors += _write_pbx(account_id, pbx)
    if errors:
        db.session.rollback()
    else:
        db.session.commit()
    return errors


def _settings(account_id: int, body: dict[str, Any], errors: list[FieldError]) -> AccountSettings | None:
    if "settings" not in body:
        return settings.read(account_id)
    try:
        wanted = AccountSettings.model_validate_json(json.dumps(body["settings"]))
    except ValidationError as error:
        errors += from_pydantic(error, "settings")
        return None
    errors += across(wanted, accounts.users(account_id), accounts.stages(account_id), "settings")
    return wanted


def _pbx(body: dict[str, Any], errors: list[FieldError]) -> PbxSetting | None:
    if body.get("pbx") is None:
        return None
    try:
        return PbxSetting.model_validate_json(json.dumps(body["pbx"]))
    except ValidationError as error:
        errors += from_pydantic(error, "pbx")
        return None


def _write_pbx(account_id: int, pbx: PbxSetting | None) -> list[FieldError]:
    if pbx is None:
        row = db.session.get(AccountPbx, account_id)
        if row is not None:
            db.session.delete(row)
        return []
    if settings.write_pbx(account_id, pbx):
        return []
    return [FieldError(field="pbx.secret", kind="secret_needed")]
