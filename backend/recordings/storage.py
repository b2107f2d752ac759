"""Where recordings are kept: a local folder or an S3-compatible bucket, an account's objects below its own prefix."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import obstore
from flask import Flask, current_app
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from backend.config import Settings

if TYPE_CHECKING:  # the library has it for type checkers alone
    from obstore.store import S3Config

FOLDER = "recordings"  # below DATA_DIR
CHUNK = 256 * 1024  # bytes read at once for one listener: a minute of a call
TRIES, PATIENCE = 2, timedelta(seconds=20)  # of one request to a bucket, before the caller is told

T = TypeVar("T")
Apart = Callable[[Callable[[], T]], T]
"""Runs what waits for a disk or a bucket where it holds nobody up."""


class ShelfError(Exception):
    """Our disk or bucket does not take or give; again later."""


class NotThere(ShelfError):
    """There is no such object."""


def here(errand: Callable[[], T]) -> T:
    """For threads that may wait."""
    return errand()


class Shelf:
    """Keys are ours: an account's number, a slash, and what we drew by lot."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _store(self) -> ObjectStore:
        """Opened when it is first needed: not in a process that serves none, nor before a server forks."""
        return _open(self._settings)

    def put(self, key: str, file: BinaryIO) -> None:
        """All of it or nothing. Raises ShelfError."""
        self._do(lambda: obstore.put(self._store, key, file))

    def read(self, key: str, start: int, stop: int) -> bytes:
        """Bytes of an object, `stop` excluded. Raises ShelfError, NotThere."""
        return self._do(lambda: bytes(obstore.get_range(self._store, key, start=start, end=stop)))

    def chunks(self, key: str, start: int, stop: int, apart: Apart[bytes] = here) -> Iterator[bytes]:
        """The same, piece by piece: between them nothing is held open, however slow the listener is."""
        for at in range(start, stop, CHUNK):
            yield apart(lambda at=at: self.read(key, at, min(at + CHUNK, stop)))  # type: ignore[misc]

    def copy_to(self, key: str, into: BinaryIO) -> int:
        """The whole object; how many bytes. Raises ShelfError, NotThere."""
        size: int = self._do(lambda: obstore.head(self._store, key)["size"])
        for piece in self.chunks(key, 0, size):
            into.write(piece)
        return size

    def delete(self, key: str) -> None:
        """Safe to repeat. Raises ShelfError."""
        try:
            self._do(lambda: obstore.delete(self._store, key))
        except NotThere:
            return

    def check_room(self, least: int) -> None:
        """Raises ShelfError where this machine's disk has less than so many bytes left. A bucket has no end."""
        folder = self._settings.data_dir if not self._settings.recordings_url else Path(gettempdir())
        if shutil.disk_usage(folder if folder.is_dir() else ".").free < least:
            raise ShelfError(f"under {least / 1024**3:g} GB of the disk are free")

    def _do(self, errand: Callable[[], T]) -> T:
        try:
            return errand()
        except FileNotFoundError as error:
            raise NotThere("there is no such object") from error
        except (BaseError, OSError) as error:
            raise ShelfError(str(error).partition("\n")[0]) from error


def init_app(app: Flask, settings: Settings) -> None:
    """The app's shelf, as the environment names it."""
    app.extensions["shelf"] = Shelf(settings)


def shelf() -> Shelf:
    """This app's."""
    found: Shelf = current_app.extensions["shelf"]
    return found


def _open(settings: Settings) -> ObjectStore:
    if not settings.recordings_url:
        folder = (settings.data_dir / FOLDER).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # what an earlier version kept there, too, is nobody else's
        return LocalStore(folder)
    bucket: S3Config = {"region": settings.aws_region}
    if settings.aws_access_key_id:  # else the machine's own role is asked for
        bucket["access_key_id"] = settings.aws_access_key_id
        bucket["secret_access_key"] = settings.aws_secret_access_key
    if settings.aws_endpoint_url:
        bucket["endpoint"] = settings.aws_endpoint_url
    return S3Store.from_url(
        settings.recordings_url,
        config=bucket,
        client_options={"allow_http": settings.aws_endpoint_url.startswith("http://"), "timeout": PATIENCE},
        retry_config={"max_retries": TRIES, "retry_timeout": PATIENCE},
    )
