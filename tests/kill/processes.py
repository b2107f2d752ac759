"""Processes that a test starts, kills, freezes and thaws."""

from __future__ import annotations

import itertools
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.config import Settings

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0  # seconds; only ever spent by a test that fails
GLANCE = 0.02  # seconds between looks at what cannot be waited on


def until(happened: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """What `happened` says when it first says anything."""
    deadline = time.monotonic() + patience
    while not (said := happened()):
        assert time.monotonic() < deadline, f"not within {patience:.0f} s: {what}"
        time.sleep(GLANCE)
    return said


def environ(settings: Settings) -> dict[str, str]:
    """The settings as a process reads them."""
    values = settings.model_dump(mode="json") | {"secret_keys": ",".join(settings.secret_keys)}
    return {name.upper(): str(value) for name, value in values.items()}


class Process:
    def __init__(self, pid: int, log: Path) -> None:
        self.pid, self.log = pid, log
        self._handle = os.pidfd_open(pid)

    def send(self, sig: signal.Signals) -> None:
        signal.pidfd_send_signal(self._handle, sig)

    def kill(self) -> None:
        """`kill -9`; returns when it is dead."""
        if self.is_alive:
            self.send(signal.SIGKILL)
        self.wait()

    def wait(self, patience: float = PATIENCE) -> None:
        ended, _, _ = select.select([self._handle], [], [], patience)
        assert ended, f"process {self.pid} lives on"

    def freeze(self) -> None:
        """Returns when every thread of it stands still."""
        self.send(signal.SIGSTOP)
        until(lambda: self._state == "T", f"process {self.pid} stopped")

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    @property
    def is_alive(self) -> bool:
        return not select.select([self._handle], [], [], 0)[0]

    @property
    def _state(self) -> str:
        """The worst of its threads': T when all are stopped (man proc, State)."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        states = {(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks}
        return "T" if states == {"T"} else "R"

    def times(self, words: str) -> int:
        """How often it has said so in its log."""
        return self.log.read_text("utf-8", "replace").count(words)


class Nursery:
    """Gives birth within milliseconds; what it bore dies with it. See `nursery`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._born: list[Process] = []
        self._numbers = itertools.count(1)
        self._mother = subprocess.Popen(
            [sys.executable, "-m", "tests.kill.nursery"],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def bear(self, settings: Settings, job: str, **more: Any) -> Process:
        assert self._mother.stdin
        assert self._mother.stdout
        log = self._folder / f"{next(self._numbers)}-{job}.log"
        log.touch()
        order = {"job": job, "environ": environ(settings), "log": str(log), **more}
        self._mother.stdin.write(json.dumps(order) + "\n")
        self._mother.stdin.flush()
        self._born.append(Process(int(self._mother.stdout.readline()), log))
        return self._born[-1]

    def kill_all(self) -> None:
        while self._born:
            self._born.pop().kill()

    def close(self) -> None:
        self.kill_all()
        self._mother.communicate()
