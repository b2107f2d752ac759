"""An SSH server over a folder, as a PBX's own gives its files, on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import asyncssh

USER, PASSWORD = "recordings", "Пароль s3cret"


@cache
def key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


@dataclass
class Ssh:
    port: int
    host_key: str
    logins: int = 0

    @property
    def url(self) -> str:
        return f"sftp://127.0.0.1:{self.port}/monitor"


class _Server(asyncssh.SSHServer):
    def __init__(self, ssh: Ssh, talking: list[asyncssh.SSHServerConnection]) -> None:
        self._ssh = ssh
        self._talking = talking

    def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
        self._talking.append(connection)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._ssh.logins += 1
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, shown: asyncssh.SSHKey) -> bool:
        return username == USER and shown.public_data == key().public_data


@contextmanager
def ssh_over(folder: Path) -> Iterator[Ssh]:
    """`folder` is the server's root."""
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    ssh = Ssh(port=0, host_key=host_key.get_fingerprint())
    talking: list[asyncssh.SSHServerConnection] = []

    async def serve() -> None:
        async with asyncssh.listen(
            "127.0.0.1", 0, server_factory=lambda: _Server(ssh, talking), server_host_keys=[host_key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder)),
        ) as listening:  # fmt: skip
            ssh.port = listening.get_port()
            ready.set()
            await stop.wait()
        for each in talking:
            each.close()
            await each.wait_closed()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait(10)
    try:
        yield ssh
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
