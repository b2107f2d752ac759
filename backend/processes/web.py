"""The `web` process: gunicorn with gevent workers, in a fresh interpreter: gevent must patch before all imports."""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import OperationalError

from backend import must_know_keys
from backend.config import EVERYWHERE, Settings

STREAMS = 4000  # connections of one worker; a popup stream is one
OTHER_FILES = 100  # of one worker: the database, amoCRM, logs
GRACEFUL_SECONDS = 8  # under every supervisor's patience: ours 12 s, Heroku's 30 s
SHARED_MEMORY = Path("/dev/shm")  # where it exists, gunicorn's heartbeat does not wait for a slow disk


def gunicorn_arguments(settings: Settings) -> list[str]:
    """gunicorn's own words for our settings. No access log: addresses carry one-time tokens."""
    options = {
        "bind": f"{settings.bind or EVERYWHERE}:{settings.port}",
        "workers": settings.web_concurrency,
        "worker-class": "backend.processes.gevent_worker.StreamWorker",
        "worker-connections": STREAMS,
        "graceful-timeout": GRACEFUL_SECONDS,
        "forwarded-allow-ips": "",  # who is believed is decided in one place: web/peers.py
        "forwarder-headers": "",
    }
    if SHARED_MEMORY.is_dir():
        options["worker-tmp-dir"] = SHARED_MEMORY
    return [f"--{name}={value}" for name, value in options.items()] + ["--no-control-socket", "backend.wsgi:app"]


def run_web(settings: Settings) -> None:
    """Become gunicorn; does not return."""
    with suppress(OperationalError):  # the database may come later, and says nothing against us until then
        must_know_keys(settings)
    _allow_files(STREAMS + OTHER_FILES)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *gunicorn_arguments(settings)])


def _allow_files(needed: int) -> None:
    """Each connection is an open file, and many systems begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed if hard < 0 else min(needed, hard), hard))
