"""`python -m backend replay FILE`: a recorded AMI stream → one JSON line for each external call."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from backend.calls.facts import to_json
from backend.calls.tracking.endpoints import Lines
from backend.calls.tracking.patterns import BadPattern
from backend.calls.tracking.tracker import Tracker
from backend.replay import Recording, calls, facts

DAMAGED = 2  # exit status: the file, or the command line, is not right; what could be read has been printed


def main(argv: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(argv)
    try:
        lines = Lines.of(trunks=asked.trunk, extensions=asked.extension)
        with _opened(asked.file) as stream:
            damage = _replay(asked, Tracker(lines, internal=asked.internal), Recording(stream))
    except BrokenPipeError:  # our reader, not the file
        raise
    except BadPattern as wrong:
        return _complain(f"a pattern is not a regular expression: {wrong}")
    except OSError as wrong:
        return _complain(f"{asked.file}: {wrong.strerror or wrong}")
    return _complain(f"{asked.file}: {damage}") if damage else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend replay", description=__doc__)
    parser.add_argument("file", metavar="FILE", help="raw AMI bytes, or a JSON list of events; - is standard input")
    what = "regular expression on the endpoint's name (101 or PJSIP/101); may be repeated"
    parser.add_argument("--trunk", metavar="REGEX", action="append", default=[], help=what)
    parser.add_argument(
        "--extension", metavar="REGEX", action="append", default=[], help=f"{what}; its first group is the extension"
    )
    parser.add_argument("--internal", action="store_true", help="print internal calls too")
    parser.add_argument("--facts", action="store_true", help="print the facts instead of the calls")
    return parser


@contextlib.contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
    else:
        with open(file, "rb") as stream:
            yield stream


def _replay(asked: argparse.Namespace, tracker: Tracker, recording: Recording) -> str | None:
    """What was wrong with the file, if anything."""
    if asked.facts:
        for fact in facts(tracker, recording):
            _print(to_json(fact))
    else:
        for call in calls(tracker, recording):
            _print(call)
    sys.stdout.flush()
    return recording.damage


def _print(told: dict[str, Any]) -> None:
    print(json.dumps(told))


def _complain(what: str) -> int:
    print(f"replay: {what}", file=sys.stderr)
    return DAMAGED
