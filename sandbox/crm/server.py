"""The sandbox as a running server, and as an object tests and the demo hold."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.crm import seeding
from sandbox.crm.app import create_app, make_parts
from sandbox.crm.clock import Clock
from sandbox.crm.faults import Fault, Kind
from sandbox.crm.handle import AccountHandle
from sandbox.crm.hooks import Delivery, Sent
from sandbox.crm.limits import Limits
from sandbox.crm.state import Integration, World
from sandbox.crm.traffic import Hook, Request
from sandbox.crm.widgets.archive import check_vendor, read

CLIENT_ID = "3f1c0f0e-5d0a-4c52-9a10-2b7f0f6f4a11"
CLIENT_SECRET = "sandbox-secret-AbC123"
# Seconds until the server notices that it should stop.
POLL = 0.02
REDIRECT_URI = "http://localhost:5000/oauth/amocrm"


class _Handler(WSGIRequestHandler):
    """Says nothing: the traffic log is where requests are read."""

    def log(self, type: str, message: str, *args: Any) -> None:
        if type == "error":
            super().log(type, message, *args)

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """A cut connection is closed at once: werkzeug would wait on it for the next request."""
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def _ask_for(port: int) -> None:
    """Raises OSError when the port is taken; werkzeug's server would end the whole process instead."""
    socket.create_server(("127.0.0.1", port)).close()


class Crm:
    """`with Crm() as crm:` serves on 127.0.0.1 until the block ends; `port` 0 takes a free one.

    `site` is how the sandbox calls itself in hooks, tokens and links to accounts; by default
    `http://localhost:PORT`, so that an account is `http://acme.localhost:PORT`. OSError: the port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        site: str | None = None,
        state_file: Path | None = None,
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        redirect_uri: str = REDIRECT_URI,
        disable_uri: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.client_id, self.client_secret = client_id, client_secret
        self._world = World(state_file=state_file)
        self.parts = make_parts(self._world)
        self.parts.limiter.limits = limits or Limits()
        _ask_for(port)
        app = create_app(self.parts)
        self._server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Handler)
        self._world.site = site or f"http://localhost:{self.port}"
        self.integrate(redirect_uri, disable_uri)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL,), name="crm", daemon=True)

    def __enter__(self) -> Crm:
        self.parts.outbox.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.parts.faults.clear()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.parts.outbox.stop()

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def address(self) -> str:
        """Where to connect to whatever the Host header says."""
        return f"http://127.0.0.1:{self.port}"

    def url(self, subdomain: str) -> str:
        """An account's address; `www` is the promo host, `api-a` the shared API."""
        return f"{self._world.scheme}://{subdomain}.{self._world.domain}"

    @property
    def domain(self) -> str:
        """What follows the subdomain, with the port."""
        return self._world.domain

    def integrate(self, redirect_uri: str, disable_uri: str | None = None) -> None:
        """(Re)defines the integration's addresses."""
        with self._world.lock:
            self._world.integrations[self.client_id] = Integration(
                client_id=self.client_id,
                client_secret=self.client_secret,
                redirect_uri=redirect_uri,
                disable_uri=disable_uri or f"{redirect_uri}/disabled",
            )
            self._world.save()

    def account(self, subdomain: str, name: str | None = None) -> AccountHandle:
        """The account of that name; opened, empty, when there is none."""
        with self._world.lock:
            account = self._world.by_subdomain(subdomain)
            if account is None:
                account = seeding.open_account(self._world, subdomain, name or subdomain)
            return AccountHandle(self.parts, account)

    @property
    def accounts(self) -> list[AccountHandle]:
        with self._world.lock:
            return [AccountHandle(self.parts, account) for account in self._world.accounts.values()]

    def seed_demo(self) -> None:
        with self._world.lock:
            seeding.seed_demo(self.parts)
            self._world.save()

    @property
    def clock(self) -> Clock:
        return self._world.clock

    def install_widget(self, place: Path) -> None:
        """Uploads the integration's archive, a zip or a folder; accounts turn it on by their install.

        Raises NotBuilt.
        """
        check_vendor()
        uploaded = read(place)
        with self._world.lock:
            self._world.archives[self.client_id] = uploaded

    @property
    def on_request(self) -> list[Hook]:
        """Called with (phase, request) in the thread that serves it; before, after-commit, after."""
        return self.parts.traffic.hooks

    def requests(self, since: int = 0) -> list[Request]:
        return self.parts.traffic.since(since)

    @property
    def sent(self) -> list[Sent]:
        """What the sandbox sent by itself, and what status it met."""
        return list(self.parts.outbox.sent)

    @property
    def waiting(self) -> list[Delivery]:
        return self.parts.outbox.waiting()

    def settle(self, timeout: float = 10.0) -> bool:
        """Waits until every hook that is due is sent."""
        return self.parts.outbox.settle(timeout)

    def limit(self, limits: Limits) -> None:
        with self._world.lock:
            self.parts.limiter.limits = limits
            self.parts.limiter.reset()

    def spoil(self, kind: Kind, path: str = "", **how: Any) -> Fault:
        """A fault for all accounts; see Fault for what can be told."""
        return self.parts.faults.add(Fault(kind=kind, path=path, **how))

    def mend(self, ids: Iterable[int] | None = None) -> None:
        """Clears these faults, or all, and lets go of what they hold."""
        self.parts.faults.clear(ids)

    def use_grace(self, on: bool) -> None:
        """A used refresh token works until its successor is used, as Kommo's newer text says."""
        self._world.grace_until_new_used = on
