"""`python -m backend dialplan`: what to paste on an account's PBX."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from flask import current_app

from backend import create_app
from backend.cli.common import account_id
from backend.config import StartError, load_settings
from backend.pbx.dialplan import made_for
from backend.pbx.dialplan.flavours import FILE, INCLUDE, Flavour
from backend.pbx.dialplan.upload import command, recorded, upload_address
from backend.pbx.errors import BadCommand
from backend.store import accounts
from backend.store.recordings import access
from backend.store.settings import settings
from backend.store.settings.recordings import SourceKind

FILES = {
    Flavour.ASTERISK: ("manager.conf", f"{FILE}; at the end of extensions.conf: {INCLUDE}"),
    Flavour.FREEPBX: ("manager_custom.conf", "at the end of extensions_custom.conf"),
}


def main(arguments: Sequence[str]) -> int:
    """Raises StartError for an account that is not there, or a value that cannot stand in such a file."""
    asked = _parser().parse_args(arguments)
    with create_app(load_settings()).app_context():
        if accounts.find(asked.account) is None:
            raise StartError(f"no account {asked.account}")
        stored = settings.pbx_as_shown(asked.account)
        routing = settings.read(asked.account).to_routing()
        push = _push(asked.account, asked.flavour)
    try:
        made = made_for(stored["username"] if stored else None, address=asked.address, routing=routing)
    except BadCommand as wrong:
        raise StartError(f"{wrong} cannot stand in manager.conf") from None
    file, dialplan = FILES[asked.flavour]
    print(f"; ---- {file}\n\n{made.manager}\n; ---- {dialplan}\n\n{made.of(asked.flavour)}{push}", end="")
    return 0


def _push(account_id: int, flavour: Flavour) -> str:
    """What sends recordings here, where the account wants that."""
    key = access.upload_key(account_id)
    if key is None or settings.read(account_id).recordings.source is not SourceKind.PUSH:
        return ""
    address = upload_address(current_app.config["PUBLIC_URL"], account_id, key)
    if flavour is Flavour.FREEPBX:
        return f"\n; ---- Advanced Settings, Post Call Recording Script\n\n{command(address)}\n"
    return f"\n{recorded(address)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend dialplan", description=__doc__)
    parser.add_argument("--account", type=account_id, required=True, help="the amoCRM account")
    parser.add_argument(
        "--flavour", type=Flavour, choices=list(Flavour), default=Flavour.ASTERISK, metavar="asterisk|freepbx",
        help="the kind of PBX; one text is for FreePBX 15, 16 and 17",
    )  # fmt: skip
    parser.add_argument("--address", help="the service's own address or network, for the permit line")
    return parser
