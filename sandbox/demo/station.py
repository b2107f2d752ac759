"""The Phone Station as its operator runs it: `python -m backend all`, and what the widget would ask of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from sandbox.crm.handle import AccountHandle
from sandbox.crm.server import Crm
from sandbox.demo.listener import Listener
from sandbox.pbx.office import Office

LEASH = Path(__file__).parents[1] / "pbx" / "leash.py"
PATIENCE = 30.0  # seconds for anything but the first start of PostgreSQL, which is quicker still
ASK_AGAIN = 0.1
AGREED = {"consent": "1"}  # what the widget's dialog asks before Install can be pressed


SETTINGS = (
    "DATABASE_URL", "SECRET_KEYS", "LOG_FORMAT", "TRUSTED_PROXIES", "WORKER_CONCURRENCY",
    "WEB_CONNECTIONS", "PBX_CONNECTIONS", "WORKER_CONNECTIONS",
)  # fmt: skip


class StationDown(Exception):
    """It did not start, or did not do what it was asked; says where to look."""


class Station:
    """Runs while it is entered; its log is kept in `home`."""

    def __init__(self, crm: Crm, port: int, home: Path) -> None:
        self.url = f"http://localhost:{port}"
        self.log = home / "station.log"
        self.data = home / "station"
        self._environment = {
            "PORT": str(port),
            "PUBLIC_URL": self.url,
            "DATA_DIR": str(self.data),
            "AMOCRM_CLIENT_ID": crm.client_id,
            "AMOCRM_CLIENT_SECRET": crm.client_secret,
            "SANDBOX_HOST_SUFFIX": crm.domain,
            "PBX_NETWORKS": "127.0.0.0/8",
            "WEB_CONCURRENCY": "1",
            "LOG_FORMAT": "text",
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of `all`, whose children do the work."""
        assert self._process is not None
        return self._process.pid

    @property
    def why_command(self) -> str:
        return f"DATA_DIR={os.path.relpath(self.data)} .venv/bin/python -m backend why"

    def __enter__(self) -> Self:
        """Raises StationDown."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when it answers. Raises StationDown."""
        command = (sys.executable, "-m", "backend", "all")
        leash = (sys.executable, "-I", "-S", str(LEASH), str(os.getpid()))
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                (*leash, *command),
                env={**_clean(os.environ), **self._environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is ours to pass on, once
            )
        self.until(self.is_ready, "it answers")

    def stop(self) -> None:
        """As a service is stopped, in good order."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()

    def install(self, *accounts: AccountHandle) -> None:
        """The marketplace's hook for each, then what the station does with it. Raises StationDown."""
        for account in accounts:
            status = account.install(settings=AGREED)
            if status != 200:
                raise StationDown(f"the install hook of {account.subdomain} was answered with {status}")
        for account in accounts:
            self.until(partial(self.is_connected, account), f"{account.subdomain} is connected")
            self.until(partial(self._knows_clients, account), f"it knows the clients of {account.subdomain}")

    def set_up(self, account: AccountHandle, office: Office, **choices: Any) -> None:
        """What an administrator does in the widget's settings; `choices` are settings beyond the demo's.

        Raises StationDown.
        """
        ami, links = office.ami, self.links(account)
        pbx = {
            "host": ami.host, "port": ami.tls_port, "username": ami.username, "secret": ami.secret,
            "tls": True, "certificate": ami.certificate.read_text(),
        }  # fmt: skip
        self.choose(account, pbx=pbx, **choices)
        self.until(lambda: self.links(account) > links, "the line to the PBX is up")

    def choose(self, account: AccountHandle, pbx: dict[str, Any] | None = None, **choices: Any) -> None:
        """Replaces the account's settings. Raises StationDown."""
        people = [user["id"] for user in account.users]
        seats = zip(people, ("101", "102", "103"), strict=False)
        settings = {
            "employees": [{"user_id": user, "extensions": [extension]} for user, extension in seats],
            "missed_to": people[:1],
            "default_employee": people[0],
            **choices,
        }
        wanted = {"settings": settings} if pbx is None else {"settings": settings, "pbx": pbx}
        answer = self._ask(account, "PUT", "/api/settings", json=wanted)
        if not answer.ok:
            raise StationDown(f"the settings were refused: {answer.text}")

    def settings(self, account: AccountHandle) -> dict[str, Any]:
        """All that the settings page shows an administrator."""
        answer = self._ask(account, "GET", "/api/settings")
        answer.raise_for_status()
        return dict(answer.json())

    def make_site(self, account: AccountHandle) -> str:
        """The key of a site that may ask for callbacks once the settings name it. Raises StationDown."""
        answer = self._ask(account, "POST", "/api/callback/sites")
        if not answer.ok:
            raise StationDown(f"the site was refused: {answer.text}")
        return str(answer.json()["key"])

    def dialplan(self, account: AccountHandle) -> str:
        """What the settings page gives an administrator to paste into his PBX's dialplan."""
        answer = self._ask(account, "GET", "/api/pbx/lines")
        answer.raise_for_status()
        asterisk = next(each for each in answer.json()["flavours"] if each["name"] == "asterisk")
        return str(asterisk["install"][0]["text"])

    def popups(self, account: AccountHandle, user: int) -> list[dict[str, Any]]:
        """All that this employee's widget has shown, also what is closed by now, the last change last."""
        answer = self._ask(account, "GET", "/api/popups?after=0", user=user)
        answer.raise_for_status()
        return list(answer.json()["popups"])

    def listen(self, account: AccountHandle, user: int) -> Listener:
        """Opens this employee's stream, as his widget does."""
        answer = self._ask(account, "POST", "/api/stream/ticket", user=user)
        answer.raise_for_status()
        return Listener(self.url, answer.json()["ticket"])

    def click(self, account: AccountHandle, user: int, number: str) -> str:
        """He clicks the phone number in a card; the call's name. Raises StationDown when the station refuses."""
        order = {"request": str(uuid.uuid4()), "phone": number}
        answer = self._ask(account, "POST", "/api/calls", user=user, json=order)
        if not answer.ok:
            raise StationDown(f"the click was refused: {answer.text}")
        return str(answer.json()["call"])

    def hears(self, link: str) -> bool:
        """Whether a recording's link plays by now."""
        answer = requests.get(link, timeout=PATIENCE)
        return answer.ok and answer.headers["Content-Type"] == "audio/mpeg"

    def close_popups(self, account: AccountHandle, user: int) -> None:
        """This employee closes whatever his screen shows."""
        for popup in self.popups(account, user):
            if popup["state"] != "closed":
                self._ask(account, "POST", f"/api/popups/{popup['call']}/close", user=user).raise_for_status()

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Raises StationDown when it does not come true in time, or the process ended."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if self._process is None or self._process.poll() is not None:
                raise StationDown(f"the Phone Station ended by itself; see {self.log}")
            if time.monotonic() > deadline:
                raise StationDown(f"waited {PATIENCE:.0f} s in vain until {what}; see {self.log}")
            time.sleep(ASK_AGAIN)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=PATIENCE).ok
        except requests.ConnectionError:
            return False

    def is_connected(self, account: AccountHandle) -> bool:
        return self._ask(account, "GET", "/api/settings").ok

    def _knows_clients(self, account: AccountHandle) -> bool:
        return re.search(rf"phonebook synced .*account={account.id}\b", self.log.read_text()) is not None

    def links(self, account: AccountHandle) -> int:
        """How often the line to this account's PBX has come up, for everybody to see."""
        return len(re.findall(rf"link shown .*account={account.id} state=up\b", self.log.read_text()))

    def _ask(
        self, account: AccountHandle, method: str, path: str, *, user: int | None = None, **more: Any
    ) -> requests.Response:
        token = account.widget_token(account.users[0]["id"] if user is None else user)
        return requests.request(method, self.url + path, headers={"X-Auth-Token": token}, timeout=PATIENCE, **more)


def _clean(environment: Any) -> dict[str, str]:
    """The demo is alone: it uses no database, key or setting of the machine it runs on."""
    return {name: value for name, value in environment.items() if name not in SETTINGS}
