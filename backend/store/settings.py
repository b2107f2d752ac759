"""An account's settings: what a person may set, checked field by field, and what it means as rules and lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from backend.calls.dialling import Dialling, Form
from backend.calls.lines import Lines
from backend.calls.rules import Employee, LeadOwner, Rules
from backend.store import accounts, db
from backend.store.accounts import Account, AccountPbx, LinkState
from backend.store.setting_callback import CallbackSetting
from backend.store.setting_parts import Part, StageSetting
from backend.store.setting_values import (
    AllowedPrefix,
    Certificate,
    ChannelTemplate,
    Context,
    Country,
    DialPrefix,
    Extension,
    Host,
    Id,
    Password,
    Pattern,
    Phone,
    Template,
    Text,
    Zone,
)

MOST_EMPLOYEES = 2000
MOBILE_TAIL = 10  # digits of a mobile that are compared: its country code is spelt in many ways


class EmployeeSetting(Part):
    user_id: Id
    extensions: tuple[Extension, ...] = Field((), max_length=10)
    mobiles: tuple[Phone, ...] = Field((), max_length=10)
    stage: StageSetting | None = None


class DialSetting(Part):
    """How a click rings the employee's phone, and then the client; see calls/dialling.py."""

    channel: ChannelTemplate = "PJSIP/{extension}"
    context: Context = "from-internal"
    prefix: DialPrefix = ""
    format: Form = Form.E164
    allowed: tuple[AllowedPrefix, ...] = Field((), max_length=1000)
    ring_seconds: int = Field(30, ge=5, le=120, strict=True)

    def to_dialling(self) -> Dialling:
        return Dialling(form=self.format, **self.model_dump(exclude={"format"}))


class PbxSetting(Part):
    """`secret` is never read back; left out, the stored one stays, if host, port and username do too."""

    host: Host
    port: int = Field(5038, ge=1, le=65535, strict=True)
    username: Text
    secret: Password | None = None
    tls: bool = Field(False, strict=True)
    certificate: Certificate | None = None


class AccountSettings(Part):
    """Everything but the PBX's address. `open_lead_missed_to` None means every employee; `zone` is whose days and
    hours the overview counts."""

    country: Country = "RU"
    language: Literal["ru", "en"] = "ru"
    zone: Zone = "Europe/Moscow"
    trunks: tuple[Pattern, ...] = Field((), max_length=20)
    extensions: tuple[Pattern, ...] = Field((), max_length=20)
    employees: tuple[EmployeeSetting, ...] = Field((), max_length=MOST_EMPLOYEES)
    default_employee: Id | None = None
    missed_to: tuple[Id, ...] = Field((), max_length=MOST_EMPLOYEES)
    open_lead_missed_to: tuple[Id, ...] | None = Field(None, max_length=MOST_EMPLOYEES)
    popup_on_ringing: bool = Field(True, strict=True)
    announce_without_stream: bool = Field(True, strict=True)
    failed_makes_lead: bool = Field(True, strict=True)
    lead_owner: LeadOwner = LeadOwner.FIRST
    no_lead_numbers: tuple[Phone, ...] = Field((), max_length=10_000)
    no_lead_companies: tuple[Id, ...] = Field((), max_length=10_000)
    stage: StageSetting | None = None
    stages_by_did: dict[Phone, StageSetting] = Field(default_factory=dict, max_length=1000)
    contact_name: Template | None = None
    lead_name: Template | None = None
    dial: DialSetting = Field(default_factory=lambda: DialSetting.model_validate({}))
    callback: CallbackSetting = Field(default_factory=lambda: CallbackSetting.model_validate({}))

    def to_rules(self, users: Mapping[int, str]) -> Rules:
        """`users` are the account's active users: all of them are employees, those with an extension or not.

        A mapped user who is no longer active is left out, so that his calls go to the default employee.
        """
        mapped = {each.user_id: each for each in self.employees}
        contact_name, lead_name = NAMES[self.language]
        return Rules(
            **self.model_dump(include=set(PLAIN)),
            contact_name=self.contact_name or contact_name,
            lead_name=self.lead_name or lead_name,
            lead_owner=self.lead_owner,
            employees=tuple(_employee(user_id, name, mapped.get(user_id)) for user_id, name in users.items()),
            stage=self.stage.to_stage() if self.stage else None,
            stages_by_did={did: each.to_stage() for did, each in self.stages_by_did.items()},
        )

    def to_lines(self) -> Lines:
        """What is a trunk, what an extension, and which mobile stands for which extension."""
        return Lines.of(trunks=self.trunks, extensions=self.extensions, mobiles=dict(self._mobiles()))

    def _mobiles(self) -> list[tuple[str, str]]:
        return [
            (re.sub(r"\D", "", mobile)[-MOBILE_TAIL:], each.extensions[0])
            for each in self.employees
            for mobile in each.mobiles
            if each.extensions
        ]


PLAIN = (
    "country", "language", "default_employee", "missed_to", "open_lead_missed_to", "popup_on_ringing",
    "announce_without_stream", "failed_makes_lead", "no_lead_numbers", "no_lead_companies",
)  # fmt: skip
NAMES = {"ru": ("Клиент {phone}", "Звонок {phone}"), "en": ("Client {phone}", "Call {phone}")}


def _employee(user_id: int, name: str, setting: EmployeeSetting | None) -> Employee:
    if setting is None:
        return Employee(user_id=user_id, name=name)
    return Employee(
        user_id=user_id,
        name=name,
        extensions=setting.extensions,
        mobiles=setting.mobiles,
        stage=setting.stage.to_stage() if setting.stage else None,
    )


def read(account_id: int) -> AccountSettings:
    """Raises LookupError for an unknown account. A setting that only an older version knew is dropped."""
    account = db.session.get(Account, account_id)
    if account is None:
        raise LookupError(f"no account {account_id}")
    known = {name: value for name, value in account.settings.items() if name in AccountSettings.model_fields}
    return AccountSettings.model_validate({**_of_crm(account), **known})


def _of_crm(account: Account) -> dict[str, str]:
    """What the CRM told of the account holds until somebody sets it otherwise."""
    told = {"country": account.country, "language": account.language, "zone": account.zone}
    return {name: value for name, value in told.items() if value}


def rules(account_id: int) -> Rules:
    """The account's rules as they are now. Raises LookupError for an unknown account."""
    settings = read(account_id)
    users = accounts.users(account_id)
    active = {each.user_id: each.name for each in users if each.is_active}
    return settings.to_rules(active if users else {each.user_id: str(each.user_id) for each in settings.employees})


def lines(account_id: int) -> Lines:
    """The account's idea of trunks and extensions. Raises LookupError for an unknown account."""
    return read(account_id).to_lines()


def write(account_id: int, settings: AccountSettings) -> None:
    """Replaces the settings; does not commit. Raises LookupError for an unknown account."""
    account = db.session.get(Account, account_id, with_for_update={"key_share": True})
    if account is None:
        raise LookupError(f"no account {account_id}")
    account.settings = settings.model_dump(mode="json", exclude_unset=True)
    account.country, account.language = settings.country, settings.language


def secret_for(stored: AccountPbx | None, pbx: PbxSetting) -> str | None:
    """The one given, or the stored one, which never goes to another address or user than it was given for."""
    if pbx.secret:
        return pbx.secret.get_secret_value()
    is_same = stored and (stored.host, stored.port, stored.username) == (pbx.host, pbx.port, pbx.username)
    return stored.secret if stored and is_same else None


def write_pbx(account_id: int, pbx: PbxSetting) -> None:
    """Replaces the PBX's address; does not commit. Raises ValueError when there is no secret for it."""
    row = db.session.get(AccountPbx, account_id, with_for_update=True)
    secret = secret_for(row, pbx)
    if secret is None:
        raise ValueError("a PBX needs a secret")
    if row is None:
        row = AccountPbx(account_id=account_id)
        db.session.add(row)
    row.host, row.port, row.username, row.secret = pbx.host, pbx.port, pbx.username, secret
    row.tls, row.certificate = pbx.tls, pbx.certificate


def pbx_as_shown(account_id: int) -> dict[str, Any] | None:
    """The PBX without its secret, with the state of the line to it."""
    row = db.session.get(AccountPbx, account_id)
    if row is None:
        return None
    shown = {name: getattr(row, name) for name in ("host", "port", "username", "tls", "certificate")}
    return {**shown, "has_secret": True, **_link_as_shown(row)}


def _link_as_shown(row: AccountPbx) -> dict[str, str]:
    """What is written counts only while a process holds the line."""
    is_held = row.lease_until is not None and row.lease_until > datetime.now(UTC)
    if is_held or row.link is LinkState.NEVER:
        return {"link": str(row.link), "link_reason": row.link_reason}
    return {"link": str(LinkState.DOWN), "link_reason": "no pbx process holds the line"}
