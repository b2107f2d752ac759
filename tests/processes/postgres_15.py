"""PostgreSQL 15, the oldest we promise: the system's, else Debian 12's unpacked into the cache."""

from __future__ import annotations

from pathlib import Path

from sandbox.debian import cache_home, program, unpack

SYSTEM = Path("/usr/lib/postgresql/15/bin")
PACKED = Path("usr/lib/postgresql/15/bin")


def bin_dir() -> Path:
    """The folder with the programs. Raises sandbox.debian.Unavailable when they cannot be had."""
    if (SYSTEM / "postgres").exists():
        return SYSTEM
    return unpack("bookworm", ["postgresql-15"], cache_home() / "postgresql-15", finish=_wrap) / PACKED


def _wrap(prefix: Path) -> None:
    """initdb looks for postgres beside itself and runs it: both names become scripts that find their libraries."""
    into = cache_home() / "postgresql-15"
    for name in ("postgres", "initdb"):
        real = (prefix / PACKED / name).rename(prefix / PACKED / f"{name}.real")
        words = program(prefix, str(real.relative_to(prefix)))
        script = prefix / PACKED / name
        script.write_text(f'#!/bin/sh\nexec {" ".join(words)} "$@"\n'.replace(str(prefix), str(into)))
        script.chmod(0o755)
