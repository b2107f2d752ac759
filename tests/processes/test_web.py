"""gunicorn as `web` starts it: with our settings, and gevent and the database driver working together."""

from __future__ import annotations

from pathlib import Path

from backend.config import Settings, new_secret_key
from backend.processes.host.postgres import EmbeddedPostgres
from backend.processes.web import gunicorn_arguments

from .conftest import NO_SYNC, PATIENCE, StartScript

COOPERATE = """
from gevent import monkey; monkey.patch_all()
import sys, gevent, psycopg
def wait_for_word(ready):
    with psycopg.connect(sys.argv[1], autocommit=True) as connection:
        connection.execute("LISTEN word")
        ready.set()
        print(next(connection.notifies()).payload, flush=True)
def say_word(ready):
    ready.wait()
    with psycopg.connect(sys.argv[1], autocommit=True) as connection:
        connection.execute("NOTIFY word, 'heard'")
ready = gevent.event.Event()
gevent.joinall([gevent.spawn(wait_for_word, ready), gevent.spawn(say_word, ready)], raise_error=True)
"""


def test_gunicorn_is_told_our_settings() -> None:
    settings = Settings(database_url="postgres:///n", secret_keys=(new_secret_key(),), port=5001, web_concurrency=3)
    words = gunicorn_arguments(settings)
    assert {
        "--bind=0.0.0.0:5001",
        "--workers=3",
        "--worker-class=backend.processes.gevent_worker.StreamWorker",
        "backend.wsgi:app",
    } <= set(words)
    assert {"--forwarded-allow-ips=", "--forwarder-headers="} <= set(words)
    here = gunicorn_arguments(settings.model_copy(update={"bind": "127.0.0.1"}))
    assert "--bind=127.0.0.1:5001" in here


def test_a_stream_that_waits_on_the_database_lets_others_work(tmp_path: Path, start_script: StartScript) -> None:
    """Two green threads of one process: a driver that blocked would never let the second one speak."""
    with EmbeddedPostgres(tmp_path, settings=NO_SYNC) as server:
        script = start_script(COOPERATE, server.url.replace("+psycopg", "", 1))
        out, err = script.communicate(timeout=PATIENCE)
    assert (out, err, script.returncode) == ("heard\n", "", 0)


STOPPED_EARLY = """
from backend.processes.gevent_worker import StreamWorker
worker = StreamWorker.__new__(StreamWorker)
worker.handle_exit(15, None)
print(worker.alive)
"""


def test_a_worker_that_still_loads_stops_when_asked(start_script: StartScript) -> None:
    """It has no app yet, and so no streams to end."""
    script = start_script(STOPPED_EARLY)
    out, err = script.communicate(timeout=PATIENCE)
    assert (out, err, script.returncode) == ("False\n", "", 0)
