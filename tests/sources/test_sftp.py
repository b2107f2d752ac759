"""Recordings reached by SSH: who we are, whom we trust, and what each trouble is."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import asyncssh
import pytest

from backend.pbx.address import networks
from backend.recordings.reach import address_of
from backend.recordings.sftp import SftpSource
from backend.recordings.sources import NotYet, SourceError, SourceNeedsPerson, Unreachable

from .servers import speaker
from .ssh import PASSWORD, USER, Ssh, key, ssh_over
from .test_web import NAME

AUDIO = b"RIFF" + bytes(range(256)) * 3000


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ssh]:
    folder = tmp_path_factory.mktemp("pbx")
    day = folder / "monitor/2026/11/23"
    day.mkdir(parents=True)
    (day / NAME).write_bytes(AUDIO)
    (day / "empty-20261123.wav").touch()
    (folder / "secret-20261123.wav").write_bytes(b"not to be seen")
    with ssh_over(folder) as ssh:
        yield ssh


def source(ssh: Ssh, **changes: Any) -> SftpSource:
    values = {
        "address": address_of(ssh.url), "allowed": networks("127.0.0.0/8"), "username": USER, "secret": PASSWORD,
        "host_key": ssh.host_key, "template": "{year}/{month}/{day}/{name}", "zone": ZoneInfo("Europe/Moscow"),
    }  # fmt: skip
    return SftpSource(**{**values, **changes})


def private(key: asyncssh.SSHKey, form: str = "openssh", **more: str) -> str:
    return key.export_private_key(form, **more).decode()


@pytest.mark.parametrize("by", ["password", "openssh", "pkcs8-pem"])
def test_a_file_is_got(ssh: Ssh, by: str) -> None:
    into = io.BytesIO()
    secret = PASSWORD if by == "password" else private(key(), by)
    mine = source(ssh, secret=secret)
    mine.try_out()
    assert mine.fetch(NAME, into).bytes == len(AUDIO)
    assert into.getvalue() == AUDIO


def trouble(source: SftpSource, name: str = NAME) -> tuple[type[SourceError], str, str]:
    with pytest.raises(SourceError) as told:
        source.fetch(name, io.BytesIO())
    assert PASSWORD not in str(told.value)
    return type(told.value), told.value.kind, told.value.detail


def test_each_trouble_is_told_apart(ssh: Ssh) -> None:
    assert trouble(source(ssh), "x-20261123.wav") == (NotYet, "absent", "")
    assert trouble(source(ssh), "empty-20261123.wav") == (NotYet, "absent", "")
    assert trouble(source(ssh, template="{name}"), "../secret-20261123.wav")[:2] == (NotYet, "bad_name")
    assert trouble(source(ssh, secret="wrong"))[:2] == (SourceNeedsPerson, "wrong_login")
    assert trouble(source(ssh, username="root"))[:2] == (SourceNeedsPerson, "wrong_login")
    assert trouble(source(ssh, secret="-----BEGIN PRIVATE KEY-----\nx"))[:2] == (SourceNeedsPerson, "bad_key")
    assert trouble(source(ssh, allowed=()))[:2] == (SourceNeedsPerson, "not_allowed")


def test_another_key_or_one_with_a_passphrase_opens_nothing(ssh: Ssh) -> None:
    another = asyncssh.generate_private_key("ssh-ed25519")
    assert trouble(source(ssh, secret=private(another)))[:2] == (SourceNeedsPerson, "wrong_login")
    locked = private(key(), "pkcs8-pem", passphrase="x")
    assert trouble(source(ssh, secret=locked))[:2] == (SourceNeedsPerson, "bad_key")


@pytest.mark.parametrize(("set_key", "kind"), [(None, "no_host_key"), (f"SHA256:{'A' * 43}", "other_host_key")])
def test_a_server_that_is_not_known_is_told_no_password(ssh: Ssh, set_key: str | None, kind: str) -> None:
    before = ssh.logins
    assert trouble(source(ssh, host_key=set_key)) == (SourceNeedsPerson, kind, ssh.host_key)
    assert ssh.logins == before


def test_a_missing_folder_is_told(ssh: Ssh) -> None:
    with pytest.raises(SourceNeedsPerson) as told:
        source(ssh, address=address_of(ssh.url + "/nowhere")).try_out()
    assert (told.value.kind, told.value.detail) == ("no_folder", "/monitor/nowhere")


def test_what_is_no_ssh_server_and_what_is_silent(ssh: Ssh) -> None:
    def web(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with speaker(web) as server:
        assert trouble(source(ssh, address=address_of(f"sftp://127.0.0.1:{server.port}")))[0] is Unreachable
    with speaker(lambda connection: connection.recv(1000) and connection.recv(1000)) as server:
        found = trouble(source(ssh, longest=0.2, address=address_of(f"sftp://127.0.0.1:{server.port}")))
    assert found[:2] == (Unreachable, "silent")
