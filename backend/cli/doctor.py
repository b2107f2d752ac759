"""`python -m backend doctor`: looks at an account's PBX and its recordings, whether the service runs or not."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sqlalchemy.exc import OperationalError

from backend import create_app
from backend.cli.common import account_id
from backend.config import Settings, StartError, database_url_file, load_settings
from backend.pbx.address import allowed_networks
from backend.pbx.check.check import check
from backend.pbx.check.findings import Finding, FindingState, Report
from backend.pbx.errors import BadCommand
from backend.processes.all import database
from backend.processes.commands.check_pbx import expected_of, unusable
from backend.processes.line.setup import stored_address
from backend.recordings.check import tried_as_stored
from backend.store.settings import settings
from backend.words import LANGUAGES
from backend.words.check import pbx_sentences, source_sentence

SHOWN = {FindingState.OK: "ok", FindingState.WARN: "look", FindingState.FAIL: "broken"}


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 nothing is broken, 1 something is. Raises StartError for an account that is not there, or has
    no PBX."""
    asked = _parser().parse_args(arguments)
    with _database():
        configured = load_settings()
        with create_app(configured).app_context():
            try:
                report = _looked(asked.account, configured)
                recordings = tried_as_stored(asked.account)
                language = asked.language or settings.read(asked.account).language
            except LookupError as unknown:
                raise StartError(str(unknown)) from None
            except OperationalError as trouble:
                raise StartError(f"the database does not let us in: {trouble.orig}") from None
    told = [(each.state, _line(each.state, each.what, _says(each, language))) for each in report.findings]
    if recordings:
        says = source_sentence(recordings.what, recordings.kind, recordings.detail, language)
        told.append((FindingState(recordings.state), _line(FindingState(recordings.state), "recordings", says)))
    print("\n".join(line for _, line in told))
    return int(any(state is FindingState.FAIL for state, _ in told))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend doctor", description=__doc__)
    parser.add_argument("--account", type=account_id, required=True, help="the amoCRM account")
    parser.add_argument("--language", choices=LANGUAGES, help="of the lines; without it the account's")
    return parser


@contextmanager
def _database() -> Iterator[None]:
    """The one of the service; where that does not run now and has its own, the same is started for this moment."""
    data_dir = Path(os.environ.get("DATA_DIR") or Settings.model_fields["data_dir"].default)
    is_up = os.environ.get("DATABASE_URL", "").strip() or database_url_file(data_dir).is_file()
    with nullcontext() if is_up or not (data_dir / "postgres/cluster").exists() else database():
        yield


def _looked(account_id: int, configured: Settings) -> Report:
    expected = expected_of(account_id)
    try:
        address = stored_address(account_id)
    except BadCommand as wrong:
        return unusable(wrong)
    if address is None:
        raise StartError(f"account {account_id} has no PBX")
    return asyncio.run(check(address, expected, allowed_networks(configured.pbx_networks).of(account_id)))


def _says(finding: Finding, language: str) -> str:
    says = [{"kind": each.kind, "values": each.values} for each in finding.says]
    return pbx_sentences(finding.what, says, language)


def _line(state: FindingState, what: str, says: str) -> str:
    return f"{SHOWN[state]:7} {what:10} {says}"
