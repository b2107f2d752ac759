"""`all` with its real database and toy processes: order of start and stop, nothing left, data kept."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from backend.config import database_url_file, secret_key_file
from tests.journeys.opening import free_port

from .conftest import PATIENCE, StartScript, next_line, next_pid, wait_until_gone

ALL = """
import os, sys
from backend import logs
from backend.processes import all as one_server
toy = sys.argv[1]
one_server.backend_command = lambda name: (sys.executable, "-c", toy, name)
logs.configure("text")
try:
    one_server.run_all()
except one_server.StartError as problem:
    sys.exit(str(problem))
"""
TOY = """
import os, signal, sys
import psycopg
from backend.config import load_settings
settings = load_settings()
with psycopg.connect(settings.libpq_url) as connection:
    if sys.argv[1] == "migrate":
        connection.execute("CREATE TABLE IF NOT EXISTS migrated (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO migrated DEFAULT VALUES")
    else:
        (runs,) = connection.execute("SELECT count(*) FROM migrated").fetchone()
        print("runs", runs)
        print("pid", os.getpid())
if sys.argv[1] != "migrate":
    signal.pause()
"""


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "SECRET_KEYS", "LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PORT", str(free_port()))


def pids_of(station: subprocess.Popen[str]) -> list[int]:
    """The database's, then those of the three processes once all are up."""
    database = int(next_line(station.stderr, r"postgres_started .*pid=(\d+)"))
    return [database, *(next_pid(station.stderr, r"\w+") for _ in range(3))]


def stop(station: subprocess.Popen[str]) -> None:
    station.send_signal(signal.SIGINT)
    _, err = station.communicate(timeout=PATIENCE)
    assert station.returncode == 0, err
    assert "Traceback" not in err


def test_starts_in_order_stops_everything_and_keeps_data(tmp_path: Path, start_script: StartScript) -> None:
    keys = set()
    for run in ("1", "2"):
        station = start_script(ALL, TOY)
        database = int(next_line(station.stderr, r"postgres_started .*pid=(\d+)"))
        assert [next_line(station.stderr, r"^\w+ +\| runs (\d+)$") for _ in range(3)] == [run] * 3
        keys.add(secret_key_file(tmp_path).read_text())
        stop(station)
        wait_until_gone(database)
        assert not database_url_file(tmp_path).exists()
    assert len(keys) == 1


def test_a_killed_all_leaves_no_process_behind(start_script: StartScript) -> None:
    station = start_script(ALL, TOY)
    pids = pids_of(station)
    station.kill()
    for pid in pids:
        wait_until_gone(pid)


def test_a_killed_database_comes_back(tmp_path: Path, start_script: StartScript) -> None:
    station = start_script(ALL, TOY)
    database, *_ = pids_of(station)
    os.kill(database, signal.SIGKILL)
    next_line(station.stderr, "postgres_died")
    next_line(station.stderr, "postgres_started")
    address = database_url_file(tmp_path).read_text().replace("+psycopg", "", 1)
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT count(*) FROM migrated").fetchone() == (1,)
    stop(station)


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_may_be_stopped_while_it_starts(start_script: StartScript, sig: signal.Signals) -> None:
    station = start_script(ALL, "import os, sys, signal; print('pid', os.getpid(), file=sys.stderr); signal.pause()")
    database = int(next_line(station.stderr, r"postgres_started .*pid=(\d+)"))
    migration = int(next_line(station.stderr, r"^pid (\d+)$"))
    station.send_signal(sig)
    out, err = station.communicate(timeout=PATIENCE)
    assert (station.returncode, out, err) == (0, "", "")
    for pid in (migration, database):
        wait_until_gone(pid)


def test_a_failed_migration_ends_it_in_words(start_script: StartScript) -> None:
    station = start_script(ALL, "raise SystemExit(4)")
    database = int(next_line(station.stderr, r"postgres_started .*pid=(\d+)"))
    _, err = station.communicate(timeout=PATIENCE)
    assert station.returncode == 1
    assert "could not be migrated (exit status 4)" in err
    wait_until_gone(database)


def test_a_second_all_on_the_same_folder_is_refused_and_harms_nothing(
    tmp_path: Path, start_script: StartScript
) -> None:
    station = start_script(ALL, TOY)
    pids_of(station)
    second = start_script(ALL, TOY)
    _, err = second.communicate(timeout=PATIENCE)
    assert "Another Phone Station already uses" in err
    assert database_url_file(tmp_path).exists()
    stop(station)
