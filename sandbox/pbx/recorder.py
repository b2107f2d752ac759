"""Keeps what the PBX sends to one manager user, byte for byte, call by call."""

from __future__ import annotations

import itertools
import threading

from .ami import Ami
from .channels import PATIENCE_SECONDS
from .errors import Late
from .office import Office

END = b"\r\n\r\n"
ROW = "row-"
"""What the channels of a marker call are named by: see the context [row] of the office's dialplan."""


class Recorder:
    """Listens from the moment it is made; `station` sees what the product sees, `full` everything."""

    def __init__(self, office: Office, username: str = "station") -> None:
        self._office = office
        self._bytes = bytearray()
        self._news = threading.Condition()
        self._markers = itertools.count(1)
        self._link = Ami(office.ami.host, office.ami.port, username, office.secret_of(username), received=self._receive)
        self.take()

    def take(self) -> bytes:
        """What was sent since the last time, CDR rows included; call it when the office is quiet."""
        marker = f"{ROW}{id(self)}-{next(self._markers)}"
        self._office.pbx_act("Originate", Channel="Local/s@row/n", ChannelId=marker, Application="NoOp", Async="true")
        self._await_row(marker.encode())
        self._office.quiet()
        with self._news:
            sent, self._bytes[:] = bytes(self._bytes), b""
        messages = [each for each in sent.split(END) if each.startswith(b"Event:")]
        return b"".join(each + END for each in messages if ROW.encode() not in each)

    def close(self) -> None:
        self._link.close()

    def _receive(self, block: bytes) -> None:
        with self._news:
            self._bytes += block
            self._news.notify_all()

    def _await_row(self, marker: bytes) -> None:
        def has_come() -> bool:
            messages = bytes(self._bytes).split(END)
            return any(each.startswith(b"Event: Cdr") and marker in each for each in messages)

        with self._news:
            if not self._news.wait_for(has_come, PATIENCE_SECONDS):
                raise Late(f"waited {PATIENCE_SECONDS:g} s until the PBX had written its CDR rows")
