"""A request's body is here, whole, before anything looks at the database: however slowly it comes, it holds nothing
that others wait for. Files of any size are the exception; their views release the database before they read."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import gevent
from flask import Flask, current_app, request
from werkzeug.exceptions import ClientDisconnected, RequestTimeout, ServiceUnavailable

from backend.peers import owner_of

PATIENCE = 20.0  # seconds for a whole body of at most MAX_CONTENT_LENGTH bytes
OF_OWNER = 32  # unfinished bodies of one visitor's network in this process
STEP = 64 * 1024  # bytes

View = TypeVar("View", bound=Callable[..., Any])

_reads_itself: set[Callable[..., Any]] = set()
_unfinished: Counter[str] = Counter()  # by visitor's network


def init_app(app: Flask) -> None:
    app.before_request(_read_body)


def reads_itself(view: View) -> View:
    """For a view that takes files and holds no connection to the database meanwhile."""
    _reads_itself.add(view)
    return view


def _read_body() -> None:
    """Raises RequestTimeout, ServiceUnavailable, ClientDisconnected. What is too large is not read: whoever asks for
    it gets RequestEntityTooLarge."""
    length, most = request.content_length, current_app.config["MAX_CONTENT_LENGTH"]
    is_chunked = length is None and bool(request.environ.get("wsgi.input_terminated"))
    if current_app.view_functions.get(request.endpoint or "") in _reads_itself or not (length or is_chunked):
        return
    body = b"" if length and length > most else _taken(most + 1 if length is None else length)
    if length is not None and len(body) < length <= most:
        raise ClientDisconnected
    request.environ["wsgi.input"] = io.BytesIO(body)
    if is_chunked:
        request.environ["CONTENT_LENGTH"] = str(len(body))
        request.environ.pop("HTTP_TRANSFER_ENCODING", None)


def _taken(size: int) -> bytes:
    """Up to so many bytes of the body."""
    owner = owner_of(request.remote_addr)
    if _unfinished[owner] >= OF_OWNER:
        raise ServiceUnavailable
    _unfinished[owner] += 1
    try:
        return _read(request.environ["wsgi.input"], size)
    except TimeoutError:
        raise RequestTimeout from None
    except OSError:
        raise ClientDisconnected from None
    finally:
        _unfinished[owner] -= 1
        if not _unfinished[owner]:
            del _unfinished[owner]


def _read(stream: io.BufferedIOBase, size: int) -> bytes:
    pieces, left, until = [], size, time.monotonic() + PATIENCE
    while left > 0:
        with gevent.Timeout(max(0.0, until - time.monotonic()), TimeoutError("too slow")):
            piece = stream.read(min(left, STEP))
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
