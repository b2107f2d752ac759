"""The settings of callbacks: the sites that may ask for one, whom to ring, how often, when, and how many at most."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from backend.calls.rules.callback_plan import CallbackPlan, Site
from backend.calls.rules.hours import QuietHours
from backend.store.settings.parts import SettingsPart, StageSetting
from backend.store.settings.values import AllowedPrefix, Id, Text

MOST_SITES = 50
LONGEST_HOST = 253


def _of_address(value: object) -> object:
    """People paste a page's whole address."""
    if not isinstance(value, str) or "://" not in value:
        return value
    return value.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]


def _site_host(value: str) -> str:
    """As browsers name it in `Origin`: lower case, `пример.рф` in its ASCII form."""
    try:
        name = value.encode("idna").decode().lower()
    except UnicodeError:
        raise PydanticCustomError("site_host", "not the name of a site") from None
    if len(name) > LONGEST_HOST:
        raise PydanticCustomError("site_host", "not the name of a site")
    return name


Target = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{1,10}$")]
SiteKey = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_\-]{16,64}$")]
SiteHost = Annotated[
    str,
    BeforeValidator(_of_address),
    StringConstraints(strip_whitespace=True, max_length=LONGEST_HOST, pattern=r"^(\*\.)?[\w]([\w.\-]*[\w])?$"),
    AfterValidator(_site_host),
]
Parameter = Annotated[Text, StringConstraints(max_length=100)]
Department = Annotated[Text, StringConstraints(max_length=100)]
Sound = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[0-9A-Za-z_\-]+(/[0-9A-Za-z_\-]+)*$")
]
Hour = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Choice(StrEnum):
    """Whom to ring, by what is known of a request."""

    RESPONSIBLE = "responsible"
    DEPARTMENT = "department"
    SITE = "site"
    DEFAULT = "default"


class SiteSetting(SettingsPart):
    """One site; `key` was made by us and stands in its pages. `hosts` are the names its pages have in a browser,
    `*.example.com` also every name below; none: only its server may ask."""

    key: SiteKey
    name: Text
    hosts: tuple[SiteHost, ...] = Field((), max_length=20)
    target: Target | None = None
    stage: StageSetting | None = None
    departments: dict[Department, Target] = Field(default_factory=dict, max_length=50)

    def to_site(self) -> Site:
        return Site(
            name=self.name, target=self.target, departments=self.departments,
            stage=self.stage.to_stage() if self.stage else None,
        )  # fmt: skip

    def has_host(self, host: str) -> bool:
        """`host` as a browser tells it in `Origin`, without its port."""
        return any(host == each or (each.startswith("*.") and host.endswith(each[1:])) for each in self.hosts)


class Limits(SettingsPart):
    """Of one hour, but `in_flight`: how many requests are rung at once, the others wait."""

    number: int = Field(5, ge=1, le=1000, strict=True)
    address: int = Field(10, ge=1, le=10_000, strict=True)
    site: int = Field(300, ge=1, le=100_000, strict=True)
    account: int = Field(600, ge=1, le=100_000, strict=True)
    in_flight: int = Field(10, ge=1, le=1000, strict=True)


class QuietHoursSetting(SettingsPart):
    """On the account's clock; `until` before `since` is of the next day."""

    since: Hour
    until: Hour

    @field_validator("until")
    @classmethod
    def _has_an_end(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("since"):
            raise PydanticCustomError("quiet", "the quiet hours have no end")
        return value

    def to_hours(self) -> QuietHours:
        return QuietHours(since=time.fromisoformat(self.since), until=time.fromisoformat(self.until))


class CallbackSetting(SettingsPart):
    """A client who does not answer is tried `tries_of_client` times more. `fields`: parameters of a form that go into
    custom fields of the lead, by id. `allowed` empty: as for calls by click (`dial.allowed`). `notice` is a sound
    of the PBX that the employee hears before the client is dialled."""

    sites: tuple[SiteSetting, ...] = Field((), max_length=MOST_SITES)
    order: tuple[Choice, ...] = Field(tuple(Choice), min_length=1, max_length=4)
    target: Target | None = None
    again_seconds: int = Field(30, ge=1, le=600, strict=True)
    again_client_seconds: int = Field(60, ge=1, le=600, strict=True)
    whole_seconds: int = Field(600, ge=5, le=7200, strict=True)
    tries_of_client: int = Field(2, ge=0, le=5, strict=True)
    one_within_seconds: int = Field(60, ge=0, le=3600, strict=True)
    quiet: QuietHoursSetting | None = None
    allowed: tuple[AllowedPrefix, ...] = Field((), max_length=1000)
    limits: Limits = Field(default_factory=lambda: Limits.model_validate({}))
    notice: Sound | None = None
    fields: dict[Parameter, Id] = Field(default_factory=dict, max_length=100)

    def to_plan(self) -> CallbackPlan:
        return CallbackPlan(
            sites={each.key: each.to_site() for each in self.sites}, order=tuple(each.value for each in self.order),
            target=self.target, again=self.again_seconds, again_client=self.again_client_seconds,
            tries_of_client=self.tries_of_client, fields=self.fields,
        )  # fmt: skip

    def site(self, key: str) -> SiteSetting | None:
        return next((each for each in self.sites if each.key == key), None)
