"""`/recordings/<account>/upload/<key>`: a PBX sends a call's recording here after the call (`pbx.dialplan.upload`).

The key is the account's and random; it allows storing files and reading none.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import IO, BinaryIO, cast

import gevent
import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from backend.recordings.push import BadName, TooManyUploads, received
from backend.recordings.sources import LARGEST, TooBig
from backend.recordings.storage import ShelfError
from backend.store import accounts, db
from backend.store.accounts import AccountState
from backend.store.recordings import access
from backend.web import bodies
from backend.web.recordings.player import HIGHEST_ACCOUNT

OF_ACCOUNT, OF_ALL = 4, 32  # concurrent files in this process, each on disk until it is complete
LONGEST = 1800.0  # seconds for one file
SILENCE = 60.0  # seconds for the next STEP of it: a disconnected PBX must not keep its slot
STEP = 16 * 1024  # bytes
SOON = "30"  # seconds; curl waits that long

blueprint = Blueprint("recording_upload", __name__)
log = structlog.get_logger(__name__)

_busy: Counter[int] = Counter()  # by account


class UploadRefused(Exception):
    def __init__(self, kind: str, status: HTTPStatus) -> None:
        super().__init__(kind)
        self.kind, self.status = kind, status


@blueprint.put(f"/recordings/<int(max={HIGHEST_ACCOUNT}):account_id>/upload/<key>/<name>")
@bodies.reads_itself
def put_file(account_id: int, key: str, name: str) -> Response:
    """The body is the file. The same name again replaces it."""
    _admit(account_id, key)
    return _kept(account_id, name, lambda: request.stream)


@blueprint.post(f"/recordings/<int(max={HIGHEST_ACCOUNT}):account_id>/upload/<key>")
@bodies.reads_itself
def post_file(account_id: int, key: str) -> Response:
    """A form (multipart) with one file, whose name is the recording's unless the form has another `name`."""
    _admit(account_id, key)
    return _kept(account_id, None, _posted)


@blueprint.errorhandler(UploadRefused)
def _refusal(refused: UploadRefused) -> Response:
    answer = Response(refused.kind + "\n", refused.status, mimetype="text/plain")
    if refused.status is HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = SOON
    return answer


@blueprint.errorhandler(NoConnection)
@blueprint.errorhandler(OperationalError)
@blueprint.errorhandler(InterfaceError)
def _no_database(error: SQLAlchemyError) -> Response:
    log.warning("a pushed recording waits for the database", error=str(error))
    return _refusal(UploadRefused("busy", HTTPStatus.SERVICE_UNAVAILABLE))


def _admit(account_id: int, key: str) -> None:
    """Raises UploadRefused, with the same text for every reason."""
    account = accounts.find(account_id)
    is_connected = account is not None and account.state is not AccountState.DISABLED
    if not is_connected or not access.may_upload(account_id, key):
        raise UploadRefused("unknown", HTTPStatus.NOT_FOUND)
    db.session.commit()  # no connection to the database waits for the file


def _kept(account_id: int, name: str | None, file: Callable[[], IO[bytes]]) -> Response:
    request.max_content_length = LARGEST
    request.environ["wsgi.input"] = _Body(request.environ["wsgi.input"], request.content_length)
    try:
        with _slot(account_id):
            stream = file()
            received(account_id, name or _posted_name(), cast(BinaryIO, stream), apart=_in_thread)
    except (TooBig, RequestEntityTooLarge) as error:
        raise UploadRefused("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from error
    except BadName as error:
        raise UploadRefused("bad_name", HTTPStatus.UNPROCESSABLE_ENTITY) from error
    except (ClientDisconnected, TimeoutError) as error:
        raise UploadRefused("cut_off", HTTPStatus.REQUEST_TIMEOUT) from error
    except (TooManyUploads, ShelfError, OSError) as error:
        log.error("pushed recording not kept", account=account_id, why=str(error))
        raise UploadRefused("later", HTTPStatus.SERVICE_UNAVAILABLE) from error
    return Response("kept\n", HTTPStatus.CREATED, mimetype="text/plain")


def _posted() -> IO[bytes]:
    """Werkzeug stores it in a temporary file if it is larger than half a megabyte."""
    found = next(iter(request.files.values()), None)
    if found is None:
        raise BadName("no file")
    return found.stream


def _posted_name() -> str:
    found = next(iter(request.files.values()))
    return request.form.get("name") or found.filename or ""


@contextmanager
def _slot(account_id: int) -> Iterator[None]:
    """One of the few slots; raises UploadRefused when all are taken. One account cannot take the last ones from
    others."""
    if _busy[account_id] >= OF_ACCOUNT or _busy.total() >= OF_ALL:
        raise UploadRefused("busy", HTTPStatus.SERVICE_UNAVAILABLE)
    _busy[account_id] += 1
    try:
        yield
    finally:
        _busy[account_id] -= 1
        if not _busy[account_id]:
            del _busy[account_id]


class _Body:
    """A request's body, read for at most LONGEST seconds, however slowly it comes, and only as a whole: gunicorn
    presents the end of a connection as the end of the body."""

    def __init__(self, stream: IO[bytes], length: int | None) -> None:
        self._stream, self._left, self._until = stream, length or 0, time.monotonic() + LONGEST

    def read(self, size: int) -> bytes:
        """Raises OSError, which Werkzeug turns into ClientDisconnected."""
        wait = min(SILENCE, self._until - time.monotonic())
        if wait <= 0:
            raise TimeoutError("too slow")
        with gevent.Timeout(wait, TimeoutError("too slow")):
            piece = self._stream.read(min(size, STEP))
        self._left -= len(piece)
        if not piece and self._left > 0:
            raise ConnectionError("cut off")
        return piece


def _in_thread(work: Callable[[], None]) -> None:
    """In a native thread: a disk or a bucket would block all green threads."""
    gevent.get_hub().threadpool.apply(work)
