"""The settings of recordings: where they come from, and how long they are kept."""

from __future__ import annotations

import re
from enum import StrEnum
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from backend.store.settings.parts import SettingsPart
from backend.store.settings.values import Certificate, Text

FREEPBX = "{year}/{month}/{day}/{name}"
"""FreePBX's path of a recording, below its folder `monitor`."""
PLACES = frozenset({"name", "stem", "year", "month", "day"})
PORTS = {"http": 80, "https": 443, "sftp": 22}
PRIVILEGED = 1024  # ports below are for mail, names, files: recordings are only served at those in PORTS
_URL = re.compile(
    r"(?P<scheme>https?|sftp)://(?P<host>[0-9a-z]([0-9a-z.-]{0,251}[0-9a-z])?|\[[0-9a-f:.]{2,45}\])"
    r"(:(?P<port>[0-9]{1,5}))?(?P<path>(/[0-9A-Za-z._~@+=,:-]*)*)"
)
_ABOVE = re.compile(r"(^|/)\.\.?(/|$)")


class SourceKind(StrEnum):
    """PUSH: the PBX sends each recording after its call."""

    NONE = "none"
    HTTP = "http"
    ARI = "ari"
    SFTP = "sftp"
    PUSH = "push"


SCHEMES = {SourceKind.HTTP: ("http", "https"), SourceKind.ARI: ("http", "https"), SourceKind.SFTP: ("sftp",)}


def _url(value: str) -> str:
    """Scheme and host in lower case, without a trailing slash; nothing that two parsers may read differently."""
    scheme, _, rest = value.partition("://")
    host, slash, path = rest.partition("/")
    if "@" in host:
        raise PydanticCustomError("url_user", "the user's name and secret have fields of their own")
    found = _URL.fullmatch(f"{scheme.lower()}://{_ascii(host)}{slash}{path}".rstrip("/"))
    if found is None or _ABOVE.search(found["path"]):
        raise PydanticCustomError("url", "not an address such as https://pbx.example.com/monitor")
    port = int(found["port"] or PORTS[found["scheme"]])
    if not (port in PORTS.values() or PRIVILEGED <= port <= 65535):
        raise PydanticCustomError("url_port", "this port cannot be used")
    return found[0]


def _ascii(host: str) -> str:
    """`пример.рф` in the form used for lookups."""
    try:
        return host.lower() if host.isascii() else host.encode("idna").decode().lower()
    except UnicodeError:
        return host


def _path(value: str) -> str:
    try:
        parts = list(Formatter().parse(value))
    except ValueError:
        parts = [("", "broken", "", None)]
    names = [name for _, name, _, _ in parts if name is not None]
    is_plain = all(not spec and conversion is None for _, name, spec, conversion in parts if name is not None)
    if not is_plain or not PLACES.issuperset(names) or len({"name", "stem"} & set(names)) != 1:
        raise PydanticCustomError("recording_path", "must hold {{name}} or {{stem}}, and may hold year, month and day")
    if value.startswith("/") or "//" in value or _ABOVE.search(value):
        raise PydanticCustomError("recording_path_above", "must lead below the address")
    return value


def _no_nul(value: SecretStr) -> SecretStr:
    """A private key has line breaks, and no other control characters."""
    if any((ord(letter) < 32 and letter not in "\r\n\t") or ord(letter) == 127 for letter in value.get_secret_value()):
        raise PydanticCustomError("string_pattern_mismatch", "has characters that are not allowed")
    return value


Url = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_url)]
Path = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[0-9A-Za-z._~@+=,:{}/ \-]+$"),
    AfterValidator(_path),
]
HostKey = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^SHA256:[0-9A-Za-z+/]{43}$")]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=20_000), AfterValidator(_no_nul)]


class RecordingsSetting(SettingsPart):
    """`secret` is write-only: `store.recordings.access` keeps it. `days_kept` None: forever.
    `link_days`: for how long after its call a link works; None: as long as the recording is kept. `most_gigabytes` is
    the limit for all of the account's recordings."""

    source: SourceKind = SourceKind.NONE
    url: Url | None = Field(None, validate_default=True)
    path: Path = FREEPBX
    username: Text | None = Field(None, validate_default=True)
    secret: Secret | None = Field(None, exclude=True)
    certificate: Certificate | None = None
    host_key: HostKey | None = None
    days_kept: int | None = Field(365, ge=1, le=3650, strict=True)
    link_days: int | None = Field(None, ge=1, le=3650, strict=True)
    most_gigabytes: int = Field(100, ge=1, le=100_000, strict=True)

    @field_validator("url")
    @classmethod
    def _fits_the_source(cls, value: str | None, info: ValidationInfo) -> str | None:
        schemes = SCHEMES.get(info.data.get("source", SourceKind.NONE))
        if schemes and value is None:
            raise PydanticCustomError("missing", "is required")
        if schemes and value and value.partition("://")[0] not in schemes:
            raise PydanticCustomError("url_scheme", "must begin with {schemes}", {"schemes": ", ".join(schemes)})
        return value

    @field_validator("username")
    @classmethod
    def _names_somebody(cls, value: str | None, info: ValidationInfo) -> str | None:
        source = info.data.get("source")
        if source in (SourceKind.ARI, SourceKind.SFTP) and value is None:
            raise PydanticCustomError("missing", "is required")
        if source in (SourceKind.ARI, SourceKind.HTTP) and value and ":" in value:
            raise PydanticCustomError("string_pattern_mismatch", "Basic ends a user's name with a colon")
        return value

    @field_validator("secret")
    @classmethod
    def _is_one_line(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Except for a private key: a web server gets the secret in a header."""
        if value and info.data.get("source") != SourceKind.SFTP and not value.get_secret_value().isprintable():
            raise PydanticCustomError("string_pattern_mismatch", "has characters that are not allowed")
        return value

    @property
    def secret_place(self) -> str:
        """Where and to whom the secret may be sent: it is never sent anywhere else."""
        scheme, _, rest = (self.url or "").partition("://")
        return f"{self.source} {scheme}://{rest.partition('/')[0]} {self.username or ''}"

    @property
    def needs_secret(self) -> bool:
        return self.source in (SourceKind.ARI, SourceKind.SFTP) or (
            self.source is SourceKind.HTTP and self.username is not None
        )
