"""A source tried by an administrator: whether its server is reached, lets us in, and has the newest recording."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO, cast

from backend.recordings.of_account import Tried, source_of
from backend.recordings.sources import Awaited, SourceError
from backend.store import db
from backend.store.recordings import access, objects

LONGEST = 8.0  # seconds of each of the two questions

LOGIN = frozenset({"wrong_login", "bad_key"})
FILES = frozenset({"no_folder", "absent", "page", "bad_name", "forbidden"})
HOST_KEYS = frozenset({"no_host_key", "other_host_key"})


class CheckedStep(StrEnum):
    ADDRESS = "address"
    LOGIN = "login"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """`kind` is a key of whoever has the words; `state` is ok, warn or fail."""

    what: str
    state: str
    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    lines: tuple[CheckLine, ...]
    host_key: str | None = None
    """What an SSH server showed that is not trusted yet."""


class _Enough(Exception):
    """The file is there."""


class _Glance:
    """Takes a file's beginning."""

    def write(self, piece: Any) -> int:
        raise _Enough


def tried(source: Tried, name: str | None) -> Trial:
    """`name` is that of the newest recording, where there is any."""
    try:
        source.try_out()
    except SourceError as error:
        return _failed(error)
    return Trial(lines=(_ok(CheckedStep.ADDRESS), _ok(CheckedStep.LOGIN), _looked_for(source, name)))


def tried_as_stored(account_id: int) -> CheckLine | None:
    """How far the account's own source is in order; None where it has none. Raises LookupError."""
    source = source_of(account_id, LONGEST)
    if source is None:
        return None
    if isinstance(source, Awaited):
        return pushed(account_id)
    name = access.newest_name(account_id)
    db.session.rollback()  # no transaction waits for a PBX
    return tried(source, name).lines[-1]


def pushed(account_id: int) -> CheckLine:
    """Of an account whose PBX sends its recordings itself."""
    last = objects.last_part(account_id)
    kind, state = ("pushed", "ok") if last else ("not_pushed", "warn")
    return CheckLine(what=CheckedStep.FILE, state=state, kind=kind, detail=last or "")


def _looked_for(source: Tried, name: str | None) -> CheckLine:
    if name is None:
        return CheckLine(what=CheckedStep.FILE, state="warn", kind="unnamed")
    try:
        source.fetch(name, cast(BinaryIO, _Glance()))
    except _Enough:
        return CheckLine(what=CheckedStep.FILE, state="ok", kind="works", detail=name)
    except SourceError as error:
        return CheckLine(what=CheckedStep.FILE, state="fail", kind=error.kind, detail=error.detail or name)
    return CheckLine(what=CheckedStep.FILE, state="ok", kind="works", detail=name)


def _failed(error: SourceError) -> Trial:
    what = (
        CheckedStep.LOGIN if error.kind in LOGIN else CheckedStep.FILE if error.kind in FILES else CheckedStep.ADDRESS
    )
    before = tuple(_ok(each) for each in CheckedStep)[: list(CheckedStep).index(what)]
    failure = CheckLine(what=what, state="fail", kind=error.kind, detail=error.detail)
    return Trial(lines=(*before, failure), host_key=error.detail if error.kind in HOST_KEYS else None)


def _ok(what: CheckedStep) -> CheckLine:
    return CheckLine(what=what, state="ok", kind="works")
