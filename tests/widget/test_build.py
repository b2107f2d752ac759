"""The archive is built and without fault by our linter; the widget's own tests pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import widget

BACKEND = "https://station.example.com"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    widget.fetch_tools()
    made = node("tools/build.mjs", "--backend", BACKEND, "--out", str(folder / "widget.zip"))
    assert made.returncode == 0, made.stderr
    return folder / "widget.zip"


def node(*arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        ["node", *arguments], cwd=widget.SOURCE, env={**os.environ, "PATH": path, "NO_COLOR": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_archive_has_no_fault(archive: Path) -> None:
    checked = node("tools/lint.mjs", str(archive))
    assert checked.returncode == 0, checked.stdout


def test_a_fault_fails_the_linter(archive: Path) -> None:
    other = archive.with_name("station.zip")
    other.write_bytes(archive.read_bytes())
    checked = node("tools/lint.mjs", str(other))
    assert checked.returncode == 1
    assert "[archive-name]" in checked.stdout


def test_the_builder_says_what_it_needs() -> None:
    assert "--backend" in node("tools/build.mjs").stderr
    assert "https" in node("tools/build.mjs", "--backend", "http://station.example.com", "--out", "/dev/null").stderr


def test_the_modules_tests(archive: Path) -> None:
    tests = sorted(str(each) for each in (widget.SOURCE / "tests").rglob("*.test.mjs"))
    done = node("--test", "--test-reporter=dot", *tests)
    assert done.returncode == 0, done.stdout[-8000:]
