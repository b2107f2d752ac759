"""What a command is to whoever carries it out in a `pbx` process. The table of all kinds is wired in `pbx.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from backend.pbx.address import Networks
from backend.processes.line.line import Line
from backend.processes.line.store_access import InStore
from backend.store.commands import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """Where a command is carried out. `line` is the account's, up when the command was taken; None for a kind that
    needs no line. `networks` are the private ones in which a PBX may be."""

    line: Line | None
    in_store: InStore
    networks: Networks

    @property
    def held(self) -> Line:
        """The line, for a kind that needs one."""
        assert self.line is not None
        return self.line


class CommandRefused(Exception):
    """It cannot be done: `kind` is a kind of refusal of docs/api.md, `words` the PBX's own."""

    def __init__(self, kind: str, words: str = "") -> None:
        super().__init__(f"{kind} {words}".strip())
        self.kind = kind
        self.words = words


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One kind of command. `run` returns the answer, plain values for JSON, or raises Refused or PbxError, within
    `longest` seconds. Without `needs_line` any process takes it, whether the account has a PBX or not."""

    run: Callable[[CommandContext, Command], Awaitable[dict[str, Any]]]
    needs_line: bool = True
    longest: float = 10.0
