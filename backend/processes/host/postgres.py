"""A PostgreSQL of our own: made at first use, reached by a Unix socket only, stopped with the one who started it.

Only the programs come from elsewhere (a wheel or the system), so no package's own start-up code runs
and no system user is made.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import structlog
from psycopg.pq import PGconn, Ping
from sqlalchemy import URL

from backend.processes.host.postgres_programs import PostgresError, Runner, find_binaries, major_version, output_of

__all__ = ["EmbeddedPostgres", "PostgresError", "find_binaries"]

log = structlog.get_logger(__name__)

MAX_SOCKET_PATH = 107  # bytes; sun_path of Linux's sockaddr_un without its final NUL
SOCKET_NAME = ".s.PGSQL.5432"
STOP_SECONDS = 30  # a fast stop ends with a checkpoint; past this the server is told to stop at once
PROGRESS_SECONDS = 5
POLL_SECONDS = 0.03
CTYPE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"  # macOS has no C.UTF-8
CALM = {
    "listen_addresses": "",  # no TCP at all
    "unix_socket_permissions": "0700",
    "log_min_messages": "log",  # a refused statement is its caller's to report
    "log_checkpoints": "off",
}


class EmbeddedPostgres:
    """One PostgreSQL on one folder: `with EmbeddedPostgres(folder) as server: connect(server.url)`.

    `settings` are added to the server's (`{"fsync": "off"}`). Start it from a thread that lives as long as
    it shall (see `dies_with_parent`). Raises PostgresError in words a person can act on.
    """

    def __init__(
        self, data_dir: Path, bin_dir: Path | None = None, *, settings: Mapping[str, str] | None = None
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.cluster = self.data_dir / "cluster"
        self.log_file = self.data_dir / "postgres.log"
        self._bin_dir = bin_dir
        self._settings = settings or {}
        self._socket_dir = self.data_dir / "run"
        self._server: subprocess.Popen[bytes] | None = None
        self._undo = contextlib.ExitStack()

    @property
    def url(self) -> str:
        """SQLAlchemy's address of the server (driver psycopg)."""
        place = {"host": str(self._socket_dir)}
        address = URL.create("postgresql+psycopg", username="postgres", database="postgres", query=place)
        return address.render_as_string(hide_password=False)

    @property
    def pid(self) -> int | None:
        """The server's process, None when it does not run."""
        return self._server.pid if self._server and self._server.poll() is None else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and return when it answers; data of an earlier run are kept."""
        try:
            self._start(self._bin_dir or find_binaries())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and let go of the folder. Nothing happens when it does not run."""
        self._undo.close()

    def _start(self, bin_dir: Path) -> None:
        runner = Runner.choose(self.data_dir, bin_dir)
        self._take_folder(runner)
        _stop_orphan(self.cluster)
        if not self.cluster.exists():
            self._make_cluster(runner, bin_dir)
        self._check_version(bin_dir)
        self._place_socket(runner)
        self._server = self._run_server(runner, bin_dir)
        self._undo.callback(_stop_server, self._server)
        self._wait_until_ready(self._server)
        log.info("postgres_started", pid=self._server.pid)

    def _take_folder(self, runner: Runner) -> None:
        """Have the folder for ourselves; the lock goes with our process, however that ends."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            lock = self._undo.enter_context((self.data_dir / "lock").open("a"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            runner.give(self.data_dir)
        except BlockingIOError:
            words = f"Another Phone Station already uses {self.data_dir}: stop it, or set DATA_DIR to another folder."
            raise PostgresError(words) from None
        except OSError as problem:
            words = f"{self.data_dir} cannot be used ({problem.strerror}): set DATA_DIR to a folder of your own."
            raise PostgresError(words) from None

    def _make_cluster(self, runner: Runner, bin_dir: Path) -> None:
        """Made beside its place and moved when whole, so that an interrupted first start leaves nothing half."""
        new = self.data_dir / "cluster.new"
        shutil.rmtree(new, ignore_errors=True)
        log.info("postgres_first_start", folder=str(self.cluster))
        command = [str(bin_dir / "initdb"), "-D", str(new), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        command += ["--locale=C", f"--lc-ctype={CTYPE}", "--no-instructions"]
        if self._settings.get("fsync") == "off":
            command += ["--no-sync"]
        made = runner.run(command)
        if made.returncode != 0:
            raise PostgresError(f"PostgreSQL could not make {new}: {_reason(made.stderr)}")
        new.rename(self.cluster)

    def _check_version(self, bin_dir: Path) -> None:
        version = self.cluster / "PG_VERSION"
        if not version.exists():
            raise PostgresError(f"{self.cluster} is no PostgreSQL folder: move it away, or set DATA_DIR elsewhere.")
        data, programs = version.read_text().strip(), major_version(bin_dir)
        if data != str(programs):
            raise PostgresError(
                f"The data in {self.cluster} were written by PostgreSQL {data}, but the programs in {bin_dir} are "
                f"PostgreSQL {programs}: carry the data over (pg_dump with {data}, or pg_upgrade), "
                f"or install PostgreSQL {data}'s programs, or set DATA_DIR to another folder."
            )

    def _place_socket(self, runner: Runner) -> None:
        self._socket_dir = self.data_dir / "run"
        if len(os.fsencode(self._socket_dir / SOCKET_NAME)) > MAX_SOCKET_PATH:
            self._socket_dir = Path(tempfile.mkdtemp(prefix="phone-station-"))
            self._undo.callback(shutil.rmtree, self._socket_dir, ignore_errors=True)
        self._socket_dir.mkdir(exist_ok=True)
        runner.give(self._socket_dir)

    def _run_server(self, runner: Runner, bin_dir: Path) -> subprocess.Popen[bytes]:
        settings = {**CALM, **self._settings, "unix_socket_directories": f'"{self._socket_dir}"'}
        command = [str(bin_dir / "postgres"), "-D", str(self.cluster)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log_file.open("wb") as output:
            return runner.start(command, output)

    def _wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        """However long it takes: recovery after a crash may be long, but it is not silent."""
        where = f"host='{self._socket_dir}' user=postgres dbname=postgres".encode()
        started = told = time.monotonic()
        while server.poll() is not None or PGconn.ping(where) != Ping.OK:  # another one may answer there
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(POLL_SECONDS)
                raise PostgresError(f"PostgreSQL did not start: {_reason(self.log_file.read_text('utf-8', 'replace'))}")
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                log.info("postgres_still_starting", seconds=round(told - started), log=str(self.log_file))


def _reason(text: str) -> str:
    lines = text.splitlines()
    telling = [line for line in lines if "FATAL" in line or "error:" in line]
    return next(iter([*telling, *lines[-1:]]), "it said nothing")


def _stop_server(server: subprocess.Popen[bytes]) -> None:
    """A fast stop (connections end, data are written), then harder ones."""
    for sig in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(sig)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(STOP_SECONDS)
            return


def _stop_orphan(cluster: Path) -> None:
    """Deal with the server of a killed predecessor: stop it if it lives, drop its lock file if it does not.

    We hold the folder's own lock, so no living supervisor owns that server. PostgreSQL would take any
    process with the noted number for a server, be it a zombie or a stranger that got the number later.
    """
    lock_file = cluster / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(lock_file.read_text().splitlines()[0])
        if _serves(pid, cluster):
            _stop_process(pid, cluster)
        lock_file.unlink()


def _stop_process(pid: int, cluster: Path) -> None:
    log.info("postgres_stopping_predecessor", pid=pid)
    for sig in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sig)
        deadline = time.monotonic() + STOP_SECONDS
        while _serves(pid, cluster) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)  # not our child: nothing to wait on


def _serves(pid: int, cluster: Path) -> bool:
    """Whether this process is alive and a server of this cluster (a server's working folder is its cluster)."""
    if sys.platform != "linux":
        return str(cluster) in output_of(["ps", "-ww", "-o", "command=", "-p", str(pid)])
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == cluster
    except OSError:  # gone, a zombie, or another user's
        return False
