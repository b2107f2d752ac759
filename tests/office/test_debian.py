"""Unpacking another suite's packages: once, whole or not at all, and in plain words when it cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import debian

FAKE_APT = """#!/bin/sh
# apt-get as unpack() uses it: "install" puts the package among the archives of the configuration in force
case "$*" in
*install*) echo asked >> "$ASKED"; cp "$PACKAGE" "$(dirname "$APT_CONFIG")/cache/archives/hello_1_all.deb" ;;
esac
"""


@pytest.fixture
def world_of_one_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian with one package, whose program says hello; returns the file that counts downloads."""
    tree = tmp_path / "hello"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: hello\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@b>\nDescription: hello\n"
    )
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/hello").write_text("hello")
    (tree / "usr/bin/hi").symlink_to("/usr/bin/hello")
    (tree / "usr/share/doc/hello").mkdir(parents=True)
    package = tmp_path / "hello.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, package], check=True, capture_output=True)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "apt-get").write_text(FAKE_APT)
    (programs / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("PACKAGE", str(package))
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    monkeypatch.setenv(debian.MIRROR_VARIABLE, "http://127.0.0.1:9/debian")
    return tmp_path / "asked"


def test_a_package_is_unpacked_once(world_of_one_package: Path, tmp_path: Path) -> None:
    for _ in range(2):
        prefix = debian.unpack("bookworm", ["hello"], tmp_path / "prefix")
    assert (prefix / "usr/bin/hello").read_text() == "hello"
    assert (prefix / "bin/hi").resolve() == prefix / "usr/bin/hello"
    assert not (prefix / "usr/share/doc").exists()
    assert world_of_one_package.read_text() == "asked\n"


def test_the_mirror_is_named_in_no_file_that_stays(world_of_one_package: Path, tmp_path: Path) -> None:
    prefix = debian.unpack("bookworm", ["hello"], tmp_path / "prefix")
    assert not [file for file in prefix.rglob("*") if file.is_file() and b"127.0.0.1" in file.read_bytes()]


def test_of_two_processes_one_works_and_the_other_waits(world_of_one_package: Path, tmp_path: Path) -> None:
    code = "import sys, pathlib; from sandbox import debian; debian.unpack('x', ['hello'], pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(tmp_path / "prefix")]
    both = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert world_of_one_package.read_text() == "asked\n"


def test_a_half_made_prefix_is_never_seen(world_of_one_package: Path, tmp_path: Path) -> None:
    def stumble(prefix: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        debian.unpack("bookworm", ["hello"], tmp_path / "prefix", finish=stumble)
    assert not (tmp_path / "prefix").exists()
    assert debian.unpack("bookworm", ["hello"], tmp_path / "prefix").exists()


def test_without_apt_the_words_say_what_to_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(debian.Unavailable, match="apt-get is not on this machine; use Debian"):
        debian.unpack("forky", ["hello"], tmp_path / "prefix")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(debian.Unavailable, match=r"cannot write .*/file/prefix: .*set XDG_CACHE_HOME"):
        debian.unpack("forky", ["hello"], tmp_path / "file/prefix")


def test_a_mirror_that_cannot_be_reached_is_one_clear_line(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), debian.MIRROR_VARIABLE: "http://127.0.0.1:9/debian"}
    command = [sys.executable, "-m", "sandbox", "pbx"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("pbx: the package index of Debian forky cannot be read")
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "phone-station").glob("*/usr"))
