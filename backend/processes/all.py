"""One server or a laptop: every process of the Procfile under one roof, with a database of its own if none is named."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from backend import logs
from backend.config import Settings, StartError, database_url_file, keep_secret_key, load_settings, write_private
from backend.processes.host.children import dies_with_parent
from backend.processes.host.postgres import EmbeddedPostgres
from backend.processes.host.supervisor import Program, supervise

log = structlog.get_logger(__name__)

OURS = "127.0.0.1"  # a web server on this machine stands before us; BIND says otherwise
PROCESSES = ("web", "pbx", "worker")


def backend_command(name: str) -> tuple[str, ...]:
    """How another of our processes is started."""
    return (sys.executable, "-m", "backend", name)


def run_all() -> None:
    """`python -m backend all`: until SIGTERM or SIGINT, then everything stops, the database last."""
    _on_signals(_leave)  # also while the database is being made
    logs.configure("json" if os.environ.get("LOG_FORMAT") == "json" else "text")  # settings need the database first
    with database() as each_second:
        settings = load_settings()
        os.environ["BIND"] = settings.bind or OURS
        _must_be_free(os.environ["BIND"], settings.port)
        migrate()
        log.info("starting", public_url=settings.public_url, port=settings.port, connections=settings.connections)
        if not settings.amocrm_client_id or not settings.amocrm_client_secret:
            log.warning("no account can be connected: AMOCRM_CLIENT_ID and AMOCRM_CLIENT_SECRET are not set")
        tells_json = settings.log_format == "json"
        programs = [Program(name=name, command=backend_command(name), tells_json=tells_json) for name in PROCESSES]
        supervise(programs, each_second=each_second)
        _on_signals(signal.SIG_IGN)  # a second Ctrl-C does not keep the database from its orderly, bounded stop


def _must_be_free(address: str, port: int) -> None:
    """`web` would only be restarted for ever. Raises StartError."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.strip("[]"), port))
        except OSError as taken:
            raise StartError(f"PORT {port} cannot be used: {taken.strerror}") from None


def migrate() -> None:
    """The Procfile's `release`, in a process of its own. StartError when it fails; it says why itself."""
    done = subprocess.run(
        backend_command("migrate"),
        stdin=subprocess.DEVNULL,
        check=False,
        preexec_fn=dies_with_parent(signal.SIGKILL),
    )
    if done.returncode != 0:
        raise StartError(f"the database could not be migrated (exit status {done.returncode}); the lines above say why")


@contextmanager
def database() -> Iterator[Callable[[], None]]:
    """DATABASE_URL's, or an embedded one; gives what is to be done each second to keep it up."""
    if os.environ.get("DATABASE_URL", "").strip():
        yield lambda: None
        return
    data_dir = Path(os.environ.get("DATA_DIR") or Settings.model_fields["data_dir"].default)
    if not os.environ.get("SECRET_KEYS", "").strip():
        keep_secret_key(data_dir)
    address = database_url_file(data_dir)
    with EmbeddedPostgres(data_dir / "postgres") as server:
        write_private(address, server.url)
        try:
            yield lambda: _revive(server, address)
        finally:
            address.unlink(missing_ok=True)


def _revive(server: EmbeddedPostgres, address: Path) -> None:
    """Start the embedded PostgreSQL again when somebody killed it; a failure is told and tried again."""
    if server.pid is not None:
        return
    log.error("postgres_died")
    server.stop()
    try:
        server.start()
        write_private(address, server.url)
    except (StartError, OSError) as problem:
        log.error("postgres_does_not_start", problem=str(problem))


def _on_signals(handler: Callable[..., None] | signal.Handlers) -> None:
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, handler)


def _leave(*_: object) -> None:
    raise SystemExit(0)
