"""A link to an Asterisk's manager port for tests: actions are asked and answered, events go to whoever listens."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from select import select
from typing import Self

from .errors import NotRunning, Refused

Event = dict[str, str]
ANSWER_SECONDS = 10.0


class Ami:
    """Logged in when made. `heard` gets every event and `received` every byte, both on the link's own thread.

    `patience` is how many seconds an answer may take.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        heard: Callable[[Event], None] = lambda event: None,
        received: Callable[[bytes], None] = lambda block: None,
        tls: ssl.SSLContext | None = None,
        patience: float = ANSWER_SECONDS,
    ) -> None:
        self._heard, self._received, self._patience = heard, received, patience
        self._numbers = itertools.count(1)
        self._answers: dict[str, Event] = {}
        self._news = threading.Condition()
        self._in_use = threading.Lock()  # OpenSSL bears no reading and writing at once
        self.closed = False
        plain = socket.create_connection((host, port), ANSWER_SECONDS)
        plain.settimeout(None)
        self._socket = tls.wrap_socket(plain, server_hostname=host) if tls else plain
        self._reader = threading.Thread(target=self._read, name=f"ami {username}@{host}", daemon=True)
        self._reader.start()
        try:
            self.act("Login", Username=username, Secret=secret, Events="on")
        except BaseException:
            self.close()
            raise

    def act(self, action: str, **headers: str | list[str]) -> Event:
        """The answer to an action. Raises Refused, or NotRunning when the link ends first."""
        ticket = f"office-{next(self._numbers)}"
        lines = [f"Action: {action}", f"ActionID: {ticket}"]
        for name, value in headers.items():
            lines += [f"{name}: {each}" for each in ([value] if isinstance(value, str) else value)]
        with self._news:
            try:
                with self._in_use:
                    self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
            except OSError as error:
                raise NotRunning(f"{action}: the link is down") from error
            arrived = self._news.wait_for(lambda: ticket in self._answers or self.closed, self._patience)
        if ticket not in self._answers:
            raise NotRunning(f"{action}: " + ("the link ended" if arrived else "no answer"))
        answer = self._answers.pop(ticket)
        if answer["Response"] == "Error":
            raise Refused(f"{action} {headers}: {answer.get('Message')}")
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        with suppress(OSError):  # the other side was faster
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join(ANSWER_SECONDS)
        self._socket.close()

    def _read(self) -> None:
        waiting = b""
        while block := self._receive():
            self._received(block)
            *messages, waiting = (waiting + block).split(b"\r\n\r\n")
            for message in messages:
                self._sort(_parse(message))
        with self._news:
            self.closed = True
            self._news.notify_all()

    def _receive(self) -> bytes:
        try:
            while True:
                select([self._socket], [], [])
                with self._in_use, suppress(BlockingIOError, ssl.SSLWantReadError):  # a part of a record, a ticket
                    self._socket.setblocking(False)
                    try:
                        return self._socket.recv(65536)
                    finally:
                        self._socket.setblocking(True)
        except (OSError, ValueError):  # closed
            return b""

    def _sort(self, message: Event) -> None:
        if "Event" in message:
            self._heard(message)
        elif "Response" in message:
            with self._news:
                self._answers[message.get("ActionID", "")] = message
                self._news.notify_all()


def _parse(message: bytes) -> Event:
    """Header by header; of a repeated one the first stays."""
    event: Event = {}
    for line in message.decode(errors="replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            event.setdefault(name, value.lstrip())
    return event
