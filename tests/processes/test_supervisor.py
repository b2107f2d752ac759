"""Toy children under the real supervisor, itself a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from backend.processes.host.supervisor import Patience

from .conftest import PATIENCE, StartScript, next_line, next_pid, wait_until_gone

SUPERVISE = """
import sys
from backend import logs
from backend.processes.host.supervisor import Patience, Program, supervise
logs.configure("text")
patience = Patience(first_wait=0.01, grace=float(sys.argv[1]))
programs = [Program(name=f"p{n}", command=(sys.executable, "-c", text)) for n, text in enumerate(sys.argv[2:])]
supervise(programs, patience)
print("stopped", flush=True)
"""
LIVES = "import os, signal; print('pid', os.getpid()); signal.pause()"
PARENT = """
import os, signal
if (grandchild := os.fork()):
    print('pid', grandchild); print('pid', os.getpid())
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True: signal.pause()
"""
LONG_GRACE, NO_GRACE = 60, 0.05


def stop(supervisor: subprocess.Popen[str], sig: signal.Signals = signal.SIGTERM) -> None:
    supervisor.send_signal(sig)
    out, _ = supervisor.communicate(timeout=PATIENCE)
    assert (supervisor.returncode, out) == (0, "stopped\n")


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_stops_every_child_with_itself(start_script: StartScript, sig: signal.Signals) -> None:
    supervisor = start_script(SUPERVISE, LONG_GRACE, LIVES, LIVES)
    pids = [next_pid(supervisor.stderr, "p."), next_pid(supervisor.stderr, "p.")]
    stop(supervisor, sig)
    for pid in pids:
        wait_until_gone(pid)


def test_a_child_that_died_is_started_again_and_its_neighbour_left_alone(start_script: StartScript) -> None:
    supervisor = start_script(SUPERVISE, LONG_GRACE, LIVES, "import signal; signal.pause()")
    first = next_pid(supervisor.stderr, "p0")
    os.kill(first, signal.SIGKILL)
    assert "process=p0" in next_line(supervisor.stderr, r"process_died.*status=-9.*")
    assert next_pid(supervisor.stderr, "p0") != first
    stop(supervisor)


def test_a_child_that_will_not_stop_is_killed_with_its_children(start_script: StartScript) -> None:
    supervisor = start_script(SUPERVISE, NO_GRACE, PARENT)
    pids = [next_pid(supervisor.stderr, "p0"), next_pid(supervisor.stderr, "p0")]
    stop(supervisor)
    for pid in pids:
        wait_until_gone(pid)


def test_children_of_a_killed_supervisor_go_too(start_script: StartScript) -> None:
    supervisor = start_script(SUPERVISE, LONG_GRACE, LIVES, LIVES)
    pids = [next_pid(supervisor.stderr, "p."), next_pid(supervisor.stderr, "p.")]
    supervisor.kill()
    for pid in pids:
        wait_until_gone(pid)


def test_stops_at_once_while_it_waits_to_start_a_child_again(start_script: StartScript) -> None:
    patience = SUPERVISE.replace("first_wait=0.01", "first_wait=3600")
    supervisor = start_script(patience, LONG_GRACE, "raise SystemExit(3)")
    next_line(supervisor.stderr, "process_died.*status=3")
    stop(supervisor)


def test_lines_of_every_kind_are_passed_on(start_script: StartScript) -> None:
    odd = r"import os, signal; os.write(1, b'\xff\xfe\n' + b'x' * 300_000 + b'\n'); os.write(2, b'pid 7\nend');"
    supervisor = start_script(SUPERVISE.replace("first_wait=0.01", "first_wait=3600"), LONG_GRACE, odd)
    assert supervisor.stderr is not None
    supervisor.stderr.reconfigure(errors="replace")
    long = next_line(supervisor.stderr, r"^p0 \| x{65536,}$")
    assert len(long) < 300_000
    assert next_pid(supervisor.stderr, "p0") == 7
    next_line(supervisor.stderr, r"^p0 \| end$")
    stop(supervisor)


def test_where_lines_are_json_every_one_is(start_script: StartScript) -> None:
    odd = r"""import os; os.write(1, b'{"event": "ours", "account": 7}\ntheirs \xff "7"\n{"cut')"""
    tells_json = SUPERVISE.replace('"-c", text))', '"-c", text), tells_json=True)')
    supervisor = start_script(tells_json.replace("first_wait=0.01", "first_wait=3600"), LONG_GRACE, odd)
    told = [json.loads(next_line(supervisor.stderr, r"^\{.*\}$")) for _ in range(3)]
    assert told == [
        {"process": "p0", "event": "ours", "account": 7},
        {"process": "p0", "event": 'theirs \ufffd "7"', "level": "info"},
        {"process": "p0", "event": '{"cut', "level": "info"},
    ]
    stop(supervisor)


def test_waits_grow_are_capped_and_begin_again_after_a_long_life() -> None:
    patience = Patience(first_wait=0.5, longest_wait=3, settled=60)
    waits = [0.0]
    for lived in (0, 0, 1, 59, 60, 0):
        waits.append(patience.next_wait(waits[-1], lived))
    assert waits[1:] == [0.5, 1.0, 2.0, 3, 0.5, 1.0]
