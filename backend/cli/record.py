"""`python -m backend record FILE`: the AMI stream of a live PBX, as `replay` reads it; secrets never get into it."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from getpass import getpass
from ipaddress import ip_network
from pathlib import Path
from typing import BinaryIO

from backend.cli.common import account_id
from backend.config import StartError
from backend.pbx.address import PbxAddress
from backend.pbx.capture.record import record
from backend.pbx.errors import BadCommand, PbxNeedsPerson
from backend.pbx.link.link import LinkState

ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))  # whoever runs this command chooses the address himself


def main(arguments: Sequence[str]) -> int:
    """Until Ctrl-C or `--seconds`. Raises StartError for a bad address or a file that cannot be made."""
    asked = _parser().parse_args(arguments)
    try:
        address = _stored(asked.account) if asked.account else _given(asked)
    except BadCommand as wrong:
        raise StartError(str(wrong)) from None
    with _private(asked.file) as file:
        try:
            asyncio.run(_record(address, file, asked))
        except PbxNeedsPerson as refusal:
            raise StartError(str(refusal)) from None
        finally:
            written = file.tell()
            if not written:
                asked.file.unlink()
    if not written:
        raise StartError("nothing was recorded: no event came from the PBX")
    print(f"{asked.file}: {written} bytes", file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend record", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--account", type=account_id, help="the PBX of this account, as it is stored")
    parser.add_argument("--host", help="or any PBX; its AMI secret is read from AMI_SECRET, or asked for")
    parser.add_argument("--port", type=int, default=5038)
    parser.add_argument("--username")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--certificate", type=Path, help="PEM of the PBX's own certificate or its authority")
    parser.add_argument("--seconds", type=float, help="without it until Ctrl-C")
    parser.add_argument("--mask-numbers", action="store_true", help="the same number becomes the same false one")
    return parser


def _given(asked: argparse.Namespace) -> PbxAddress:
    if not asked.host or not asked.username:
        raise StartError("name a PBX: --account ID, or --host and --username")
    return PbxAddress(
        host=asked.host,
        port=asked.port,
        username=asked.username,
        secret=_secret(),
        tls=asked.tls,
        certificate=_text(asked.certificate) if asked.certificate else None,
    )


def _secret() -> str:
    if secret := os.environ.get("AMI_SECRET"):
        return secret
    if not sys.stdin.isatty():
        raise StartError("set AMI_SECRET: there is no terminal to ask for it")
    return getpass("AMI secret: ")


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as wrong:
        raise StartError(f"{file}: {wrong}") from None


def _stored(account_id: int) -> PbxAddress:
    from backend import create_app
    from backend.config import load_settings
    from backend.processes.line.setup import stored_address

    with create_app(load_settings()).app_context():
        address = stored_address(account_id)
    if address is None:
        raise StartError(f"account {account_id} has no PBX")
    return address


def _private(file: Path) -> BinaryIO:
    """The file holds who called whom: its owner's alone, and never over another."""
    try:
        return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as wrong:
        raise StartError(f"{file}: {wrong.strerror}") from None


async def _record(address: PbxAddress, file: BinaryIO, asked: argparse.Namespace) -> None:
    options = {"seconds": asked.seconds, "mask_numbers": asked.mask_numbers, "allowed": ANYWHERE, "on_state": _tell}
    recording = asyncio.create_task(record(address, file, **options))
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, recording.cancel)
    with suppress(asyncio.CancelledError):
        await recording


def _tell(state: LinkState, why: str) -> None:
    print(f"{state.value} {why}".strip(), file=sys.stderr)
