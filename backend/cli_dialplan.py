"""`python -m backend dialplan`: what to paste on an account's PBX."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from backend import create_app
from backend.config import StartError, load_settings
from backend.pbx.dialplan import made_for
from backend.pbx.errors import BadCommand
from backend.store import accounts, settings


def main(arguments: Sequence[str]) -> int:
    """Raises StartError for an account that is not there, or a value that cannot stand in such a file."""
    asked = _parser().parse_args(arguments)
    with create_app(load_settings()).app_context():
        if accounts.find(asked.account) is None:
            raise StartError(f"no account {asked.account}")
        stored = settings.pbx_as_shown(asked.account)
    try:
        made = made_for(stored["username"] if stored else None, address=asked.address)
    except BadCommand as wrong:
        raise StartError(f"{wrong} cannot stand in manager.conf") from None
    print(f"; ---- manager.conf; on FreePBX manager_custom.conf\n\n{made.manager}")
    print("; ---- extensions_phone_station.conf, included from extensions.conf; on FreePBX extensions_custom.conf\n")
    print(made.dialplan, end="")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend dialplan", description=__doc__)
    parser.add_argument("--account", type=int, required=True, help="the amoCRM account")
    parser.add_argument("--address", help="the service's own address or network, for the permit line")
    return parser
