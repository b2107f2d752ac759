"""`python -m sandbox demo`: an amoCRM, an office on a real Asterisk, the Phone Station between them, a day of calls."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sandbox import widget
from sandbox.crm.limits import Limits
from sandbox.crm.server import Crm
from sandbox.crm.widgets.archive import NotBuilt
from sandbox.debian import Unavailable
from sandbox.demo.day import DAY
from sandbox.demo.evening import invite
from sandbox.demo.scene import Company, Mismatch
from sandbox.demo.station import Station, StationDown
from sandbox.demo.tell import bold, say
from sandbox.pbx.errors import NotRunning
from sandbox.pbx.office import Office
from sandbox.site.server import HOST, Site

HOME = Path("var/demo").absolute()
CRM_PORT, STATION_PORT = 8400, 8000
QUEUE = "500"  # the general one


def main(argv: Sequence[str]) -> int:
    """Exit status: 0 all happened as told, 1 something did not or cannot be had here."""
    options = _parser().parse_args(argv)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _interrupt(stop))
    try:
        return _play(options, stop)
    except KeyboardInterrupt:
        say("\nstopped")
        return 0 if stop.is_set() and not options.once else 1
    except (Unavailable, NotRunning, NotBuilt, StationDown, Mismatch, OSError) as trouble:
        say(f"\ndemo: {trouble}")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end when the day is over")
    parser.add_argument("--crm-port", type=int, default=CRM_PORT)
    parser.add_argument("--port", type=int, default=STATION_PORT, help="of the Phone Station")
    return parser


def _interrupt(stop: threading.Event) -> None:
    stop.set()
    raise KeyboardInterrupt


def _play(options: argparse.Namespace, stop: threading.Event) -> int:
    began = time.monotonic()
    for option, port in (("--crm-port", options.crm_port), ("--port", options.port)):
        _must_be_free(option, port)
    _take_home()
    say(bold("Телефонная станция / Phone Station: a day in the office"))
    say("  a sandbox amoCRM with two accounts …")
    redirect = f"http://localhost:{options.port}/oauth/amocrm"
    with Crm(port=options.crm_port, redirect_uri=redirect, limits=Limits(retry_after=1)) as crm:
        crm.seed_demo()
        say("  an office on a real Asterisk 22 (the first time it is downloaded, about 80 MB) …")
        with Office(version=22, home=HOME / "office") as office:
            say("  the Phone Station with its own PostgreSQL …")
            with Station(crm, options.port, HOME) as station:
                crm.install_widget(widget.build(station.url, HOME / "widget"))
                company = _connect(crm, office, station)
                say(f"  ready in {time.monotonic() - began:.0f} s\n")
                with company.site:
                    failures = sum(not scene.play(company) for scene in DAY)
                    _close(options, crm, station, failures)
                    if not options.once:
                        invite(company)
                        stop.wait()
    return 1 if failures else 0


def _must_be_free(option: str, port: int) -> None:
    """Raises OSError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as taken:
            raise OSError(f"port {port} cannot be used ({taken}): choose another with {option}") from None


def _take_home() -> None:
    """The demo's folder, emptied and ours until we end. Raises OSError when another demo runs here."""
    HOME.mkdir(parents=True, exist_ok=True)
    lock = os.open(HOME.parent, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(f"another demo runs in {os.path.relpath(HOME)}: stop it first") from None
    shutil.rmtree(HOME)


def _connect(crm: Crm, office: Office, station: Station) -> Company:
    say("  both accounts install the integration; ООО «Акме» connects its PBX and maps its employees …")
    acme, beta = crm.account("acme"), crm.account("beta")
    station.install(acme, beta)
    office.installs(station.dialplan(acme))
    key = station.make_site(acme)
    shop = {"key": key, "name": "Двери и окна", "hosts": [HOST]}
    recordings = {"source": "ari", **asdict(office.opens_ari())}
    station.set_up(acme, office, callback={"sites": [shop], "target": QUEUE}, recordings=recordings)
    site = Site(station.url, key)
    return Company(crm=crm, account=acme, stranger=beta, office=office, station=station, site=site)


def _close(options: argparse.Namespace, crm: Crm, station: Station, failures: int) -> None:
    say(bold("\nThe day is over." if not failures else f"\nThe day is over; {failures} of {len(DAY)} went otherwise."))
    if options.once:
        return
    say(f"  the CRM           {crm.account('acme').url}   (board, cards, Неразобранное, settings)")
    say(f"  a second account  {crm.account('beta').url}   (saw nothing of it)")
    say(f"  the Phone Station {station.url}/healthz   log: {os.path.relpath(station.log)}")
    say(f"  why a call did what it did: {station.why_command} CALL   (its name is told in each scene)")
