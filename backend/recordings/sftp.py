"""Recordings on a server reached by SSH, as files. The server is known by its key's fingerprint alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import BinaryIO, TypeVar

import asyncssh

from backend.pbx.address import Networks
from backend.recordings.path import path_of
from backend.recordings.reach import LONGEST, TO_CONNECT, Address, ip_of
from backend.recordings.sources import Fetched, NotYet, SourceError, SourceNeedsPerson, Unreachable

CHUNK = 256 * 1024
PRIVATE_KEY = "PRIVATE KEY-----"  # in the first line of each of its forms

T = TypeVar("T")


class _Known(asyncssh.SSHClient):
    """Takes the server with this key, and remembers which it showed."""

    def __init__(self, fingerprint: str | None) -> None:
        self.wanted, self.shown = fingerprint, ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = key.get_fingerprint()
        return self.shown == self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpSource:
    """`secret` is a password or a private key. Without `host_key` nobody is trusted, but the key shown is told."""

    address: Address
    allowed: Networks
    username: str
    secret: str = field(repr=False)
    host_key: str | None
    template: str
    zone: tzinfo
    longest: float = LONGEST

    def fetch(self, name: str, into: BinaryIO) -> Fetched:
        path = path_of(name, self.template, self.zone)
        count = self._within(lambda client: _copied(client, "/".join((self.address.path, *path)), into))
        return Fetched(name=path[-1], bytes=count)

    def try_out(self) -> None:
        """Whether we are let in and the folder is there."""
        self._within(lambda client: _looked_into(client, self.address.path or "/"))

    def _within(self, errand: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        """In a loop of its own, for whoever asks is a thread. Raises SourceError."""
        ip = ip_of(self.address, self.allowed)

        async def run() -> T:
            async with asyncio.timeout(self.longest), self._opened(ip) as client:
                return await errand(client)

        try:
            return asyncio.run(run())
        except TimeoutError as error:
            raise Unreachable("the server did not answer in time", kind="silent") from error
        except OSError as error:
            why = error.strerror or str(error)
            raise Unreachable(f"no connection: {why}", kind="no_connection", detail=why) from error
        except asyncssh.Error as error:
            raise _told(error) from error

    @asynccontextmanager
    async def _opened(self, ip: str) -> AsyncIterator[asyncssh.SFTPClient]:
        known = _Known(self.host_key)
        keys = [_key(self.secret)] if PRIVATE_KEY in self.secret else []
        options = asyncssh.SSHClientConnectionOptions(
            client_factory=lambda: known, known_hosts=([], [], []), username=self.username, config=[],
            client_keys=keys or None, password=None if keys else self.secret, agent_path=None, x509_trusted_certs=None,
            preferred_auth="publickey" if keys else "password,keyboard-interactive", gss_host=None,
            connect_timeout=TO_CONNECT, login_timeout=TO_CONNECT, compression_algs=["none"],
        )  # fmt: skip
        try:
            async with (
                asyncssh.connect(ip, self.address.port, options=options) as connection,
                connection.start_sftp_client() as client,
            ):
                yield client
        except asyncssh.HostKeyNotVerifiable as error:
            kind = "other_host_key" if self.host_key else "no_host_key"
            raise SourceNeedsPerson(
                "the server's key is not the one that is set", kind=kind, detail=known.shown
            ) from error


async def _copied(client: asyncssh.SFTPClient, path: str, into: BinaryIO) -> int:
    count = 0
    async with client.open(path, "rb") as file:
        while chunk := await file.read(CHUNK):
            assert isinstance(chunk, bytes)  # as the file was opened
            into.write(chunk)
            count += len(chunk)
    if not count:
        raise NotYet("the file is empty", kind="absent")
    return count


async def _looked_into(client: asyncssh.SFTPClient, folder: str) -> None:
    if not await client.isdir(folder):
        raise SourceNeedsPerson("the folder of the address is not there", kind="no_folder", detail=folder)


def _key(text: str) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(text.strip() + "\n")
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        words = "the private key cannot be read; it must be without a passphrase"
        raise SourceNeedsPerson(words, kind="bad_key") from error


def _told(error: asyncssh.Error) -> SourceError:
    match error:
        case asyncssh.PermissionDenied():
            return SourceNeedsPerson("the server refuses the user, his password or key", kind="wrong_login")
        case asyncssh.SFTPNoSuchFile() | asyncssh.SFTPNoSuchPath():
            return NotYet("there is no such file", kind="absent")
        case asyncssh.SFTPPermissionDenied():
            return SourceNeedsPerson("the user may not read the file", kind="forbidden")
    return Unreachable(f"the server broke off: {type(error).__name__}", kind="lost")
