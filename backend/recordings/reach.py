"""The way to a tenant's server: its address is checked, and the connection goes to the very address that was checked.

The host's name is then used for TLS and for the request alone, so that whoever owns the name cannot make it lead
elsewhere between the look-up and the connection.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from backend.pbx.address import Networks, check_certificate, resolve_here, tls_context
from backend.pbx.errors import PbxError, Trouble
from backend.pbx.errors import PbxNeedsPerson as Mend
from backend.recordings.sources import PATIENCE, SourceError, SourceNeedsPerson, Unreachable

LONGEST = PATIENCE - 20  # seconds for one file; the look-up of the name comes before
TO_CONNECT = 10.0  # seconds; also for each thing waited for afterwards
PORTS = {"http": 80, "https": 443, "sftp": 22}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Of a source's server; `path` has no slash at its end. `certificate` is PEM that its own must equal or be signed
    by."""

    scheme: str
    host: str
    port: int
    path: str
    certificate: str | None = field(default=None, repr=False)
    verify: bool = True

    @property
    def tls(self) -> bool:
        return self.scheme == "https"


def address_of(url: str, certificate: str | None = None) -> Address:
    """`url` as the setting has checked it."""
    parts = urlsplit(url)
    return Address(
        scheme=parts.scheme, host=parts.hostname or "", port=parts.port or PORTS[parts.scheme],
        path=parts.path.rstrip("/"), certificate=certificate,
    )  # fmt: skip


def ip_of(address: Address, allowed: Networks) -> str:
    """The address to connect to, which tenants may reach. Raises SourceError."""
    try:
        return resolve_here(address.host, address.port, allowed)
    except PbxError as error:
        raise told(error) from error


def told(error: PbxError) -> SourceError:
    kind = SourceNeedsPerson if isinstance(error, Mend) else Unreachable
    return kind(str(error), kind=error.trouble.value, detail=error.detail)


@contextmanager
def connected(address: Address, allowed: Networks, longest: float) -> Iterator[socket.socket]:
    """A connection, in TLS where the address says so, that is cut after `longest` seconds, whatever goes on over it.

    Raises SourceError, also where what is done with the connection raises OSError.
    """
    ip = ip_of(address, allowed)
    try:
        with (
            socket.create_connection((ip, address.port), TO_CONNECT) as plain,
            _cut_after(longest, plain),
            _in_tls(plain, address) as connection,
        ):
            yield connection
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message
        words = f"the server's certificate is not trusted: {why}"
        raise SourceNeedsPerson(words, kind=Trouble.NOT_TRUSTED.value, detail=why) from error
    except PbxError as error:
        raise told(error) from error
    except OSError as error:
        raise _broken(error) from error


def _in_tls(plain: socket.socket, address: Address) -> socket.socket:
    context = tls_context(address)
    if context is None:
        return plain
    connection = context.wrap_socket(plain, server_hostname=address.host)
    try:
        check_certificate(address, connection)
    except PbxError:
        connection.close()
        raise
    return connection


@contextmanager
def _cut_after(seconds: float, connection: socket.socket) -> Iterator[None]:
    """By a handle of its own, for in TLS the socket is another. Raises TimeoutError where it was cut, whatever seemed
    to follow from it."""
    over = threading.Event()
    with connection.dup() as handle:
        cut = threading.Timer(seconds, _shut, [handle, over])
        cut.daemon = True
        cut.start()
        try:
            yield
        finally:
            cut.cancel()
            if over.is_set():
                raise TimeoutError


def _shut(handle: socket.socket, over: threading.Event) -> None:
    over.set()
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


def _broken(error: OSError) -> Unreachable:
    why = error.strerror or str(error)
    if isinstance(error, TimeoutError):
        return Unreachable("the server did not answer in time", kind=Trouble.SILENT.value)
    trouble = Trouble.NO_TLS if isinstance(error, ssl.SSLError) else Trouble.NO_CONNECTION
    return Unreachable(f"no connection: {why}", kind=trouble.value, detail=why)
