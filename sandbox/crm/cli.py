"""`python -m sandbox crm`: the sandbox alone, with two seeded accounts."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from sandbox.crm.server import Crm
from sandbox.crm.widgets.archive import NotBuilt

DEFAULT_PORT = 8400


def main(argv: Sequence[str]) -> int:
    """Serves until Ctrl-C or SIGTERM."""
    options = _parser().parse_args(argv)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        crm = Crm(port=options.port, state_file=options.state, redirect_uri=options.redirect_uri)
    except (OSError, OverflowError) as refused:
        print(f"cannot listen on port {options.port}: {refused}; choose another with --port")
        return 1
    try:
        if options.widget:
            crm.install_widget(options.widget)
    except NotBuilt as missing:
        print(f"crm: {missing}")
        return 1
    with crm:
        if not crm.accounts:
            crm.seed_demo()
        print(_welcome(crm), flush=True)
        stopping.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox crm", description="An amoCRM that runs here.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--state", type=Path, help="keep the state in this file")
    parser.add_argument("--redirect-uri", default="http://localhost:5000/oauth/amocrm", help="of the integration")
    parser.add_argument("--widget", type=Path, help="its archive, widget.zip, or the folder of the archive's files")
    return parser


def _welcome(crm: Crm) -> str:
    accounts = [f"  {account.url}" for account in crm.accounts]
    keys = f"client id {crm.client_id}, secret {crm.client_secret}"
    return "\n".join(["amoCRM sandbox", f"  {crm.address}  (choose an account)", *accounts, f"  {keys}"])
