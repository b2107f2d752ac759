"""Two firms whose calls are recorded; what is made of them is kept in a folder of the tests' own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import pytest
from sqlalchemy import delete, func, update
from werkzeug.test import TestResponse

from backend.config import Settings
from backend.recordings import fetching
from backend.recordings.sources import Awaited, Fetched, NotYet, Source, SourceError
from backend.store import db
from backend.store.journal import journal
from backend.store.recordings import recordings
from backend.store.recordings.recordings import RecordingRow
from tests.firm import Firm
from tests.two_firms import app, crm, firm, other

__all__ = ["app", "crm", "firm", "other"]

IVAN = "+79161234567"


@dataclass
class Spool:
    """Files as a PBX has them; what stands in `trouble` is raised instead of a file."""

    files: dict[str, bytes] = field(default_factory=dict)
    trouble: SourceError | None = None
    asked: list[str] = field(default_factory=list)

    def fetch(self, name: str, into: BinaryIO) -> Fetched:
        self.asked.append(name)
        if self.trouble:
            raise self.trouble
        if name not in self.files:
            raise NotYet("no such file")
        into.write(self.files[name])
        return Fetched(name=name, bytes=len(self.files[name]))


@dataclass
class Recorder:
    """One firm's PBX and what became of its recordings."""

    firm: Firm
    spool: Spool = field(default_factory=Spool)
    source: Source | None = None

    def __post_init__(self) -> None:
        self.source = self.spool

    def record(self, *names: str) -> str:
        """A call whose recording has these files; the path of its link."""
        call = self.firm.call(IVAN)
        ended = self.firm.end(call, ["101"])
        self.firm.tell(*self.firm.answer(call, "101"), replace(ended, recording=names[0] if names else None))
        self.name(call["call"], *names[1:])
        return self.link(call["call"])

    def name(self, call: str, *names: str) -> None:
        """More files, told after the call's end."""
        with self.firm.app.app_context():
            for name in names:
                recordings.named(self.firm.id, call, name)
            db.session.commit()

    def link(self, call: str) -> str:
        with self.firm.app.app_context():
            row = journal.call(self.firm.id, call)
            assert row is not None
            return f"/recordings/{self.firm.id}/{row.recording_token}.mp3"

    def fetch(self) -> None:
        """All of the firm's that waits is due now, and done once."""
        self.bring_forward()
        with self.firm.app.app_context():
            fetching.fetch_due(lambda account_id: self.source if account_id == self.firm.id else Awaited())

    def bring_forward(self) -> None:
        with self.firm.app.app_context():
            mine = RecordingRow.account_id == self.firm.id
            db.session.execute(update(RecordingRow).where(mine).values(due_at=func.now()))
            db.session.commit()

    def row(self) -> RecordingRow:
        """The firm's only recording."""
        with self.firm.app.app_context():
            (row,) = db.session.query(RecordingRow).filter_by(account_id=self.firm.id)
            db.session.expunge(row)
            return row

    def get(self, path: str, method: str = "GET", **headers: str) -> TestResponse:
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.firm.app.test_client().open(path, method=method, headers=spelled)


@pytest.fixture(scope="module")
def settings(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings.model_copy(update={"data_dir": tmp_path_factory.mktemp("data")})


@pytest.fixture
def recorder(firm: Firm) -> Recorder:
    """The only one, with the stranger's, that has anything to do."""
    with firm.app.app_context():
        db.session.execute(delete(RecordingRow))
        db.session.commit()
    return Recorder(firm)


@pytest.fixture
def stranger(other: Firm) -> Recorder:
    return Recorder(other)


@pytest.fixture
def kept(settings: Settings) -> Path:
    """The folder of the shelf."""
    return settings.data_dir / "recordings"
