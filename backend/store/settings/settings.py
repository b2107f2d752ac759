"""An account's settings: what a person may set, checked field by field, and what it means as rules and lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from pydantic import Field
from sqlalchemy import Text as String
from sqlalchemy import case, cast, func, select

from backend.calls.numbers import phones
from backend.calls.numbers.dialling import DialFormat, Dialling
from backend.calls.rules.routing import Routing
from backend.calls.rules.rules import Employee, LeadOwner, Rules
from backend.calls.rules.sight import EmployeesSee
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.patterns import compile_stored
from backend.store import db
from backend.store.accounts import Account, AccountPbx, AccountUser, LineState
from backend.store.settings.callback import CallbackSetting
from backend.store.settings.parts import SettingsPart, StageSetting
from backend.store.settings.recordings import RecordingsSetting
from backend.store.settings.routing import Names, RoutingSetting
from backend.store.settings.values import (
    STORED,
    AllowedPrefix,
    Certificate,
    ChannelTemplate,
    Context,
    Country,
    DialPrefix,
    Extension,
    Host,
    Id,
    Language,
    Password,
    Pattern,
    Phone,
    Template,
    Text,
    Zone,
)
from backend.words import say

MOST_EMPLOYEES = 2000
OF_SECRET = ("host", "port", "username", "tls", "certificate")  # what a stored secret was given for
MOST_KEPT = 300  # accounts whose settings a process keeps as it read them last
MOBILE_TAIL = 10  # digits of a mobile that are compared: its country code is spelt in many ways


class EmployeeSetting(SettingsPart):
    user_id: Id
    extensions: tuple[Extension, ...] = Field((), max_length=10)
    mobiles: tuple[Phone, ...] = Field((), max_length=10)
    stage: StageSetting | None = None


class DialSetting(SettingsPart):
    """How a click rings the employee's phone, and then the client; see calls/numbers/dialling.py."""

    channel: ChannelTemplate = "PJSIP/{extension}"
    context: Context = "from-internal"
    prefix: DialPrefix = ""
    format: DialFormat = DialFormat.E164
    allowed: tuple[AllowedPrefix, ...] = Field((), max_length=1000)
    ring_seconds: int = Field(30, ge=5, le=120, strict=True)

    def to_dialling(self) -> Dialling:
        return Dialling(form=self.format, **self.model_dump(exclude={"format"}))


class PbxSetting(SettingsPart):
    """`secret` is never read back; left out, the stored one stays, if host, port and username do too."""

    host: Host
    port: int = Field(5038, ge=1, le=65535, strict=True)
    username: Text
    secret: Password | None = None
    tls: bool = Field(False, strict=True)
    certificate: Certificate | None = None


class AccountSettings(SettingsPart):
    """Everything but the PBX's address. `open_lead_missed_to` None means every employee; `zone` is whose days and
    hours the overview counts; `supervisors` are groups of amoCRM users who see all."""

    country: Country = "RU"
    language: Language = "ru"
    zone: Zone = "Europe/Moscow"
    trunks: tuple[Pattern, ...] = Field((), max_length=20)
    extensions: tuple[Pattern, ...] = Field((), max_length=20)
    employees: tuple[EmployeeSetting, ...] = Field((), max_length=MOST_EMPLOYEES)
    default_employee: Id | None = None
    employees_see: EmployeesSee = EmployeesSee.RIGHTS
    supervisors: tuple[Id, ...] = Field((), max_length=100)
    missed_to: tuple[Id, ...] = Field((), max_length=MOST_EMPLOYEES)
    open_lead_missed_to: tuple[Id, ...] | None = Field(None, max_length=MOST_EMPLOYEES)
    popup_on_ringing: bool = Field(True, strict=True)
    announce_without_stream: bool = Field(True, strict=True)
    failed_makes_lead: bool = Field(True, strict=True)
    customer_makes_lead: bool = Field(True, strict=True)
    uses_other_records: bool = Field(True, strict=True)
    lead_owner: LeadOwner = LeadOwner.FIRST
    no_lead_numbers: tuple[Phone, ...] = Field((), max_length=10_000)
    no_lead_companies: tuple[Id, ...] = Field((), max_length=10_000)
    stage: StageSetting | None = None
    stages_by_did: dict[Phone, StageSetting] = Field(default_factory=dict, max_length=1000)
    contact_name: Template | None = None
    lead_name: Template | None = None
    dial: DialSetting = Field(default_factory=lambda: DialSetting.model_validate({}))
    callback: CallbackSetting = Field(default_factory=lambda: CallbackSetting.model_validate({}))
    routing: RoutingSetting = Field(default_factory=lambda: RoutingSetting.model_validate({}))
    recordings: RecordingsSetting = Field(default_factory=lambda: RecordingsSetting.model_validate({}))

    def to_rules(self, users: Mapping[int, str]) -> Rules:
        """`users` are the account's active users: all of them are employees, those with an extension or not.

        A mapped user who is no longer active is left out, so that his calls go to the default employee.
        """
        mapped = {each.user_id: each for each in self.employees}
        return Rules(
            **{name: getattr(self, name) for name in SHARED},
            contact_name=self.contact_name or say("crm.contact_name", self.language, phone="{phone}"),
            lead_name=self.lead_name or say("crm.lead_name", self.language, phone="{phone}"),
            employees=tuple(_employee(user_id, name, mapped.get(user_id)) for user_id, name in users.items()),
            stage=self.stage.to_stage() if self.stage else None,
            stages_by_did={self._key(did): each.to_stage() for did, each in self.stages_by_did.items()},
            no_lead_numbers=frozenset(map(self._key, self.no_lead_numbers)),
            no_lead_companies=frozenset(self.no_lead_companies),
        )

    def _key(self, number: str) -> str:
        return phones.key(number, self.country) or number

    def to_lines(self) -> Lines:
        """What is a trunk, what an extension, and which mobile stands for which extension."""
        return Lines(
            trunks=tuple(map(compile_stored, self.trunks)),
            extensions=tuple(map(compile_stored, self.extensions)),
            mobiles=dict(self._mobiles()),
        )

    def to_routing(self) -> Routing:
        """How an inbound call is sent, and what the lines on the PBX are made from."""
        then = self.routing.then.to_place() if self.routing.then else None
        return Routing(
            country=self.country, channel=self.dial.channel, then=then, is_latin=self.routing.names is Names.LATIN,
            **self.routing.model_dump(include={"rings_responsible", "ring_seconds", "copied", "shown_prefix"}),
        )  # fmt: skip

    def _mobiles(self) -> list[tuple[str, str]]:
        return [
            (re.sub(r"\D", "", mobile)[-MOBILE_TAIL:], each.extensions[0])
            for each in self.employees
            for mobile in each.mobiles
            if each.extensions
        ]


# settings that are rules as they stand: `to_rules` converts the others
CONVERTED = {
    "employees",
    "no_lead_numbers",
    "no_lead_companies",
    "stage",
    "stages_by_did",
    "contact_name",
    "lead_name",
}
SHARED = {each.name for each in fields(Rules)} - CONVERTED
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """`version` is of all that was read, so that settings which are the same are not checked and understood again."""

    version: str
    settings: AccountSettings
    rules: Rules


_kept: dict[int, _Read] = {}
_people = (
    select(func.jsonb_object_agg(AccountUser.user_id, case((AccountUser.is_active, AccountUser.name))))
    .where(AccountUser.account_id == Account.id)
    .scalar_subquery()
)
_of_crm = func.jsonb_build_object("country", Account.country, "language", Account.language, "zone", Account.zone)
_version = func.md5(func.concat_ws("|", cast(_of_crm, String), cast(Account.settings, String), cast(_people, String)))


def _read(account_id: int) -> _Read:
    """What this process has read before, where nothing has changed since. Raises LookupError."""
    version = db.session.scalar(select(_version).where(Account.id == account_id))
    if version is None:
        raise LookupError(f"no account {account_id}")
    kept = _kept.get(account_id)
    if kept is None or kept.version != version:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        kept = _kept[account_id] = _read_stored(account_id)
    return kept


def _read_stored(account_id: int) -> _Read:
    """In one statement with its version. What the CRM told of the account holds until somebody sets it otherwise; a
    setting that only an older version knew is dropped. Without a mirror of the users whoever is set is an employee."""
    query = select(_version, _of_crm, Account.settings, _people).where(Account.id == account_id)
    version, of_crm, stored, people = db.session.execute(query).one()
    told = {name: value for name, value in of_crm.items() if value}
    known = {name: value for name, value in stored.items() if name in AccountSettings.model_fields}
    settings = AccountSettings.model_validate({**told, **known}, context=STORED)
    active = {user: people[str(user)] for user in sorted(map(int, people or ())) if people[str(user)] is not None}
    employees = active if people else {each.user_id: str(each.user_id) for each in settings.employees}
    return _Read(version=version, settings=settings, rules=settings.to_rules(employees))


def read(account_id: int) -> AccountSettings:
    """Raises LookupError for an unknown account."""
    return _read(account_id).settings


def rules(account_id: int) -> Rules:
    """The account's rules as they are now. Raises LookupError for an unknown account."""
    return _read(account_id).rules


def both(account_id: int) -> tuple[AccountSettings, Rules]:
    """`read` and `rules` at once. Raises LookupError for an unknown account."""
    known = _read(account_id)
    return known.settings, known.rules


def write(account_id: int, settings: AccountSettings) -> None:
    """Replaces the settings; does not commit. Raises LookupError for an unknown account."""
    account = db.session.get(Account, account_id, with_for_update={"key_share": True})
    if account is None:
        raise LookupError(f"no account {account_id}")
    account.settings = settings.model_dump(mode="json", exclude_unset=True)
    if account.country != settings.country:
        account.phonebook_sync_at = None  # the same numbers have other keys: all are read again at once
    account.country, account.language = settings.country, settings.language


def secret_for(stored: AccountPbx | None, pbx: PbxSetting) -> str | None:
    """The one given, or the stored one, which never goes to another address or user, nor behind another certificate,
    than it was given for."""
    if pbx.secret:
        return pbx.secret.get_secret_value()
    is_same = stored and all(getattr(stored, name) == getattr(pbx, name) for name in OF_SECRET)
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
    if is_held or row.link is LineState.NEVER:
        told = (str(row.link), row.link_reason, row.link_trouble, row.link_detail)
    else:
        told = (str(LineState.DOWN), "no pbx process holds the line", "nobody", "")
    return dict(zip(("link", "link_reason", "link_trouble", "link_detail"), told, strict=True))
