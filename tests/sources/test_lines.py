"""The line that sends a recording: a shell understands it, and nothing but an address stands in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from backend.cli import dialplan
from backend.config import Settings
from backend.pbx.dialplan.upload import HARMLESS, command, recorded
from backend.pbx.errors import BadCommand
from tests.firm import Firm

from .test_settings import saved

ADDRESS = "https://station.example.com/recordings/31000777/upload/k-E_y"


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_runs_it(shell: str, tmp_path: Path) -> None:
    """With a curl that fails at first: it is run again, and has the file and where it goes."""
    curl = tmp_path / "curl"
    curl.write_text('#!/bin/sh\necho "$@" >> "$0.told"\ntest $(wc -l < "$0.told") -eq 3\n')
    curl.chmod(0o755)
    line = command(ADDRESS).replace(f"^{{FILTER({HARMLESS},^{{MIXMONITOR_FILENAME}})}}", str(curl))
    line = line.replace("sleep ", "true ").removesuffix("&")
    subprocess.run([shell, "-c", line], env={"PATH": f"{tmp_path}:/bin:/usr/bin"}, check=True, timeout=20)
    told = Path(f"{curl}.told").read_text().splitlines()
    assert len(told) == 3
    assert told[0].endswith(f"-T {curl} {ADDRESS}/")


def test_nothing_in_it_begins_a_comment_of_asterisk() -> None:
    lines = recorded(ADDRESS).splitlines()
    assert not [line for line in lines if ";" in line and not line.startswith(";")]


@pytest.mark.parametrize(
    "address", ["", "https://a/'$(x)'", "https://a/x;y", "https://a/x y", "ftp://a", "https://a/,b)"]
)
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    with pytest.raises(BadCommand):
        recorded(address)


def test_the_command_prints_it_for_who_wants_it(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    monkeypatch.setattr(dialplan, "load_settings", lambda: settings)
    monkeypatch.setattr(dialplan, "create_app", lambda _: firm.app)
    printed = []
    for source in ("none", "push"):
        saved(firm, source=source)
        for flavour in ("asterisk", "freepbx"):
            assert dialplan.main(["--account", str(firm.id), "--flavour", flavour]) == 0
            printed.append(capsys.readouterr().out)
    assert ["/upload/" in each for each in printed] == [False, False, True, True]
    assert ["[phone-station-record]" in each for each in printed] == [False, False, True, False]
