"""The worker is killed while it gets, makes or keeps a recording: another brings it to its end, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, update

from backend.config import Settings
from backend.recordings import fetching
from backend.recordings.storage import FOLDER
from backend.store import db
from backend.store.recordings import recordings
from backend.store.recordings.objects import LeavingRow
from backend.store.recordings.recordings import RecordingRow, RecordingState
from sandbox.crm.server import Crm
from tests.firm import Firm
from tests.kill.books import until_all_done
from tests.kill.conftest import Hire
from tests.kill.processes import Process, until
from tests.recordings.sounds import wav
from tests.sources.servers import web_that

CLIENT = "+79267778800"
SECONDS = 300  # of sound: about two seconds' work, in which it can be met


@dataclass
class Monitor:
    """The PBX's web server: half of the first file that is asked for, then `meanwhile`, then the rest."""

    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[BaseHTTPRequestHandler], object] = lambda request: None

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        sound = wav(SECONDS)
        self.asked.append(request.path)
        request.send_response(200)
        request.send_header("Content-Length", str(len(sound)))
        request.end_headers()
        request.wfile.write(sound[: len(sound) // 2])
        if len(self.asked) == 1:
            self.meanwhile(request)
        request.wfile.write(sound[len(sound) // 2 :])


@dataclass(frozen=True)
class Workshop:
    """A firm whose call was recorded, and another; where the recording is made, and where it is kept."""

    firm: Firm
    other: Firm
    hire: Hire
    monitor: Monitor
    desk: Path
    shelf: Path

    def work(self) -> Process:
        return self.hire(**{"tempfile.tempdir": str(self.desk)})

    def is_made(self) -> bool:
        return any(each.stat().st_size for each in self.desk.glob(f"{fetching.PREFIX}*/call.mp3"))

    def objects(self) -> list[str]:
        return [str(each.relative_to(self.shelf)) for each in self.shelf.glob("*/*.mp3")]

    def row(self) -> RecordingRow:
        with self.firm.app.app_context():
            return db.session.query(RecordingRow).filter_by(account_id=self.firm.id).one()

    def in_the_end(self) -> None:
        """When the dead worker's time is over another gets all of it once more; what the first left on the shelf is
        deleted, and nothing else."""
        assert self.row().state == RecordingState.FETCHING.value
        self._is_due(RecordingRow)
        self.work()
        until(lambda: self.row().state == RecordingState.READY.value, "the recording plays")
        assert (len(self.monitor.asked), self.row().tries) == (2, 2)
        assert self.row().seconds == pytest.approx(SECONDS, abs=0.5)
        self._is_due(LeavingRow)
        with self.firm.app.app_context():
            fetching.tidy()
        assert self.objects() == [self.row().key]
        until_all_done(self.firm.app)
        for each in (self.firm, self.other):
            assert len(each.call_notes()) == 1

    def _is_due(self, kind: type[RecordingRow | LeavingRow]) -> None:
        with self.firm.app.app_context():
            db.session.execute(update(kind).values(due_at=func.now()))
            db.session.commit()


@pytest.fixture
def settings_here(database: Settings, crm: Crm, tmp_path: Path) -> Settings:
    return database.model_copy(update={"sandbox_host_suffix": crm.domain, "data_dir": tmp_path / "data"})


@pytest.fixture
def workshop(firm: Firm, other: Firm, hire: Hire, settings_here: Settings, tmp_path: Path) -> Iterator[Workshop]:
    (desk := tmp_path / "desk").mkdir()
    monitor = Monitor()
    with web_that(monitor) as server:
        firm.set(recordings={"source": "http", "url": server.url(), "path": "{name}"})
        call = firm.talk(CLIENT, "101", seconds=SECONDS)
        other.talk(CLIENT, "101")
        with firm.app.app_context():
            recordings.named(firm.id, call, "call.wav")
            db.session.commit()
        yield Workshop(firm, other, hire, monitor, desk, settings_here.data_dir / FOLDER)


def test_killed_while_it_reads_the_file(workshop: Workshop) -> None:
    workshop.monitor.meanwhile = lambda request: request.rfile.read()  # until nobody reads any more
    worker = workshop.work()
    until(lambda: workshop.monitor.asked, "the file is asked for")
    worker.kill()
    workshop.in_the_end()


def test_killed_while_it_makes_the_mp3(workshop: Workshop) -> None:
    worker = workshop.work()
    until(workshop.is_made, "the mp3 is begun")
    worker.kill()
    assert not workshop.objects()
    workshop.in_the_end()


def test_killed_before_it_writes_down_what_it_kept(workshop: Workshop, settings_here: Settings) -> None:
    with psycopg.connect(settings_here.libpq_url) as lock:
        everything = "select 1 from recording_leavings for update"
        workshop.monitor.meanwhile = lambda request: lock.execute(everything)
        worker = workshop.work()
        until(workshop.objects, "the mp3 is kept")
        worker.kill()
    workshop.in_the_end()
