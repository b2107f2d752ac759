"""What we keep in a PBX's own database: the copy of the phonebook that its dialplan reads, and its journal.

`DBGetTree` answers since Asterisk 16.28, 18.14 and 19.6; DBPut and DBDel always have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.pbx.errors import ActionRefused
from backend.pbx.link.connection import Fields
from backend.pbx.link.wire import Message

CLIENTS = "phone-station/clients"
"""Family: the digits of a client's number → `EXTENSION|NAME`."""
JOURNAL = "phone-station/journal"
"""Family: 0 to the ring's size → a line of a call that is over."""
COUNTERS, WRITTEN, LOST = "phone-station/counters", "written", "lost"
"""Family, and its keys: lines written, and lines written over others that nobody had read."""
READ_TIMEOUT = 30.0  # seconds for a whole family; 2,000 lines took 0.1 s, 200,000 clients some seconds
_NOT_THERE = "Database entry not found"


class Pbx(Protocol):
    """A link, as far as its database needs one."""

    async def action(self, name: str, fields: Fields | None = None, *, timeout: float = 5.0) -> Message: ...

    async def rows(
        self,
        name: str,
        fields: Fields | None = None,
        *,
        timeout: float = 10.0,
        each: Callable[[Message], None] | None = None,
    ) -> list[Message]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    key: str
    value: str


async def tree(pbx: Pbx, family: str) -> list[Entry]:
    """All of a family, none where it is empty. Raises ActionRefused where the PBX knows no DBGetTree or forbids it,
    LinkDown, ActionTimedOut."""
    begin, found = f"/{family}/", list[Entry]()

    def hear(row: Message) -> None:
        if row.get("Key", "").startswith(begin):
            found.append(Entry(key=row["Key"].removeprefix(begin), value=row.get("Val", "")))

    try:
        await pbx.rows("DBGetTree", {"Family": family}, timeout=READ_TIMEOUT, each=hear)
    except ActionRefused as refused:
        if refused.detail != _NOT_THERE:
            raise
    return found


async def put(pbx: Pbx, family: str, entry: Entry) -> None:
    """Raises BadCommand, ActionRefused, LinkDown, ActionTimedOut."""
    await pbx.action("DBPut", {"Family": family, "Key": entry.key, "Val": entry.value})


async def delete(pbx: Pbx, family: str, key: str) -> None:
    """What is not there is deleted already. Raises as `put`."""
    try:
        await pbx.action("DBDel", {"Family": family, "Key": key})
    except ActionRefused as refused:
        if refused.detail != _NOT_THERE:
            raise


def counters(entries: Sequence[Entry]) -> dict[str, int]:
    """By name; what is no number counts as 0."""
    return {each.key: int(each.value) if each.value.isascii() and each.value.isdigit() else 0 for each in entries}
