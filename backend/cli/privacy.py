"""`account trail` and `account person`: who looked and changed, and one person's data."""

from __future__ import annotations

import argparse
import json

from backend.desk import person
from backend.store import accounts
from backend.store.privacy import trail
from backend.store.privacy.person import StillTalking
from backend.store.privacy.trail import OPERATOR

MOST = 1000  # entries of the trail


def person_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", help="in any spelling")
    parser.add_argument("--erase", action="store_true", help="forget it, with its calls and recordings, for good")


def show_trail(asked: argparse.Namespace) -> None:
    names = {each.user_id: each.name for each in accounts.users(asked.account)} | {OPERATOR: "the operator"}
    for row in trail.newest(asked.account, MOST):
        at = row.at.isoformat(timespec="seconds")
        print(at, names.get(row.user_id, row.user_id), row.what, row.about, sep="\t")


def tell_person(asked: argparse.Namespace) -> None:
    """Raises ValueError for what is no number, or cannot be erased now; LookupError for an unknown account."""
    try:
        told = (person.erase if asked.erase else person.export)(asked.account, OPERATOR, asked.number)
    except StillTalking:
        raise ValueError("a call with this number goes on, try again after it") from None
    print(json.dumps(told, ensure_ascii=False, indent=2, default=str))
