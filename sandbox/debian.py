"""Programs of another Debian suite, unpacked into a private folder: no root packages, no maintainer scripts.

apt resolves and downloads with lists, status and cache of its own, so the host's package database is neither
read nor written. The mirror is the one the host uses; it is named only in a folder that is removed afterwards.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

MIRROR_VARIABLE = "PHONE_STATION_DEBIAN_MIRROR"
DOWNLOAD_SECONDS = 900
UNPACK_SECONDS = 120
SCRIPTS_ONLY = re.compile(
    r"(perl|libperl|gnupg|gpg|dirmngr|pinentry|passwd|login|adduser|tar_|dpkg|tzdata|debconf|coreutils|mawk|base-"
    r"|bash|dash|sed_|grep_|findutils|init-system|lsb-base|sysvinit|sensible-utils|ucf_|systemd_)"
)
"""Packages wanted by maintainer scripts alone; their files are left out."""

NOT_UNPACKED = (
    "./usr/share/doc*", "./usr/share/man*", "./usr/share/locale*",
    "./usr/share/lintian*", "./usr/share/bug*", "./etc/*",
)  # fmt: skip

OWN_APT = """
Dir::Etc::main "/dev/null"; Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "{work}/sources.list"; Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "/dev/null";
Dir::State "{work}/state"; Dir::State::status "{work}/status"; Dir::Cache "{work}/cache"; Dir::Log "{work}/log";
APT::Install-Recommends "false"; APT::Sandbox::User "root"; Acquire::Languages "none";
Acquire::Retries "3"; Acquire::http::Timeout "30"; Acquire::https::Timeout "30";
"""

Tell = Callable[[str], None]


class Unavailable(Exception):
    """The programs cannot be had here; the message is one line that says why and what to do."""


def cache_home() -> Path:
    """Where downloaded programs are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "phone-station"


def unpack(
    suite: str,
    packages: Sequence[str],
    into: Path,
    *,
    leave_out: re.Pattern[str] = SCRIPTS_ONLY,
    finish: Callable[[Path], None] = lambda prefix: None,
    tell: Tell = lambda line: print(line, file=sys.stderr, flush=True),
) -> Path:
    """Returns `into`, which then holds `packages` of the suite with all they depend on.

    A second call for the same packages returns at once; of two processes that ask together one works and the
    other waits. `finish` does what a maintainer script would have done, before anybody sees the folder.
    Raises Unavailable.
    """
    wanted = f"{suite}: {' '.join(packages)}\n"
    if _is_ready(into, wanted):
        return into
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        with _locked(into.with_name(into.name + ".lock")):
            if not _is_ready(into, wanted):
                _make(suite, packages, into, leave_out, finish, tell)
    except OSError as error:
        raise Unavailable(f"cannot write {into}: {error.strerror}; free some space or set XDG_CACHE_HOME") from error
    return into


def program(prefix: Path, path: str, *, preload: Path | None = None) -> list[str]:
    """The words that run a program of the prefix with the prefix's own loader and libraries, `preload` before them."""
    loader = next(iter(sorted(prefix.glob("lib*/ld-linux*.so.*"))), None)
    if loader is None:
        raise Unavailable(f"{prefix} holds no program loader; remove the folder and try again")
    before = ["--preload", str(preload)] if preload else []
    return [str(loader), *before, "--library-path", library_path(prefix), str(prefix / path)]


def library_path(prefix: Path) -> str:
    """The prefix's library folders, as LD_LIBRARY_PATH wants them."""
    folders = sorted((prefix / "usr/lib").glob("*-linux-gnu*"))
    nested = [folder / "pulseaudio" for folder in folders if (folder / "pulseaudio").is_dir()]
    return ":".join(str(folder) for folder in [*folders, *nested, prefix / "usr/lib"])


def _is_ready(into: Path, wanted: str) -> bool:
    stamp = into / ".packages"
    return stamp.is_file() and stamp.read_text() == wanted


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(
    suite: str,
    packages: Sequence[str],
    into: Path,
    leave_out: re.Pattern[str],
    finish: Callable[[Path], None],
    tell: Tell,
) -> None:
    fresh = into.with_name(into.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="phone-station-apt-") as work:
        archives = _download(suite, packages, Path(work), tell)
        tell(f"{packages[0]} of Debian {suite}: unpacking {len(archives)} packages")
        _lay_out(fresh)
        for archive in archives:
            if not leave_out.match(archive.name):
                _extract(archive, fresh)
    _mend_links(fresh)
    finish(fresh)
    (fresh / ".packages").write_text(f"{suite}: {' '.join(packages)}\n")
    shutil.rmtree(into, ignore_errors=True)
    fresh.rename(into)
    tell(f"{packages[0]} of Debian {suite}: ready in {into}")


def _download(suite: str, packages: Sequence[str], work: Path, tell: Tell) -> list[Path]:
    _need_tools("apt-get", "apt-config", "dpkg", "dpkg-deb", "tar")
    environment = os.environ | {"APT_CONFIG": str(_apt_folder(suite, work)), "LC_ALL": "C"}
    tell(f"{packages[0]} of Debian {suite}: reading the index")
    _run(["apt-get", "-qq", "update"], environment, f"the package index of Debian {suite} cannot be read")
    tell(f"{packages[0]} of Debian {suite}: downloading")
    install = ["apt-get", "-qq", "-y", "--download-only", "install", *packages]
    _run(install, environment, f"{' '.join(packages)} of Debian {suite} cannot be downloaded")
    return sorted((work / "cache/archives").glob("*.deb"))


def _need_tools(*names: str) -> None:
    for name in names:
        if shutil.which(name) is None:
            raise Unavailable(f"{name} is not on this machine; use Debian or a Debian container")


def _apt_folder(suite: str, work: Path) -> Path:
    """A complete apt set-up of its own; returns the configuration file."""
    for folder in ("state/lists/partial", "cache/archives/partial", "log"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (work / "sources.list").write_text(f"deb [signed-by={keyring}] {_mirror()} {suite} main\n")
    configuration = work / "apt.conf"
    configuration.write_text(_host_network_settings() + OWN_APT.format(work=work))
    return configuration


def _host_network_settings() -> str:
    """The host's proxies and the like; its hooks stay away."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, timeout=30, check=False).stdout
    wanted = re.compile(r"Acquire::(http|https|ftp|Check-|Retries|ForceIPv)")
    return "\n".join(line for line in dump.splitlines() if wanted.match(line))


def _mirror() -> str:
    """The Debian mirror this host uses, or the one named in the environment."""
    if named := os.environ.get(MIRROR_VARIABLE):
        return named
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    lines = [line for file in files if file.suffix in {".list", ".sources"} and file.is_file()
             for line in file.read_text(errors="replace").splitlines()]  # fmt: skip
    for line in lines:
        if found := re.match(r"(?:URIs:|deb(?:\s+\[[^]]*\])?)\s+(\S*/debian)/?(?:\s|$)", line):
            return found[1]
    raise Unavailable(f"no Debian mirror in /etc/apt; set {MIRROR_VARIABLE} to the address of one")


def _run(command: list[str], environment: dict[str, str], trouble: str) -> None:
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{trouble} in {DOWNLOAD_SECONDS} s; check the network and try again") from error
    # apt-get update calls a mirror it could not reach a warning and succeeds with an empty index
    complaint = re.search(r"^(?:E|W|Err): ?(.*)$", done.stderr, re.MULTILINE)
    unreached = "Failed to fetch" in done.stderr
    if done.returncode or unreached:
        reason = complaint[1] if complaint else f"exit status {done.returncode}"
        raise Unavailable(f"{trouble}: {reason}; check the network, the free disk space and /etc/apt")


def _lay_out(prefix: Path) -> None:
    """The merged /usr of today's Debian, which the package base-files would have made."""
    for name in ("bin", "sbin", "lib", "lib64"):
        (prefix / "usr" / name).mkdir(parents=True)
        (prefix / name).symlink_to(f"usr/{name}")


def _extract(archive: Path, prefix: Path) -> None:
    excludes = [f"--exclude={pattern}" for pattern in NOT_UNPACKED]
    tar = ["tar", "-xf", "-", "-C", str(prefix), "--keep-directory-symlink", "--no-same-owner", *excludes]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as source:
        done = subprocess.run(
            tar, stdin=source.stdout, capture_output=True, text=True, timeout=UNPACK_SECONDS, check=False
        )
    if done.returncode or source.returncode:
        reason = (done.stderr.strip().splitlines() or ["damaged package"])[-1]
        raise Unavailable(f"{archive.name} cannot be unpacked: {reason}; free some space or try again")


def _mend_links(prefix: Path) -> None:
    """Absolute links (an old loader, alternatives) are pointed inside the prefix."""
    for link in (prefix / "usr").rglob("*"):
        if link.is_symlink() and os.path.isabs(target := os.readlink(link)):
            inside = os.path.relpath(prefix / target.lstrip("/"), link.parent)
            link.unlink()
            link.symlink_to(inside)
