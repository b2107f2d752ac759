"""A short-lived folder that does not outlive its owner for long, even when the owner is killed."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

BASE = Path("/tmp")
"""Not TMPDIR: a socket's path has 107 bytes."""

PREFIX = "phone-station-office-"
LOCK = "owned"


@contextmanager
def own_folder() -> Iterator[Path]:
    """A new folder, removed at the end; what killed owners left behind is removed first."""
    _sweep()
    fresh = Path(mkdtemp(prefix="phone-station-new-", dir=BASE))
    with (fresh / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = fresh.rename(BASE / fresh.name.replace("phone-station-new-", PREFIX))  # now others may look at it
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    for lock in BASE.glob(f"{PREFIX}*/{LOCK}"):
        try:
            with lock.open() as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue  # its owner lives, or another sweep was faster
