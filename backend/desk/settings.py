"""Changing an account's settings: all of it is right and stored, or every wrong field is told and nothing is."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import ValidationError

from backend.store import accounts, db
from backend.store.accounts import Account, AccountPbx
from backend.store.callback import sites as callback_sites
from backend.store.privacy import trail
from backend.store.privacy.trail import OPERATOR, Deed
from backend.store.recordings import access, recordings
from backend.store.settings import settings
from backend.store.settings.errors import FieldError, across, from_pydantic
from backend.store.settings.recordings import RecordingsSetting, SourceKind
from backend.store.settings.settings import AccountSettings, PbxSetting

PARTS = ("settings", "pbx", "version")


class ChangedMeanwhile(Exception):
    """The settings are not those any more that were read before they were changed."""


def change(account_id: int, body: dict[str, Any], *, by: int = OPERATOR) -> list[FieldError]:
    """Replaces `settings` and, where given, `pbx` (null: none), committed. Empty when all was right. `by` is who does
    it, for the trail.

    With `version` only what was read as that is changed. Raises LookupError for an unknown account, ChangedMeanwhile.
    """
    db.session.get(Account, account_id, with_for_update={"key_share": True})  # others wait until this is committed
    if body.get("version") not in (None, version(account_id)):
        raise ChangedMeanwhile
    errors = [FieldError(field=name, kind="extra_forbidden") for name in body if name not in PARTS]
    wanted = _settings(account_id, body, errors)
    pbx = _pbx(account_id, body, errors)
    if errors:
        return errors
    trail.add(account_id, by, Deed.CHANGED_SETTINGS, ", ".join(_changed(account_id, body, wanted, pbx)))
    _write_recordings(account_id, wanted.recordings)
    settings.write(account_id, wanted)
    if "pbx" in body:
        _write_pbx(account_id, pbx)
    db.session.commit()
    return errors


def _changed(account_id: int, body: dict[str, Any], wanted: AccountSettings, pbx: PbxSetting | None) -> list[str]:
    """Names of what becomes another; never values, some are secret."""
    before, after = settings.read(account_id).model_dump(mode="json"), wanted.model_dump(mode="json")
    names = [name for name, value in after.items() if value != before[name]]
    if "pbx" not in body:
        return names
    known = settings.pbx_as_shown(account_id) or {}
    told = pbx.model_dump() if pbx else {}
    parts = [name for name in PbxSetting.model_fields if name != "secret" and told.get(name) != known.get(name)]
    return [*names, *(f"pbx.{name}" for name in parts), *(["pbx.secret"] if pbx and pbx.secret else [])]


def version(account_id: int) -> str:
    """Another one whenever the settings or the PBX's address are others. Raises LookupError for an unknown account."""
    pbx = settings.pbx_as_shown(account_id) or {}
    document = [settings.read(account_id).model_dump(mode="json"), [pbx.get(name) for name in PbxSetting.model_fields]]
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]


def address_to_check(account_id: int, body: dict[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    """The PBX of `body["pbx"]` with its secret, as plain values, and everything that is wrong with it."""
    errors = [FieldError(field=name, kind="extra_forbidden") for name in body if name != "pbx"]
    pbx = _pbx(account_id, body, errors)
    if pbx is None:
        return {}, errors or [FieldError(field="pbx", kind="missing")]
    secret = settings.secret_for(db.session.get(AccountPbx, account_id), pbx)
    return {**pbx.model_dump(mode="json"), "secret": secret}, errors


def source_to_check(account_id: int, body: dict[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    """The source of `body["recordings"]` and its `secret`, as plain values, and everything that is wrong with it."""
    errors = [FieldError(field=name, kind="extra_forbidden") for name in body if name != "recordings"]
    try:
        wanted = RecordingsSetting.model_validate_json(json.dumps(body.get("recordings")))
    except ValidationError as error:
        return {}, errors + from_pydantic(error, "recordings")
    if wanted.source is SourceKind.NONE:
        errors.append(FieldError(field="recordings.source", kind="no_source"))
    secret = access.secret_for(account_id, wanted)
    if wanted.needs_secret and secret is None:
        errors.append(FieldError(field="recordings.secret", kind="secret_needed"))
    return {"recordings": wanted.model_dump(mode="json"), "secret": secret}, errors


def _settings(account_id: int, body: dict[str, Any], errors: list[FieldError]) -> AccountSettings:
    if "settings" not in body:
        return settings.read(account_id)
    try:
        wanted = AccountSettings.model_validate_json(json.dumps(body["settings"]))
    except ValidationError as error:
        errors += from_pydantic(error, "settings")
        wanted = _right_ones(body["settings"], error)
    errors += across(wanted, accounts.users(account_id), accounts.stages(account_id), "settings")
    errors += _not_ours(account_id, wanted)
    errors += _unopened(account_id, wanted.recordings)
    return wanted


def _not_ours(account_id: int, wanted: AccountSettings) -> list[FieldError]:
    """A site's key is made by us, for this account."""
    sites = wanted.callback.sites
    ours = callback_sites.keys(account_id) if sites else frozenset()
    return [
        FieldError(field=f"settings.callback.sites.{place}.key", kind="no_site")
        for place, each in enumerate(sites)
        if each.key not in ours
    ]


def _unopened(account_id: int, wanted: RecordingsSetting) -> list[FieldError]:
    """A source that would refuse us, or that we could not tell from another."""
    errors = []
    if wanted.needs_secret and not access.has_secret(account_id, wanted):
        errors.append(FieldError(field="settings.recordings.secret", kind="secret_needed"))
    if wanted.source is SourceKind.SFTP and wanted.host_key is None:
        errors.append(FieldError(field="settings.recordings.host_key", kind="host_key_needed"))
    return errors


def _right_ones(told: Any, error: ValidationError) -> AccountSettings:
    """The settings without those that are wrong by themselves, so that all that is wrong is told together."""
    wrong = {each["loc"][0] for each in error.errors() if each["loc"]}
    right = {name: value for name, value in told.items() if name not in wrong} if isinstance(told, dict) else {}
    return AccountSettings.model_validate_json(json.dumps(right))


def _pbx(account_id: int, body: dict[str, Any], errors: list[FieldError]) -> PbxSetting | None:
    if body.get("pbx") is None:
        return None
    try:
        pbx = PbxSetting.model_validate_json(json.dumps(body["pbx"]))
    except ValidationError as error:
        errors += from_pydantic(error, "pbx")
        return None
    if settings.secret_for(db.session.get(AccountPbx, account_id, with_for_update=True), pbx) is None:
        errors.append(FieldError(field="pbx.secret", kind="secret_needed"))
    return pbx


def _write_recordings(account_id: int, wanted: RecordingsSetting) -> None:
    """Before the setting itself: what waits for a person is tried again where he has changed something."""
    if wanted != settings.read(account_id).recordings:
        access.write(account_id, wanted)
        recordings.try_again(account_id)


def _write_pbx(account_id: int, pbx: PbxSetting | None) -> None:
    row = db.session.get(AccountPbx, account_id)
    if pbx is not None:
        settings.write_pbx(account_id, pbx)
    elif row is not None:
        db.session.delete(row)
