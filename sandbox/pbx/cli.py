"""python -m sandbox pbx: the office alone, or its stories recorded."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..debian import Unavailable
from .asterisk import SUITES
from .errors import NotRunning
from .lines import Line
from .numbers import EXTENSIONS
from .office import Office
from .stories import STORIES
from .traces import record

USAGE = """\
  + NUMBER DID     a client calls, e.g.  + +79161234567 74951000002
  EXT NUMBER       a phone dials, e.g.   101 89161234567
  answer WHO       a phone or a client takes the call that rings there
  hangup WHO       ends his latest call
  transfer EXT TO  the phone's transfer key
  quit             or Ctrl-C"""


def main(argv: Sequence[str]) -> int:
    """Exit status: 0 well, 1 something here cannot be had, 2 wrong words."""
    options = _parser().parse_args(argv)
    try:
        if options.command == "record-stories":
            return _record(options)
        return _stay(options.version)
    except (Unavailable, NotRunning, OSError) as error:
        print(f"pbx: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox pbx", description=__doc__)
    parser.add_argument("--version", type=int, choices=sorted(SUITES), default=22, help="of Asterisk")
    commands = parser.add_subparsers(dest="command")
    stories = commands.add_parser("record-stories", help="play every story, write what the product would have seen")
    stories.add_argument("names", nargs="*", metavar="STORY", help=", ".join(STORIES))
    stories.add_argument("--into", type=Path, default=Path("tests/traces"))
    stories.add_argument("--only", type=int, choices=sorted(SUITES), help="one version instead of all")
    return parser


def _record(options: argparse.Namespace) -> int:
    unknown = [name for name in options.names if name not in STORIES]
    if unknown:
        print(f"pbx: no story is called {', '.join(unknown)}", file=sys.stderr)
        return 2
    for version in [options.only] if options.only else SUITES:
        record(version, options.into / str(version), options.names)
    return 0


def _stay(version: int) -> int:
    for asked_to_end in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked_to_end, signal.default_int_handler)
    try:
        with Office(version=version) as office:
            _introduce(office)
            _converse(office)
    except KeyboardInterrupt:
        print()
    return 0


def _introduce(office: Office) -> None:
    ami = office.ami
    print(f"Asterisk {office.version} is up.")
    print(f"  AMI         {ami.host}:{ami.port}, TLS {ami.host}:{ami.tls_port}, certificate {ami.certificate}")
    print(f"  user        {ami.username}, secret {ami.secret}")
    print(f"  phones      {' '.join(EXTENSIONS)}")
    print(f"  recordings  {office.recordings}")
    for name, number in asdict(office.did).items():
        print(f"  {number} {name}")
    for name, number in asdict(office.number).items():
        print(f"  {number} outside, always {name}")
    print(USAGE, flush=True)


def _converse(office: Office) -> None:
    """One line, one verb, until the input ends; without an input there is only waiting."""
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            return
        try:
            _obey(office, words)
        except (AssertionError, RuntimeError) as error:
            print(error)
    signal.pause()


def _obey(office: Office, words: list[str]) -> None:
    match words:
        case []:
            pass
        case ["+", number, did]:
            office.client(number).calls(did)
        case ["answer", who]:
            _line(office, who).answers()
        case ["hangup", who]:
            _line(office, who).hangs_up()
        case ["transfer", extension, to] if extension in EXTENSIONS:
            office.phone(extension).transfers_to(to)
        case [extension, number] if extension in EXTENSIONS:
            office.phone(extension).dials(number)
        case _:
            print(USAGE)


def _line(office: Office, who: str) -> Line:
    return office.phone(who) if who in EXTENSIONS else office.client(who)
