"""Types of settings' values, each with its own error."""

from __future__ import annotations

from string import Formatter
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from cryptography.x509 import load_pem_x509_certificate
from pydantic import AfterValidator, Field, SecretStr, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from backend.calls.numbers import phones
from backend.calls.tracking.patterns import BadPattern, compile_pattern
from backend.words import LANGUAGES

STORED = {"stored": True}  # pydantic's context for what an earlier version accepted


def _pattern(value: str, info: ValidationInfo) -> str:
    """A regular expression of RE2. One that is stored is kept as it is, for its user to see and to change."""
    if info.context is STORED:
        return value
    try:
        compile_pattern(value)
    except BadPattern as error:
        raise PydanticCustomError("pattern", "not a regular expression: {why}", {"why": str(error)}) from None
    return value


def _template(value: str) -> str:
    try:
        parts = list(Formatter().parse(value))
    except ValueError:
        parts = [("", "broken", "", None)]
    if any(name is not None and (name, spec, conversion) != ("phone", "", None) for _, name, spec, conversion in parts):
        raise PydanticCustomError("template", "only {{phone}} may stand in braces")
    return value


def _country(value: str) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise PydanticCustomError("country", "not a country's two letters, such as RU")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is not a zone either
        raise PydanticCustomError("zone", "not a time zone") from None
    return value


def _phone(value: str) -> str:
    if sum(letter.isdigit() for letter in value) < phones.SHORTEST_OUTSIDE:
        raise PydanticCustomError("phone", "not a telephone number")
    return value


def _one_line(value: SecretStr) -> SecretStr:
    """A line break in it would start another header of the login."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value.get_secret_value()):
        raise PydanticCustomError("string_pattern_mismatch", "has characters that are not allowed")
    return value


def _certificate(value: str) -> str:
    try:
        if "\0" in value:
            raise ValueError(value)
        load_pem_x509_certificate(value.encode())
    except ValueError:
        raise PydanticCustomError("certificate", "not a certificate in PEM") from None
    return value


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise PydanticCustomError("enum", "one of: {expected}", {"expected": ", ".join(LANGUAGES)})
    return value


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
]
Pattern = Annotated[Text, AfterValidator(_pattern)]
Template = Annotated[Text, AfterValidator(_template)]
Country = Annotated[str, StringConstraints(to_upper=True), AfterValidator(_country)]
Phone = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9+(). *#\-]{0,32}$"), AfterValidator(_phone)
]
Extension = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z_\-]{1,32}$")]
Host = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=253, pattern=r"^[0-9A-Za-z_:]([0-9A-Za-z_.:\-]*[0-9A-Za-z])?$"),
]
Certificate = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_certificate)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Id = Annotated[int, Field(gt=0, le=2**53, strict=True)]
Language = Annotated[str, AfterValidator(_language)]
Zone = Annotated[Text, AfterValidator(_zone)]

ChannelTemplate = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=100,
        pattern=r"^[A-Za-z0-9]{1,20}/[0-9A-Za-z_.@/:\-]{0,40}\{extension\}[0-9A-Za-z_.@/:\-]{0,40}$",
    ),
]
Context = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z_\-]{1,79}$")]
DialPrefix = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9*#]{0,8}$")]
AllowedPrefix = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9]{1,15}$")]
