"""`/recordings/<account>/<token>.mp3`: what a call note's player opens, from the first moment on
(docs/amocrm-contract.md §5).

Everyone with the link may listen: browsers send no other credentials with it. Its token is 192 random bits and is valid
only for its own account.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from http import HTTPStatus
from itertools import chain

import gevent
import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.http import http_date

from backend.recordings.storage import NotThere, ShelfError, shelf
from backend.store import db
from backend.store.recordings import links
from backend.store.recordings.links import Linked
from backend.store.recordings.recordings import RecordingState, Shown
from backend.store.settings import settings
from backend.web.language import language
from backend.web.recordings.byte_ranges import Piece, Unsatisfiable, piece
from backend.words import say

TOKEN = re.compile(r"[0-9A-Za-z_-]{16,64}")
DAY = 86_400  # seconds
HIGHEST_ACCOUNT = 2**63 - 1
SOON, LATER = "10", "60"  # seconds; players ignore them, other programs may not
KEPT = "private, max-age=3600"  # by the browser; the file behind a link changes when another leg of the call is added

blueprint = Blueprint("recordings", __name__)
log = structlog.get_logger(__name__)


@blueprint.get(f"/recordings/<int(max={HIGHEST_ACCOUNT}):account_id>/<token>.mp3")
def play(account_id: int, token: str) -> Response:
    """The recording, whole or the range asked for; else what there is to say of it, so that a player shows nothing."""
    found = links.at(account_id, token) if TOKEN.fullmatch(token) else None
    days = settings.read(account_id).recordings.link_days if found else None
    db.session.commit()  # no connection to the database waits for a disk or a bucket
    try:
        answer = _linked(found, days) if found else _said("unknown", HTTPStatus.NOT_FOUND)
    except NotThere:
        log.error("a recording is not on the shelf", account=account_id)
        answer = _said("gone", HTTPStatus.GONE)
    except ShelfError as error:
        log.error("the shelf does not answer", account=account_id, why=str(error))
        answer = _said("later", HTTPStatus.SERVICE_UNAVAILABLE, SOON)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@blueprint.errorhandler(NoConnection)
@blueprint.errorhandler(OperationalError)
@blueprint.errorhandler(InterfaceError)
def _no_database(error: SQLAlchemyError) -> Response:
    log.warning("a recording waits for the database", error=str(error))
    return _said("later", HTTPStatus.SERVICE_UNAVAILABLE, SOON)


def _linked(found: Linked, days: int | None) -> Response:
    if days is not None and found.started < time.time() - days * DAY:
        return _said("expired", HTTPStatus.GONE)
    return _recording(found.recording)


def _recording(found: Shown) -> Response:
    """Raises ShelfError, NotThere."""
    if found.key is not None:
        return _sound(found, found.key)
    if found.state is RecordingState.GONE:
        return _said("gone", HTTPStatus.GONE)
    if found.state is RecordingState.FAILED:
        return _said("failed", HTTPStatus.NOT_FOUND, LATER)
    return _said("waiting", HTTPStatus.NOT_FOUND, SOON)


def _said(what: str, status: HTTPStatus, retry: str | None = None) -> Response:
    answer = Response(say(f"recordings.{what}", language()) + "\n", status, mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Vary"] = "Accept-Language"
    if retry:
        answer.headers["Retry-After"] = retry
    return answer


def _sound(found: Shown, key: str) -> Response:
    """The file, or its requested part."""
    answer = Response(mimetype="audio/mpeg")
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Cache-Control"] = KEPT
    answer.set_etag(key.rpartition("/")[2].removesuffix(".mp3"))
    answer.last_modified = found.ready_at
    answer.make_conditional(request)
    if answer.status_code == HTTPStatus.OK:
        try:
            _fill(answer, key, found.bytes, piece(_range(answer), found.bytes))
        except Unsatisfiable:
            answer.status_code, answer.mimetype = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "text/plain"
            answer.headers["Content-Range"] = f"bytes */{found.bytes}"
    return answer


def _range(answer: Response) -> str:
    """The requested range, unless it is meant for another version of the file (RFC 9110, section 13.1.5)."""
    assert answer.last_modified is not None
    ours = (None, answer.headers["ETag"], http_date(answer.last_modified))
    is_meant = request.method == "GET" and request.headers.get("If-Range") in ours
    return request.headers.get("Range", "") if is_meant else ""


def _fill(answer: Response, key: str, size: int, wanted: Piece | None) -> None:
    """Reads the first piece before the answer starts, so that a missing file is reported by the status."""
    if wanted:
        answer.status_code = HTTPStatus.PARTIAL_CONTENT
        answer.headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
    start, stop = (wanted.start, wanted.stop) if wanted else (0, size)
    answer.content_length = stop - start
    if request.method == "GET":
        chunks = shelf().chunks(key, start, stop, _in_thread)
        answer.response = chain([next(chunks)], chunks)


def _in_thread(work: Callable[[], bytes]) -> bytes:
    """In a native thread: a disk or a bucket would block all green threads."""
    read: bytes = gevent.get_hub().threadpool.apply(work)
    return read
