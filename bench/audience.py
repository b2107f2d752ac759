"""Browsers that listen: many streams read by one thread, each popup noted when it has come."""

from __future__ import annotations

import re
import selectors
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

POPUP = re.compile(rb'"call":"([^"]+)","state":"(\w+)"')
GREETED = b"event: missed"
PATIENCE = 120.0  # seconds without an end before something must be broken
LOOK = 0.1  # seconds between looks whether to go on

Heard = dict[tuple[str, str], list[float]]


class Audience:
    """`heard` is when each popup, by call and state, was read, once for every stream that read it."""

    def __init__(self) -> None:
        self.heard: Heard = defaultdict(list)
        self.greeted = 0
        self._streams = selectors.DefaultSelector()
        self._rest: dict[int, bytes] = {}
        self._closed = threading.Event()
        self._more = threading.Condition()

    def add(self, port: int, tickets: Iterable[str]) -> None:
        for ticket in tickets:
            stream = socket.create_connection(("127.0.0.1", port))
            request = f"GET /api/stream?{urlencode({'ticket': ticket})} HTTP/1.1\r\nHost: bench\r\n\r\n"
            stream.sendall(request.encode())
            self._streams.register(stream, selectors.EVENT_READ)

    def wait_greeted(self, streams: int) -> None:
        """AssertionError when they are not."""
        with self._more:
            assert self._more.wait_for(lambda: self.greeted >= streams, PATIENCE), f"{self.greeted} were greeted"

    def wait_heard(self, call: str, state: str, streams: int) -> float:
        """When the last of so many streams had read it. AssertionError when they do not."""
        with self._more:
            times = self.heard[call, state]
            assert self._more.wait_for(lambda: len(times) >= streams, PATIENCE), f"{len(times)} heard of {call}"
            return times[streams - 1]

    def read(self) -> None:
        while not self._closed.is_set():
            for key, _ in self._streams.select(LOOK):
                stream = key.fileobj
                assert isinstance(stream, socket.socket)
                self._take(stream.fileno(), stream.recv(256 * 1024))

    def _take(self, number: int, data: bytes) -> None:
        assert data, "a stream ended"
        *whole, rest = (self._rest.get(number, b"") + data).split(b"\n\n")
        self._rest[number] = rest
        now = time.monotonic()
        with self._more:
            for event in whole:
                self.greeted += GREETED in event
                if popup := POPUP.search(event):
                    self.heard[popup[1].decode(), popup[2].decode()].append(now)
            self._more.notify_all()

    def close(self) -> None:
        self._closed.set()

    def leave(self) -> None:
        for key in list(self._streams.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._streams.close()


@contextmanager
def audience(port: int, tickets: Iterable[str]) -> Iterator[Audience]:
    """Streams for these tickets, opened and read."""
    listening = Audience()
    reader = threading.Thread(target=listening.read)
    reader.start()
    try:
        listening.add(port, tickets)
        yield listening
    finally:
        listening.close()
        reader.join()
        listening.leave()
