"""gunicorn's gevent worker, with an end for connections that take nothing and a bound for those of one peer; and one
that ends its streams when it is asked to stop: they would use up its whole patience.

Imports nothing of ours: gunicorn's master imports it, and gevent patches only afterwards.
"""

from __future__ import annotations

import socket
from collections import Counter
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]

SILENCE = 45_000  # milliseconds after which a peer that takes nothing of what we send is given up
OF_PEER = 10  # a peer has at most this part of a worker's connections


class StreamWorker(GeventWorker):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._of_peer: Counter[str] = Counter()

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        """A proxy of ours brings everybody's connections and has no bound."""
        from backend.peers import is_within, owner_of

        _notice_silence(client)
        address = addr[0] if isinstance(addr, tuple) else ""
        peer = "" if is_within(address, self.wsgi.config["PROXIES"]) else owner_of(address)
        if peer and self._of_peer[peer] >= self.worker_connections // OF_PEER:
            client.close()
            return
        self._of_peer[peer] += 1
        try:
            super().handle(listener, client, addr)
        finally:
            self._of_peer[peer] -= 1
            if not self._of_peer[peer]:
                del self._of_peer[peer]

    def handle_exit(self, sig: int, frame: Any) -> None:
        """In a green thread of its own: a signal's handler must not wait for locks."""
        super().handle_exit(sig, frame)
        if hasattr(self, "wsgi"):  # set once the app is loaded; until then there are no streams
            gevent.spawn(self.wsgi.extensions["hub"].close)


def _notice_silence(connection: socket.socket) -> None:
    """Else who closed their laptop, or never reads, would keep a place for a quarter of an hour. Linux only."""
    if connection.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE)
