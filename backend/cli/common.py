"""What the commands have in common."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError


def account_id(typed: str) -> int:
    """amoCRM's id of an account. Raises ArgumentTypeError for what no account can have."""
    if not re.fullmatch(r"[0-9]{1,18}", typed):
        raise ArgumentTypeError(f"{typed!r} is no account's id: a number, such as 31000777")
    return int(typed)
