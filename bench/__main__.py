"""`python -m bench [NAME…]`: measures, and prints one table."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Sequence

import structlog

from bench import crm_requests, phonebook, routing, stream, trace
from bench.table import Row, table

MEASUREMENTS: dict[str, Callable[[], Iterable[Row]]] = {
    "phonebook": phonebook.measure,
    "requests": crm_requests.measure,
    "routing": routing.measure,
    "stream": stream.measure,
    "trace": trace.measure,
}


def main(names: Sequence[str]) -> int:
    """The exit status: 2 for a name that is no measurement, else 0, whatever was measured."""
    if unknown := [name for name in names if name not in MEASUREMENTS]:
        print(f"no such measurement: {', '.join(unknown)}; there are: {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    chosen = [MEASUREMENTS[name] for name in names or MEASUREMENTS]
    print(table(row for measure in chosen for row in measure()))
    return 0


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sys.exit(main(sys.argv[1:]))
