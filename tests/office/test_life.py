"""Offices start, stop, freeze and die without leaving anything behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.pbx import NotRunning, Office
from sandbox.pbx.ami import Ami

pytestmark = pytest.mark.asterisk
DEADLINE = 60.0


@pytest.fixture
def alone() -> Iterator[Office]:
    """An office that a test may break."""
    with Office() as office:
        yield office


def await_end(pid: int) -> None:
    """Waits for the end of a process that is nobody's child here."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([handle], [], [], DEADLINE)
    os.close(handle)
    assert ended, f"process {pid} still runs"


def asterisks_of(parent: int) -> list[int]:
    children = [path.read_text().split() for path in Path(f"/proc/{parent}/task").glob("*/children")]
    return [int(pid) for pids in children for pid in pids]


def run(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def test_an_office_dies_with_whoever_started_it() -> None:
    with run("from sandbox.pbx import Office\nwith Office(): print('up', flush=True); input()") as parent:
        assert first_line(parent) == "up\n"
        asterisks = asterisks_of(parent.pid)
        assert len(asterisks) == 2
        parent.kill()
    for pid in asterisks:
        await_end(pid)


def test_what_a_killed_office_left_is_swept_by_the_next(alone: Office) -> None:
    with run("from sandbox.pbx import Office\nwith Office() as o: print(o.home, flush=True); input()") as parent:
        left = Path(first_line(parent).strip())
        parent.kill()
    assert left.exists()
    with Office():
        assert not left.exists()
        assert alone.home.exists()


def test_an_office_lives_longer_than_the_thread_that_started_it() -> None:
    code = (
        "import threading; from sandbox.pbx import Office; o = Office()\n"
        "t = threading.Thread(target=o.__enter__); t.start(); t.join()\n"
        "o.client('+79161234567').calls(o.did.after_hours).is_over(); print('heard'); o.__exit__(None, None, None)"
    )
    with run(code) as parent:
        assert first_line(parent) == "heard\n"
    assert parent.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_cleanly_when_asked(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "sandbox", "pbx"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        assert "Asterisk 22 is up" in first_line(process)
        asterisks = asterisks_of(process.pid)
        process.send_signal(number)
        assert process.wait(DEADLINE) == 0
    for pid in asterisks:
        await_end(pid)


def test_two_offices_do_not_meet(alone: Office) -> None:
    with Office() as other:
        assert other.ami.host != alone.ami.host
        other.client("+79161234567").calls(other.did.direct)
        other.phone("101").rings()
        alone.quiet()


def test_a_restarted_pbx_keeps_its_database_and_takes_calls(alone: Office) -> None:
    alone.phone("103").forwards_to("79037770103")
    alone.restart_pbx()
    alone.client("+79161234567").calls(alone.did.mobile)
    alone.client("79037770103").rings()


def test_a_killed_pbx_comes_back(alone: Office) -> None:
    alone.kill_pbx()
    with pytest.raises(OSError, match="refused"):
        Ami(alone.ami.host, alone.ami.port, "station", alone.ami.secret)
    alone.start_pbx()
    alone.client("+79161234567").calls(alone.did.direct)
    alone.phone("101").rings()


def test_a_frozen_pbx_is_silent_until_it_thaws(alone: Office) -> None:
    with Ami(alone.ami.host, alone.ami.port, "station", alone.ami.secret, patience=0.5) as link:
        alone.freeze()
        with pytest.raises(NotRunning, match="no answer"):
            link.act("Ping")
        alone.thaw()
    alone.client("+79161234567").calls(alone.did.after_hours).is_over()


def test_a_given_home_is_kept(tmp_path: Path) -> None:
    with Office(home=tmp_path) as office:
        assert office.home == tmp_path
    assert (tmp_path / "pbx/log/messages").exists()
