"""`python -m backend account phonebook`: how far the reading of an account's clients is, and who tells of changes."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime

from backend.desk.phonebook import full_sync
from backend.desk.phonebook.progress import Phonebook, PhonebookState, progress
from backend.store import db
from backend.store.journal import wake

LOOK_EVERY = 1.0  # seconds


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sync", action="store_true", help="begin a full sync now, unless one goes on")
    parser.add_argument("--follow", action="store_true", help="a line every second until the mirror is current")


def show(asked: argparse.Namespace) -> None:
    """Raises LookupError for an unknown account."""
    found = progress(asked.account)
    if asked.sync:
        full_sync.start(asked.account)
        wake.wake(asked.account)
        db.session.commit()
        found = progress(asked.account)
    _print(found)
    while asked.follow and found.state in (PhonebookState.WAITING, PhonebookState.RUNNING):
        db.session.rollback()  # the next look sees what was committed meanwhile
        time.sleep(LOOK_EVERY)
        found = progress(asked.account)
        _print(found)


def _print(found: Phonebook) -> None:
    print(in_words(found))
    sys.stdout.flush()


def in_words(found: Phonebook) -> str:
    """One line."""
    words = [str(found.state)]
    if found.stage:
        words.append(f"{found.stage}: {found.done:,} of {'?' if found.total is None else f'{found.total:,}'} cards")
    if found.rate:
        words.append(f"{found.rate:,.0f}/s")
    if found.eta_seconds is not None:
        words.append(f"{found.eta_seconds} s left")
    if found.follows:
        words.append(f"follows by {found.follows}")
    if found.synced_at:
        words.append(f"as in the CRM at {datetime.fromtimestamp(found.synced_at, UTC):%Y-%m-%d %H:%M:%S} UTC")
    return ", ".join([*words, f"{found.parties:,} clients with {found.phones:,} numbers"])
