"""Real processes of ours without the seconds that imports take: reads an order (JSON) per line, forks, answers its pid.

`constants` are the modules' own, by dotted name: waits that are seconds in production are fractions here.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any

from backend import __main__, create_app
from backend.amocrm import limiter
from backend.calls.facts import from_json
from backend.config import load_settings
from backend.desk.arrive import arrive
from backend.processes import worker
from backend.processes.host.children import dies_with_parent
from backend.store.journal import wake

Order = dict[str, Any]

CHORE_EVERY = 0.2  # seconds
RATE = 1000.0  # requests a second


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the tests see the ends by themselves
    for line in sys.stdin:
        order = json.loads(line)
        die_with_us = dies_with_parent(signal.SIGKILL)
        pid = os.fork()
        if pid == 0:
            _live(order, die_with_us)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _live(order: Order, die_with_us: Callable[[], None] | None) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if die_with_us:
        die_with_us()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1), os.dup2(log, 2)
    os.environ.update(order["environ"])
    for name, value in order.get("constants", {}).items():
        _set(name, value)
    try:
        JOBS[order["job"]](order)
    finally:  # whatever ends it, it must not live on as a second mother
        if sys.exc_info()[0]:
            traceback.print_exc()
        os._exit(0)


def _set(name: str, value: Any) -> None:
    module, _, attribute = name.rpartition(".")
    getattr(import_module(module), attribute)
    setattr(import_module(module), attribute, value)


def _work(order: Order) -> None:
    """`python -m backend worker`; without the sweep nothing but wake-ups brings work."""
    chores = [each for each in worker.CHORES if order["sweep"] or each.run is not wake.sweep]
    worker.CHORES = tuple(replace(each, every=min(each.every, CHORE_EVERY)) for each in chores)
    limiter.spend = partial(limiter.spend, rate=RATE)
    __main__.main(["worker"])


def _tell(order: Order) -> None:
    with create_app(load_settings()).app_context():
        for fact in order["facts"]:
            arrive(order["account"], from_json(fact))


JOBS = {"work": _work, "tell": _tell}

if __name__ == "__main__":
    main()
