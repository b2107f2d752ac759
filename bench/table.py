"""The table that `python -m bench` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEAD = ("measurement", "measured", "to reach")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement. `reach` is what the design asks for, `holds` whether it was reached."""

    what: str
    measured: str
    reach: str
    holds: bool

    @property
    def cells(self) -> tuple[str, str, str]:
        return self.what, self.measured, self.reach if self.holds else f"{self.reach}  NOT REACHED"


def table(rows: Iterable[Row]) -> str:
    """Aligned columns, a line each."""
    lines = [HEAD, *(row.cells for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = "-+-".join("-" * width for width in widths)
    head, *body = (_line(cells, widths) for cells in lines)
    return "\n".join([head, rule, *body])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
