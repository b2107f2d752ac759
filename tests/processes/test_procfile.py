"""The real Procfile as a Heroku-style platform runs it: `release`, then the processes, with PORT and a TLS database."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from honcho.environ import parse_procfile

from backend.config import new_secret_key
from backend.processes.host.postgres import EmbeddedPostgres
from backend.processes.host.postgres_programs import Runner

from . import postgres_15
from .conftest import NO_SYNC, PATIENCE, ROOT

HOST = "127.0.35.15"  # our own loopback address: PostgreSQL's usual port is free there
PASSWORD = "p@ss/word"  # as platforms make them: with letters that an address must escape
TLS_ONLY = "local all all trust\nhostssl all all 127.0.0.0/8 scram-sha-256\n"
RUNNING = ("web", "pbx", "worker")


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """PostgreSQL 15 that is reached over TLS and by password, never in the clear (the wheel's has no TLS)."""
    settings = {
        **NO_SYNC,
        "listen_addresses": HOST,
        "ssl": "on",
        "ssl_cert_file": str(tmp_path / "tls.crt"),
        "ssl_key_file": str(tmp_path / "tls.key"),
        "hba_file": str(tmp_path / "hba.conf"),
    }
    (tmp_path / "hba.conf").write_text(TLS_ONLY)
    write_certificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    with EmbeddedPostgres(tmp_path / "data", postgres_15.bin_dir(), settings=settings) as server:
        with psycopg.connect(server.url.replace("+psycopg", "", 1)) as connection:
            connection.execute(f"CREATE ROLE station LOGIN PASSWORD '{PASSWORD}'")
            connection.execute("GRANT CREATE ON SCHEMA public TO station")
        yield f"postgres://station:{quote(PASSWORD, safe='')}@{HOST}/postgres?sslmode=require"


@pytest.fixture
def platform(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment a platform gives."""
    monkeypatch.chdir(ROOT)
    with socket.socket() as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    given = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    return {
        **given,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PORT": str(port),
        "DATABASE_URL": database_url,
        "SECRET_KEYS": new_secret_key(),
        "DATA_DIR": str(tmp_path / "nothing"),
        "LOG_FORMAT": "json",
    }


def test_the_procfile_names_release_and_the_three_processes() -> None:
    assert set(procfile()) == {"release", *RUNNING}


def test_a_platform_runs_it(platform: dict[str, str], database_url: str, tmp_path: Path) -> None:
    for _ in ("first", "again"):
        release(platform)
    log, address = tmp_path / "log", f"http://127.0.0.1:{platform['PORT']}"
    with honcho(platform, log) as processes, psycopg.connect(database_url, autocommit=True) as observer:
        wait_until(processes, lambda: answers(f"{address}/healthz"), log)
        wait_until(processes, lambda: answers(f"{address}/readyz"), log)
        wait_until(processes, lambda: set(connections(observer)) == set(RUNNING), log)
        assert connections(observer).total() <= 18
        processes.terminate()
        processes.wait(PATIENCE)
    told = log.read_text()
    assert "SIGKILL" not in told  # each stopped when asked
    assert not [line for line in told.splitlines() if '"level": "error"' in line or "Traceback" in line]
    assert not Path(platform["DATA_DIR"]).exists()


def test_the_database_refuses_us_without_tls(database_url: str) -> None:
    """So what the processes did above, they did over TLS."""
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba.conf entry .* no encryption"):
        psycopg.connect(database_url.replace("sslmode=require", "sslmode=disable"))


def procfile() -> dict[str, str]:
    commands: dict[str, str] = parse_procfile((ROOT / "Procfile").read_text()).processes
    return commands


def release(platform: dict[str, str]) -> None:
    command = ["/bin/sh", "-c", procfile()["release"]]
    done = subprocess.run(command, env=platform, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def honcho(platform: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Runs the processes; honcho ends, and so does all waiting for it, when one of them does."""
    command = [sys.executable, "-m", "honcho", "start", "--no-colour", *RUNNING]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=platform, stdout=output, stderr=subprocess.STDOUT) as processes,
    ):
        watchdog = threading.Timer(PATIENCE, processes.terminate)
        watchdog.start()
        try:
            yield processes
        finally:
            watchdog.cancel()
            processes.terminate()


def wait_until(processes: subprocess.Popen[bytes], happened: Callable[[], bool], log: Path) -> None:
    while not happened():
        with contextlib.suppress(subprocess.TimeoutExpired):
            processes.wait(0.05)
            pytest.fail(log.read_text())


def answers(url: str) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(url, timeout=PATIENCE).status_code == 200
    return False


def connections(observer: psycopg.Connection) -> Counter[str]:
    """How many connections each of our processes holds."""
    found = observer.execute(
        "SELECT application_name FROM pg_stat_activity WHERE usename = 'station' AND pid <> pg_backend_pid()"
    )
    return Counter(name.removeprefix("phone-station ") for (name,) in found)


def write_certificate(into: Path, key_file: Path) -> None:
    """A self-signed one for a day; its key readable by the server alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "database.test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    into.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption()))
    key_file.chmod(0o600)
    if os.geteuid() == 0:
        runner = Runner.choose(into.parent / "data", postgres_15.bin_dir())
        os.chown(key_file, runner.uid, runner.gid)
