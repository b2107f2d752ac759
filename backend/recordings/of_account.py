"""Which source an account has."""

from __future__ import annotations

from typing import Protocol
from zoneinfo import ZoneInfo

from flask import current_app

from backend.pbx.address import allowed_networks
from backend.recordings.reach import LONGEST, address_of
from backend.recordings.sftp import SftpSource
from backend.recordings.sources import Awaited, Source
from backend.recordings.web import AriSource, WebServer, WebSource
from backend.store.recordings import access
from backend.store.settings import settings
from backend.store.settings.recordings import RecordingsSetting, SourceKind


class Tried(Source, Protocol):
    """A source that can also be tried before any recording is known."""

    def try_out(self) -> None:
        """Raises SourceError where it would never give a file."""
        ...


def source_of(account_id: int, longest: float = LONGEST) -> Tried | Awaited | None:
    """As it is set now; None where nothing is set. `longest` are seconds of each question. Raises LookupError."""
    chosen = settings.read(account_id)
    if chosen.recordings.source is SourceKind.PUSH:
        return Awaited()
    secret = access.secret_for(account_id, chosen.recordings)
    return made(account_id, chosen.recordings, secret, ZoneInfo(chosen.zone), longest)


def made(
    account_id: int, setting: RecordingsSetting, secret: str | None, zone: ZoneInfo, longest: float = LONGEST
) -> Tried | None:
    """Of settings that need not be stored."""
    if setting.source in (SourceKind.NONE, SourceKind.PUSH) or setting.url is None:
        return None
    address = address_of(setting.url, setting.certificate)
    allowed = allowed_networks(current_app.config["PBX_NETWORKS"]).of(account_id)
    if setting.source is SourceKind.SFTP:
        return SftpSource(
            address=address, allowed=allowed, username=setting.username or "", secret=secret or "",
            host_key=setting.host_key, template=setting.path, zone=zone, longest=longest,
        )  # fmt: skip
    server = WebServer(address=address, allowed=allowed, username=setting.username, secret=secret, longest=longest)
    kind = AriSource if setting.source is SourceKind.ARI else WebSource
    return kind(server=server, template=setting.path, zone=zone)
