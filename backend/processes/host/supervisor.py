"""Keeps programs running as our children: restarts the one that died, stops all of them with itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from backend.processes.host.children import dies_with_parent

log = structlog.get_logger(__name__)

LONGEST_LINE = 64 * 1024  # bytes of a child's log line kept together


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A child to keep running; its output appears with its name before each line, or, where lines are JSON, within."""

    name: str
    command: tuple[str, ...]
    tells_json: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long what may take, in seconds."""

    first_wait: float = 0.5
    longest_wait: float = 30.0
    settled: float = 60.0  # a child that lived so long begins again at `first_wait`
    grace: float = 12.0  # between SIGTERM and SIGKILL; gunicorn's own bound is shorter

    def next_wait(self, last: float, lived: float) -> float:
        """The wait before the next start, after a child that waited `last` and then lived `lived`."""
        return self.first_wait if not last or lived >= self.settled else min(2 * last, self.longest_wait)


def supervise(
    programs: Sequence[Program], patience: Patience | None = None, *, each_second: Callable[[], None] = lambda: None
) -> None:
    """Run until SIGTERM or SIGINT, then stop every child and return. Call it from the main thread."""
    asyncio.run(_supervise(programs, patience or Patience(), each_second))


async def _supervise(programs: Sequence[Program], patience: Patience, each_second: Callable[[], None]) -> None:
    stop = asyncio.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sig, stop.set)
    width = max(len(program.name) for program in programs)
    async with asyncio.TaskGroup() as group:
        for program in programs:
            group.create_task(_keep(program, width, patience, stop))
        while not await _happens(stop, within=1.0):
            each_second()


async def _keep(program: Program, width: int, patience: Patience, stop: asyncio.Event) -> None:
    wait = 0.0
    while not stop.is_set():
        began = time.monotonic()
        status = await _run(program, width, patience, stop)
        if stop.is_set():
            return
        wait = patience.next_wait(wait, time.monotonic() - began)
        log.warning("process_died", process=program.name, status=status, restart_in=wait)
        await _happens(stop, within=wait)


async def _run(program: Program, width: int, patience: Patience, stop: asyncio.Event) -> int:
    """One life of a child: its exit status, -9 after SIGKILL."""
    child = await asyncio.create_subprocess_exec(
        *program.command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,  # Ctrl-C reaches us alone, and a kill reaches its own children too
        preexec_fn=dies_with_parent(signal.SIGKILL),  # sure; the work survives a kill at any moment
    )
    log.info("process_started", process=program.name, pid=child.pid)
    output = asyncio.create_task(_forward(child, partial(_named, program, width)))
    ended, asked = asyncio.create_task(child.wait()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            child.terminate()
            await asyncio.wait((ended,), timeout=patience.grace)
    finally:
        asked.cancel()
        _kill_group(child.pid)
    await asyncio.wait((output,), timeout=1.0)  # what it said last; a stranger may hold the pipe open
    output.cancel()
    return await ended


def _named(program: Program, width: int, line: bytes) -> bytes:
    """In JSON, whatever a library prints by itself becomes an event."""
    if not program.tells_json:
        return b"%s | %s\n" % (program.name.ljust(width).encode(), line)
    if line.startswith(b'{"') and line.endswith(b"}"):
        return b'{"process": "%s", %s\n' % (program.name.encode(), line[1:])
    told = {"process": program.name, "event": line.decode("utf-8", "replace"), "level": "info"}
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"


async def _forward(child: asyncio.subprocess.Process, named: Callable[[bytes], bytes]) -> None:
    if child.stdout is None:
        return
    rest = b""
    while chunk := await child.stdout.read(LONGEST_LINE):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        _print(map(named, lines))
    _print([named(rest)] if rest else [])


def _print(lines: Iterable[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody reads any more: no reason to stop answering calls
        sys.stderr.buffer.write(b"".join(lines))
        sys.stderr.flush()


def _kill_group(pid: int) -> None:
    """End the child if it still lives, and whatever it started and left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


async def _happens(event: asyncio.Event, *, within: float) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within)
    return event.is_set()
