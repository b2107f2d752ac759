"""A real Asterisk in a private folder: installed, configured, started, stopped; dies with whoever started it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .. import debian
from .clock import Clock
from .errors import NotRunning

SUITES = {22: "forky", 16: "bullseye"}
PACKAGES = {22: ("asterisk",), 16: ("asterisk", "asterisk-voicemail")}
"""Newer Debian ships voicemail with the rest."""

BOOT_SECONDS = 60.0
STOP_SECONDS = 20.0
CONFIG = Path(__file__).parent / "config"
LEASH = Path(__file__).with_name("leash.py")


def install(version: int) -> Path:
    """The folder of Asterisk 22 or 16, made at the first call. Raises debian.Unavailable."""
    suite = SUITES[version]
    into = debian.cache_home() / f"asterisk-{version}-{suite}"
    return debian.unpack(suite, PACKAGES[version], into, finish=_name_the_sounds)


def _name_the_sounds(prefix: Path) -> None:
    """A maintainer script's work: without sounds/en a transfer by feature code ends without a word."""
    sounds = prefix / "usr/share/asterisk/sounds"
    if not (sounds / "en").exists():
        (sounds / "en").symlink_to("en_US_f_Allison")


class Asterisk:
    """One Asterisk, from the templates in config/both and config/`role`, with `values` filled in.

    `home` gets its configuration, logs, recordings and database, and is kept over a restart; `sockets` has a short
    path. `with_clock`: it has a clock of its own, which can be set wrong.
    """

    def __init__(
        self, version: int, role: str, home: Path, sockets: Path, values: Mapping[str, str], *, with_clock: bool = False
    ) -> None:
        self.role, self.home, self._sockets = role, home, sockets
        self._prefix = install(version)
        self._process: subprocess.Popen[bytes] | None = None
        # the kernel ends a child with the thread that made it, so that thread must live as long as this object
        self._starter = ThreadPoolExecutor(1, thread_name_prefix=f"starts {role}")
        self._write_configuration(values)
        self.clock = Clock(SUITES[version], sockets / "clock") if with_clock else None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Returns when it is fully booted, by its own word. Raises NotRunning."""
        if self.pid is not None:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as word:
            ready = self._sockets / "ready"
            ready.unlink(missing_ok=True)
            word.bind(str(ready))
            self._process = self._starter.submit(self._spawn, ready).result()
            self._await_word(word)

    def stop(self) -> None:
        """Asks it to end its calls and go, as a reboot does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it at once, as a power cut does."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Its sockets stay open and silent until `thaw`; returns when every thread has stopped."""
        if self._process and self.pid is not None:
            self._process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def dispose(self) -> None:
        """Kills it and lets go of what it held; the object is of no use afterwards."""
        self.kill()
        self._starter.shutdown()

    def complaints(self) -> str:
        """The end of its log, for an error message."""
        log = self.home / "log/messages"
        return log.read_text(errors="replace")[-2000:] if log.exists() else "nothing was logged"

    def _spawn(self, ready: Path) -> subprocess.Popen[bytes]:
        configuration = str(self.home / "etc/asterisk.conf")
        preload = self.clock.library if self.clock else None
        asterisk = [*debian.program(self._prefix, "usr/sbin/asterisk", preload=preload), "-f", "-C", configuration]
        leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid())]
        with (self.home / "log/stdout").open("ab") as output:
            return subprocess.Popen(
                [*leash, *asterisk],
                env=os.environ | {"NOTIFY_SOCKET": str(ready)} | (self.clock.environment if self.clock else {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _await_word(self, word: socket.socket) -> None:
        """Asterisk tells a service manager when it has fully booted; here that is us."""
        word.settimeout(0.25)
        for _ in range(int(BOOT_SECONDS / 0.25)):
            try:
                if b"READY=1" in word.recv(4096):
                    return
            except TimeoutError:
                if self.pid is None:
                    raise NotRunning(f"{self.role} ended while it started: {self.complaints()}") from None
        raise NotRunning(f"{self.role} did not boot in {BOOT_SECONDS:g} s: {self.complaints()}")

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self.pid is not None:
            self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._signal(number)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _write_configuration(self, values: Mapping[str, str]) -> None:
        for folder in (self._sockets, *(self.home / name for name in ("etc", "lib/keys", "log", "spool/monitor"))):
            folder.mkdir(parents=True, exist_ok=True)
        known = {
            **values,
            "home": str(self.home),
            "sockets": str(self._sockets),
            "data": str(self._prefix / "usr/share/asterisk"),
            "modules": str(next(self._prefix.glob("usr/lib/**/chan_pjsip.so")).parent),
        }
        for template in [*(CONFIG / "both").iterdir(), *(CONFIG / self.role).iterdir()]:
            text = re.sub(r"\{\{(\w+)\}\}", lambda found: known[found[1]], template.read_text())
            (self.home / "etc" / template.name).write_text(text)
