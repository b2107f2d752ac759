"""A real `web` process, and browsers that read its streams."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from backend.config import Settings
from backend.processes.web import gunicorn_arguments
from tests.kill.processes import ROOT, environ, until

PATIENCE = 60.0  # seconds; only ever spent by a test that fails
HOST = "127.0.0.1"


class Web:
    """gunicorn as `python -m backend web` starts it, with one worker."""

    def __init__(self, settings: Settings, log: Path) -> None:
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        self.settings = settings.model_copy(update={"port": self.port, "web_concurrency": 1})
        self.log = log
        self.browsers: list[Browser] = []
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [each.replace("0.0.0.0", HOST) for each in gunicorn_arguments(self.settings)[:-1]]
        command = [sys.executable, "-m", "gunicorn", *words, "tests.stream.served:app"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | environ(self.settings), stdout=log, stderr=log
            )
        until(self._answers, "web answers", PATIENCE)

    def stop(self, sig: signal.Signals = signal.SIGTERM) -> float:
        """How many seconds it took to end."""
        if self._process is None:
            return 0.0
        begun = time.monotonic()
        self._process.send_signal(sig)
        self._process.wait(PATIENCE)
        self._process = None
        return time.monotonic() - begun

    def kill_worker(self) -> None:
        """`kill -9` of the one that serves; gunicorn makes another."""
        os.kill(self.worker, signal.SIGKILL)

    @property
    def worker(self) -> int:
        """The process that serves."""
        assert self._process
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return int(children[0])

    def _answers(self) -> bool:
        assert self._process
        assert self._process.poll() is None, self.log.read_text()
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, token: str = "", **headers: str) -> tuple[int, Any]:
        """Status and JSON of one request."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        connection.request(method, path, headers={"X-Auth-Token": token, **headers})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        return answer.status, body

    def ticket(self, token: str) -> str:
        status, body = self.ask("POST", "/api/stream/ticket", token)
        assert status == 200, body
        return str(body["ticket"])

    def read(self, ticket: str, after: str | None = None, origin: str = "") -> Browser:
        self.browsers.append(Browser(self.port, ticket, after, origin))
        return self.browsers[-1]


class Browser:
    """One EventSource."""

    def __init__(self, port: int, ticket: str, after: str | None = None, origin: str = "") -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
        headers = {"Origin": origin} | ({} if after is None else {"Last-Event-ID": after})
        self._connection.request("GET", f"/api/stream?{urlencode({'ticket': ticket})}", headers=headers)
        self.answer = self._connection.getresponse()
        self.last_id = after

    def events(self) -> Any:
        """(name, data) as they come, beats too, until the stream ends."""
        name, deadline = "", time.monotonic() + PATIENCE
        while line := self._line():
            assert time.monotonic() < deadline, "nothing more is heard"
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "id":
                self.last_id = value
            elif field == "data":
                yield name, json.loads(value)

    def _line(self) -> bytes:
        try:
            return self.answer.readline()
        except (http.client.HTTPException, OSError):
            return b""

    def next(self, wanted: str) -> Any:
        """The data of the next such event."""
        return next(data for name, data in self.events() if name == wanted)

    def greeted(self) -> Browser:
        """Has read all that comes before the popups."""
        self.next("missed")
        return self

    def popups_until(self, call: str, state: str) -> list[tuple[str, str]]:
        """The popups that come, as (call, state), up to and with this one."""
        seen = []
        for name, data in self.events():
            if name == "popup":
                seen.append((data["call"], data["state"]))
                if seen[-1] == (call, state):
                    return seen
        raise AssertionError(f"the stream ended before {call} {state}: {seen}")

    def has_ended(self) -> bool:
        """Reads to the end, which must come."""
        for _ in self.events():
            pass
        return True

    def close(self) -> None:
        self.answer.close()
        self._connection.close()
