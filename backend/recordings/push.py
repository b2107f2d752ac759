"""A PBX sends a file of a call by itself: it is put on the shelf as it is, and whatever waits for it is due."""

from __future__ import annotations

import secrets
from tempfile import TemporaryFile
from typing import BinaryIO

from backend.calls.tracking.recording_names import base_name
from backend.recordings.join import Unplayable, form_of
from backend.recordings.sources import LARGEST, TooBig
from backend.recordings.storage import Apart, here, shelf
from backend.store import db
from backend.store.recordings import objects, recordings

MOST = 20 * 1024**3  # bytes of an account's files that are not made into recordings yet
CHUNK = 256 * 1024


class BadName(Exception):
    """No name of a file of a call, or of a form that we cannot play."""


class TooManyUploads(Exception):
    """The account has pushed more than anybody named in a call; again later."""


def received(account_id: int, name: str, stream: BinaryIO, *, apart: Apart[None] = here) -> None:
    """Keeps the file of this name; one of the same name before it is let go. Commits.

    Its call may be told of later. `apart` runs what waits for the shelf. Raises BadName, Crowded, TooBig, and what the
    shelf and `stream` raise; then nothing is kept.
    """
    _check(name)
    if objects.bytes_of_parts(account_id) > MOST:
        raise TooManyUploads(f"over {MOST} bytes wait")
    key = f"{account_id}/parts/{secrets.token_hex(16)}"
    objects.foresee(key, recordings.FORESEEN)
    db.session.commit()
    kept = shelf()  # of this app, which another thread does not know
    with TemporaryFile() as file:
        size = _copy(stream, file)
        apart(lambda: kept.put(key, file))
    _keep(account_id, name, key, size)


def _check(name: str) -> None:
    if base_name(name) != name or not name.isprintable():
        raise BadName(name)
    try:
        form_of(name)
    except Unplayable as wrong:
        raise BadName(name) from wrong


def _copy(stream: BinaryIO, file: BinaryIO) -> int:
    """To its own file's beginning; how many bytes."""
    size = 0
    while piece := stream.read(CHUNK):
        size += file.write(piece)
        if size > LARGEST:
            raise TooBig(f"over {LARGEST} bytes")
    file.seek(0)
    return size


def _keep(account_id: int, name: str, key: str, size: int) -> None:
    if objects.keep(key):
        objects.put_part(account_id, name, key, size)
        recordings.arrived(account_id, name)
    db.session.commit()
