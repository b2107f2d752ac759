"""`python -m backend doctor`: one line for each thing on a live PBX, with nobody else of the service running."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend import __main__ as command
from backend.cli import doctor as cli_doctor
from backend.config import Settings
from backend.pbx.dialplan import DIALPLAN
from backend.processes.host.postgres import EmbeddedPostgres
from backend.store import db, migrate
from backend.store.settings import settings
from backend.store.settings.settings import PbxSetting
from sandbox.pbx.office import Office
from tests.conftest import running
from tests.firm import Firm
from tests.sources.servers import BASIC, USER, web_over

pytestmark = pytest.mark.asterisk
ON_22 = pytest.mark.parametrize("office", [22], indirect=True)
Doctor = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def doctor(
    database: Settings, firm: Firm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Doctor:
    """Runs the command for a firm; its exit status and its lines."""
    monkeypatch.setenv("DATABASE_URL", database.database_url)
    monkeypatch.setattr(cli_doctor, "load_settings", lambda: database)
    monkeypatch.setattr(cli_doctor, "create_app", lambda configured: firm.app)

    def run(*arguments: object) -> tuple[int, list[str]]:
        status = command.main(["doctor", "--account", *map(str, arguments)])
        told = capsys.readouterr()
        return status, (told.out + told.err).splitlines()

    return run


def is_at(firm: Firm, office: Office, **changes: Any) -> None:
    ami = office.ami
    known = {"host": ami.host, "port": ami.port, "username": ami.username, "secret": ami.secret}
    with firm.app.app_context():
        settings.write_pbx(firm.id, PbxSetting(**{**known, **changes}))
        db.session.commit()


@ON_22
def test_a_good_pbx_gets_a_line_for_each_thing(firm: Firm, other: Firm, office: Office, doctor: Doctor) -> None:
    office.installs(DIALPLAN)
    is_at(firm, office)
    status, lines = doctor(firm.id, "--language", "en")
    assert status == 0
    assert [line.split()[:2] for line in lines] == [
        ["ok", each]
        for each in (
            "address", "login", "version", "rights", "shell", "filter", "clock", "modules", "extensions", "trunks",
            "dialplan", "transfer", "recording", "journal",
        )
    ]  # fmt: skip
    assert "Asterisk 22." in lines[2]
    assert doctor(firm.id)[1][1] == "ok      login      Вход выполнен."
    assert doctor(other.id) == (2, [f"doctor: account {other.id} has no PBX"])
    assert doctor(1) == (2, ["doctor: no account 1"])


@ON_22
def test_what_is_wrong_on_the_way_is_told_apart(firm: Firm, office: Office, doctor: Doctor) -> None:
    for changes, words in (
        ({"host": "nobody.invalid"}, "broken  address    The name nobody.invalid was not found in DNS."),
        ({"port": 1}, "broken  address    There is no answer at this address and port"),
        ({"tls": True}, "broken  address    There is no TLS on this port"),
        ({"port": office.ami.tls_port}, "broken  login      The PBX closed the connection before the login"),
        ({"secret": "wrong"}, "broken  login      The PBX rejected the login: wrong username or secret"),
        ({"username": "nobody"}, "broken  login      The PBX rejected the login: wrong username or secret"),
    ):
        is_at(firm, office, **changes)
        status, lines = doctor(firm.id, "--language", "en")
        assert (status, lines[-1].startswith(words)) == (1, True), (lines, words)


@ON_22
def test_where_recordings_come_from_is_tried_too(
    firm: Firm, other: Firm, office: Office, doctor: Doctor, tmp_path: Path
) -> None:
    for each in (firm, other):
        is_at(each, office)
    with web_over(tmp_path) as web:
        web.authorization = BASIC
        firm.set(recordings={"source": "http", "url": web.url(""), "path": "{name}", "username": USER})
        assert doctor(firm.id)[1][-1] == (
            "broken  recordings Сервер не впустил: неверны имя или пароль (ключ), или у этого пользователя нет доступа."
        )
        web.authorization = None
        unnamed = "look    recordings The PBX has not named any recording yet: make a call and check again."
        assert doctor(firm.id, "--language", "en")[1][-1] == unnamed
        call = firm.call("+79161234567")
        firm.tell(*firm.answer(call, "101"), replace(firm.end(call, ["101"]), recording="a.wav"))
        (tmp_path / "a.wav").write_bytes(b"RIFF")
        assert doctor(firm.id)[1][-1] == "ok      recordings Последняя запись найдена: a.wav."
    assert "recordings" not in [line.split()[1] for line in doctor(other.id)[1]]


@pytest.mark.drill
def test_the_services_own_database_is_started_where_it_does_not_run(tmp_path: Path, settings: Settings) -> None:
    with EmbeddedPostgres(tmp_path / "postgres") as server:
        own = settings.model_copy(update={"database_url": server.url})
        with running(own) as app:
            migrate.upgrade(app)
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environ |= {"DATA_DIR": str(tmp_path), "SECRET_KEYS": ",".join(settings.secret_keys)}
    done = subprocess.run(
        [sys.executable, "-m", "backend", "doctor", "--account", "1"],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "doctor: no account 1\n")
