"""Settings: the environment, read once; what a small server made for itself (its database, its key) fills the gaps."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from backend.pbx.address import Networks, allowed_networks, networks

REDIRECT_PATH = "/oauth/amocrm"  # amoCRM compares the redirect_uri literally (docs/amocrm-contract.md §1.1)
MAKE_KEY = "make one with `python -m backend secret-key` and set SECRET_KEYS to it"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
PRIVATE = "127.0.0.0/8, ::1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7"
EVERYWHERE = "0.0.0.0"


class StartError(Exception):
    """Something a person must put right before the program can start; its text is the whole message."""


class Settings(BaseModel):
    """Every setting, by its environment name in lower case. Secrets never show in its repr."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    database_url: str = Field(repr=False)
    """SQLAlchemy's address with the psycopg driver; `postgres://` is understood, `sslmode` and the like are kept."""
    secret_keys: tuple[str, ...] = Field(repr=False)
    """Fernet keys: the first encrypts, all decrypt."""
    amocrm_client_id: str = ""
    amocrm_client_secret: str = Field("", repr=False)
    public_url: str = "http://localhost:8000"
    """Where browsers and amoCRM reach `web`; https except on this machine."""
    sandbox_host_suffix: str = ""
    """Demo and tests: an account host may also end in this, such as `localhost:8400`, and is spoken to without TLS."""
    data_dir: Path = Path("var")
    port: int = Field(8000, ge=1, le=65535)
    web_concurrency: int = Field(2, ge=1, le=64)
    worker_concurrency: int = Field(8, ge=1, le=256)
    web_connections: int = Field(4, ge=3, le=100)
    """Database connections of one `web` worker, its listening one included; the same for the next two."""
    pbx_connections: int = Field(3, ge=2, le=100)
    worker_connections: int = Field(7, ge=6, le=100)
    recordings_url: str = Field("", pattern=r"^(s3://[a-z0-9][a-z0-9.-]+(/[\w./-]*)?)?$")
    """Where recordings are kept: a bucket as `s3://bucket/prefix`; empty: the folder `recordings` in DATA_DIR."""
    keep_free_gigabytes: int = Field(2, ge=0, le=100_000)
    """No recording is fetched while the disk has less room than this."""
    aws_access_key_id: str = Field("", repr=False)
    """Of the bucket, unless the machine has a role of its own; the next three too. `aws_endpoint_url`: of a service
    other than Amazon's."""
    aws_secret_access_key: str = Field("", repr=False)
    aws_region: str = "us-east-1"
    aws_endpoint_url: str = Field("", pattern=r"^(https?://[^/@?#]+/?)?$")
    pbx_networks: str = ""
    """Private networks in which accounts may have their PBX, as `31000777=10.8.0.0/24, 192.168.1.5`: the first of one
    account alone, the second of all; others must be public."""
    support_email: str = Field("", max_length=200, pattern=r"^([^@\s]+@[^@\s]+)?$")
    """Whom the page of help names; the next too."""
    support_phone: str = Field("", max_length=40, pattern=r"^[0-9+() \-]*$")
    bind: str = Field("", pattern=r"^[0-9A-Za-z.:\-\[\]]{0,255}$")
    """The address that `web` listens at; empty: this machine's own under `all`, every one for `web` alone."""
    trusted_proxies: str = ""
    """Addresses and networks of proxies before `web` whose X-Forwarded-For is believed, as `127.0.0.1, 10.0.0.0/8`. A
    number, as 0.3 had it, is any proxy on this machine or in a private network."""
    metrics_token: str = Field("", repr=False, pattern=r"^([!-~]{16,200})?$")
    """Who may read `/metrics`: a bearer of this. Without it nobody may."""
    log_format: Literal["json", "text"] = "text"

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, value: str) -> str:
        return normalise_database_url(value)

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: Any) -> Any:
        return tuple(key.strip() for key in value.split(",") if key.strip()) if isinstance(value, str) else value

    @field_validator("secret_keys")
    @classmethod
    def _fernet_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        if not keys:
            raise ValueError(f"no key: {MAKE_KEY}")
        for number, key in enumerate(keys, start=1):
            _check_key(number, key)
        return keys

    @field_validator("public_url")
    @classmethod
    def _public_address(cls, value: str) -> str:
        url = urlsplit(value)
        if not url.hostname or url.path.strip("/") or url.query:
            raise ValueError("must be an address without a path, such as https://phone.example.com")
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in LOOPBACK):
            raise ValueError("must begin with https://")
        return value.rstrip("/")

    @field_validator("pbx_networks")
    @classmethod
    def _pbx_networks(cls, value: str) -> str:
        allowed_networks(value)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: str) -> str:
        networks("" if value.isdigit() else value)
        return value

    @property
    def redirect_uri(self) -> str:
        """Where amoCRM sends the authorisation code; must stand so in the integration's own settings."""
        return self.public_url + REDIRECT_PATH

    @property
    def proxies(self) -> Networks:
        """Whose X-Forwarded-For is believed."""
        if self.trusted_proxies.isdigit():
            return networks(PRIVATE) if int(self.trusted_proxies) else []
        return networks(self.trusted_proxies)

    @property
    def libpq_url(self) -> str:
        """The same database for psycopg itself."""
        return self.database_url.replace("postgresql+psycopg://", "postgresql://", 1)

    @property
    def connections(self) -> int:
        """Database connections of one `web`, one `pbx` and one `worker` together."""
        return self.web_connections * self.web_concurrency + self.pbx_connections + self.worker_connections


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. StartError names every setting that is missing or wrong, never its value."""
    values = _known(os.environ if environ is None else environ)
    data_dir = Path(values.get("data_dir", Settings.model_fields["data_dir"].default))
    for name, file in (("database_url", database_url_file(data_dir)), ("secret_keys", secret_key_file(data_dir))):
        if name not in values and file.is_file():
            values[name] = _read(file)
    if "port" in values:  # on this machine alone; anywhere else PUBLIC_URL is given
        values.setdefault("public_url", f"http://localhost:{values['port']}")
    try:
        return Settings.model_validate(values)
    except ValidationError as problem:
        raise StartError("; ".join(map(_in_words, problem.errors()))) from None


def database_url_file(data_dir: Path) -> Path:
    """Where `all` leaves the address of its embedded PostgreSQL, for as long as that runs."""
    return data_dir / "database-url"


def secret_key_file(data_dir: Path) -> Path:
    """Where `all` keeps the key it made for itself when SECRET_KEYS is not set."""
    return data_dir / "secret-key"


def new_secret_key() -> str:
    """A fresh key for SECRET_KEYS."""
    return Fernet.generate_key().decode()


def keep_secret_key(data_dir: Path) -> None:
    """Make the embedded set-up's own key once; its file is its owner's alone."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise StartError(f"DATA_DIR {data_dir} cannot be made: {wrong.strerror}") from None
    if not secret_key_file(data_dir).exists():
        write_private(secret_key_file(data_dir), new_secret_key())


def write_private(file: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(text)
    new.replace(file)


def normalise_database_url(value: str) -> str:
    """Platforms say `postgres://`; SQLAlchemy wants the driver named. ValueError for any other database."""
    scheme, separator, rest = value.strip().partition("://")
    if scheme not in ("postgres", "postgresql", "postgresql+psycopg") or not separator:
        raise ValueError("must begin with postgresql://")
    try:
        make_url(address := f"postgresql+psycopg://{rest}")
    except (ArgumentError, ValueError):
        raise ValueError("must look like postgresql://user:password@host:5432/name") from None
    return address


def _known(environ: Mapping[str, str]) -> dict[str, Any]:
    return {name: environ[name.upper()] for name in Settings.model_fields if environ.get(name.upper(), "").strip()}


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as problem:
        raise StartError(f"{file} cannot be read ({problem.strerror}): run as the user who started `all`") from None


def _check_key(number: int, key: str) -> None:
    try:
        Fernet(key)
    except ValueError:
        raise ValueError(f"key {number} is not a Fernet key: {MAKE_KEY}") from None


MISSING = {
    "database_url": "is not set and no embedded PostgreSQL runs here: set it, or start `python -m backend all`",
    "secret_keys": f"is not set: {MAKE_KEY}",
}

SHAPES = {
    "bind": "must be an address of this machine, such as 127.0.0.1",
    "recordings_url": "must look like s3://bucket/prefix",
    "aws_endpoint_url": "must look like https://storage.example.com",
    "support_email": "must be an address such as help@example.com",
    "support_phone": "must be a telephone number",
    "metrics_token": "must have 16 to 200 letters, digits and signs, no spaces",
}


def _in_words(error: Any) -> str:
    name = str(error["loc"][0])
    words = {"missing": MISSING, "string_pattern_mismatch": SHAPES}.get(error["type"], {})
    return f"{name.upper()}: {words.get(name) or error['msg'].removeprefix('Value error, ')}"
