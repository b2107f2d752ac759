"""What is due: a recording's files are got, made into one mp3 and put on the shelf; the worker's chore."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, BinaryIO

import structlog
from flask import current_app

from backend.recordings import of_account as sources_of_accounts
from backend.recordings.join import LONGEST as LONGEST_SOUND
from backend.recordings.join import Leg, Unplayable, join
from backend.recordings.path import in_order
from backend.recordings.sources import (
    LARGEST,
    NotYet,
    Source,
    SourceError,
    SourceNeedsPerson,
    SourceOf,
    TooBig,
    Unreachable,
)
from backend.recordings.storage import NotThere, ShelfError, shelf
from backend.store import db
from backend.store.recordings import objects, recordings, room
from backend.store.recordings.recordings import FetchAttempt, Why
from backend.store.settings import settings

SLICE = 5.0  # seconds; then what is due waits for the next run, so that a worker can end
GIVES_UP = 34  # tries: about a day of them
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=3), timedelta(hours=1)
GETTING = 600.0  # seconds for all files of a call: a PBX that drips must not keep a worker from the others
LONGEST = 1800.0  # seconds of one attempt; what takes longer hangs, and is another worker's to try
FOR_A_PERSON = timedelta(minutes=15)  # should nobody say that it is mended
MARGIN = 120.0  # seconds that a file may be longer than its call
DOUBTS = 3  # tries; a file may be read while the PBX still works on it
PREFIX = "phone-station-call-"  # of a folder in which a recording is made
AT_ONCE = 200  # objects deleted before it is written down

log = structlog.get_logger()

_under_way: dict[str, float] = {}  # claim → when this process says no more that it goes on


class NoSource(SourceError):
    """The account has none, and the PBX has not pushed it."""


class OverQuota(SourceError):
    """The account's recordings take all the room that it has."""


class Bounded(io.FileIO):
    """A new file that takes so many bytes and then raises TooBig, and ShelfError where our own disk is full: whoever
    writes into it takes an OSError for the PBX's."""

    def __init__(self, file: Path, room: int) -> None:
        super().__init__(file, "wb")
        self._room = room

    def write(self, piece: Any, /) -> int:
        self._room -= len(memoryview(piece).cast("B"))
        if self._room < 0:
            raise TooBig(f"over {LARGEST} bytes")
        try:
            written = super().write(piece)
        except OSError as error:
            raise ShelfError(str(error)) from error
        if written != len(piece):  # the disk's last bytes
            raise ShelfError("no space left")
        return written


def fetch_due(source_of: SourceOf = sources_of_accounts.source_of) -> int:
    """Does what is due, one recording of an account at a time, for some seconds; how many were tried."""
    count, until = 0, time.monotonic() + SLICE
    while time.monotonic() < until and (due := recordings.claim()):
        with _said(due):
            _attempt(due, source_of)
        count += 1
    return count


def hold_on() -> None:
    """Says that what this process fetches now goes on; to be called several times in each `recordings.LEASE`."""
    now = time.monotonic()
    if ours := [claim for claim, until in list(_under_way.items()) if now < until]:
        recordings.hold(ours)


@contextmanager
def _said(due: FetchAttempt) -> Iterator[None]:
    _under_way[due.claim] = time.monotonic() + LONGEST
    try:
        yield
    finally:
        del _under_way[due.claim]


def tidy() -> None:
    """Deletes pushed files nobody needs any more, objects that no row holds, and what a killed worker left on this
    machine's disk. Commits."""
    _sweep()
    objects.forget_parts()
    db.session.commit()
    until = time.monotonic() + SLICE
    while _deleted_some() and time.monotonic() < until:
        pass


def _deleted_some() -> bool:
    """Whether there may be more."""
    gone = objects.leavings(AT_ONCE)
    db.session.commit()  # no connection to the database waits for a bucket
    for key in gone:
        shelf().delete(key)
    objects.forget_leavings(gone)
    db.session.commit()
    return len(gone) == AT_ONCE


def _sweep() -> None:
    oldest = time.time() - recordings.FORESEEN.total_seconds()
    for folder in Path(gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # another worker sweeps as well
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder)


def _attempt(due: FetchAttempt, source_of: SourceOf) -> None:
    """One try, its end written down, whichever it is."""
    told = log.bind(account=due.account_id, call=due.call)
    if due.tries > GIVES_UP:  # nobody lived to tell of the last
        return recordings.fail(due, Why.BROKEN, "it was never brought to an end")
    try:
        size, seconds = _fetch(due, source_of)
    except Unplayable as wrong:
        _doubt(due, wrong)
        told.info("recording not made", why=wrong.why.value, detail=wrong.detail)
    except OverQuota:
        recordings.fail(due, Why.OVER_QUOTA)
    except TooBig:
        recordings.fail(due, Why.TOO_BIG)
    except NoSource:
        recordings.fail(due, Why.NO_SOURCE)
    except NotYet as missing:
        _again(due, Why.MISSING, str(missing))
    except Unreachable as away:
        _away(due, Why.UNREACHABLE, str(away))
    except SourceNeedsPerson as need:
        told.warning("recordings wait for a person", why=str(need))
        _away(due, Why.REFUSED, str(need), at_least=FOR_A_PERSON)
    except (ShelfError, OSError) as error:
        told.error("recording not kept", why=str(error))
        _again(due, Why.OURS, str(error))
    else:
        if not recordings.finish(due, bytes=size, seconds=seconds):
            told.warning("recording taken over")
        told.info("recording", seconds=round(seconds), bytes=size, tries=due.tries)


def _fetch(due: FetchAttempt, source_of: SourceOf) -> tuple[int, float]:
    """Puts it on the shelf; its bytes and seconds. Raises SourceError, Unplayable, ShelfError, OSError."""
    shelf().check_room(current_app.config["KEEP_FREE"])
    if room.bytes_kept(due.account_id) >= settings.read(due.account_id).recordings.most_gigabytes * 1024**3:
        raise OverQuota("no room is left")
    longest = _longest(due)
    with TemporaryDirectory(prefix=PREFIX) as place:
        legs = list(_legs(due, source_of, Path(place)))
        mp3 = Path(place) / "call.mp3"
        seconds = join(legs, mp3, longest)
        with mp3.open("rb") as whole:
            shelf().put(due.key, whole)
        return mp3.stat().st_size, seconds


def _longest(due: FetchAttempt) -> float:
    """Seconds of sound that the call's files can hold: each its whole length, by clocks that may differ."""
    lasted = room.lasted(due.account_id, due.call)
    return LONGEST_SOUND if lasted is None else (lasted + MARGIN) * len(due.names)


def _legs(due: FetchAttempt, source_of: SourceOf, place: Path) -> Iterator[Leg]:
    """In their order. The last try is content with some of them."""
    source, parts = source_of(due.account_id), _parts(due)
    db.session.rollback()  # no connection to the database waits for a PBX
    left, missing, until = LARGEST, None, time.monotonic() + GETTING
    for number, name in enumerate(in_order(due.names)):
        if time.monotonic() > until:
            raise Unreachable("the PBX gives its files too slowly")
        file = place / str(number)
        try:
            with Bounded(file, left) as into:
                called = _get(name, parts.get(name), source, into)
        except NotYet as absent:
            missing = absent
            if due.tries < GIVES_UP:
                break
        else:
            left -= file.stat().st_size
            yield Leg(file=file, name=called)
    if missing and (due.tries < GIVES_UP or left == LARGEST):
        raise missing


def _parts(due: FetchAttempt) -> dict[str, str]:
    """Keys of the files that the PBX pushed."""
    found = ((name, objects.part(due.account_id, name)) for name in due.names)
    return {name: part.key for name, part in found if part}


def _get(name: str, part: str | None, source: Source | None, into: BinaryIO) -> str:
    """Writes the file into `into`; its name as the PBX has it. Raises SourceError, ShelfError, OSError."""
    if part:
        with suppress(NotThere):  # let go of since: whoever pushed it may be asked for it
            shelf().copy_to(part, into)
            return name
    if source is None:
        raise NoSource("none is set")
    return source.fetch(name, into).name


def _doubt(due: FetchAttempt, wrong: Unplayable) -> None:
    """A file that cannot be played may be one that was still being written."""
    if wrong.why in (Why.BROKEN, Why.EMPTY) and due.tries < DOUBTS:
        recordings.postpone(due, _wait(due.tries), wrong.why, wrong.detail)
    else:
        recordings.fail(due, wrong.why, wrong.detail)


def _again(due: FetchAttempt, why: Why, detail: str) -> None:
    """Later, for a day."""
    if due.tries >= GIVES_UP:
        recordings.fail(due, why, detail)
    else:
        recordings.postpone(due, _wait(due.tries), why, detail)


def _away(due: FetchAttempt, why: Why, detail: str, *, at_least: timedelta = SHORTEST_WAIT) -> None:
    """The same for all that wait for this PBX, at once."""
    tries = max(due.tries, recordings.tries_in_vain(due.account_id))
    if tries >= GIVES_UP:
        recordings.give_up(due, why, detail)
    else:
        recordings.wait_for_pbx(due, tries, max(at_least, _wait(tries)), why, detail)


def _wait(tries: int) -> timedelta:
    """Twice as long each time."""
    return min(SHORTEST_WAIT * (1 << min(tries - 1, 20)), LONGEST_WAIT)
