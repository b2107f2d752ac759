"""Loopback addresses of one office: several offices on one machine must not meet."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

SIP_PORT = 15060
AMI_PORT = 15038
AMI_TLS_PORT = 15039
HTTP_PORT = 15088
CLAIM_PORT = 15037
"""Whoever listens here on 127.0.N.1 owns 127.0.N.*; the kernel takes the claim back with the process."""


@dataclass(slots=True)
class Network:
    """127.0.N.1 is the PBX, .2 the phones, .3 the public network."""

    n: int
    _claim: socket.socket = field(repr=False)

    @classmethod
    def claim(cls) -> Network:
        """The first free one. Raises OSError when the machine has no loopback network of this kind."""
        for n in range(20, 250):
            claim = socket.socket()
            try:
                claim.bind((f"127.0.{n}.1", CLAIM_PORT))
                claim.listen()
                _assert_free(n)
            except OSError:
                claim.close()
                continue
            return cls(n, claim)
        raise OSError("no free address in 127.0.20.1 to 127.0.249.1: is loopback up, are old offices still running?")

    @property
    def pbx(self) -> str:
        return f"127.0.{self.n}.1"

    @property
    def phones(self) -> str:
        return f"127.0.{self.n}.2"

    @property
    def public(self) -> str:
        return f"127.0.{self.n}.3"

    def release(self) -> None:
        self._claim.close()


def _assert_free(n: int) -> None:
    """Raises OSError when an Asterisk still holds its place."""
    for host in (1, 2, 3):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((f"127.0.{n}.{host}", SIP_PORT))
