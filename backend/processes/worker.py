"""The worker: procrastinate hands out drains, one at a time per account; the account's chores run beside them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import procrastinate
import structlog
from flask import Flask
from sqlalchemy.exc import InterfaceError, OperationalError

from backend import create_app, crm_access, installs
from backend.amocrm.errors import NeedsPerson
from backend.calls.intents import CRM
from backend.config import Settings
from backend.desk import chores, drain
from backend.desk.callback import lifecycle
from backend.desk.channels import CHANNELS
from backend.desk.health import alerts
from backend.desk.journal.job import Fence, Fenced
from backend.processes.engine import CONNECTIONS, make_engine, run_drains
from backend.recordings import fetching, retention
from backend.store import stream
from backend.store.base import counters
from backend.store.journal import wake

FETCHERS = 3  # recordings that one worker gets and makes at the same time, each of another account
OTHER_THREADS = 2  # of each channel beside amoCRM's
DEAD_AFTER = 5.0  # seconds without a heartbeat

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """`every` is in seconds; each is safe to run in several workers at once."""

    every: float
    run: Callable[[], object]


COUNT = Chore(every=5, run=counters.flush)  # and once at the end
CHORES = (
    Chore(every=1, run=installs.finish_installs),
    Chore(every=2, run=lambda: wake.rescue(DEAD_AFTER)),
    Chore(every=5, run=wake.sweep),
    Chore(every=1, run=lifecycle.end_overdue),
    Chore(every=60, run=crm_access.renew_due_tokens),
    Chore(every=600, run=crm_access.probe_unpaid),
    Chore(every=3600, run=crm_access.probe_unconsented),
    Chore(every=60, run=crm_access.ask_of_disabling),
    Chore(every=5, run=chores.sync_due_phonebooks),
    Chore(every=5, run=chores.poll_due_phonebooks),
    Chore(every=30, run=chores.audit_due_calls),
    Chore(every=60, run=chores.try_refused_again),
    Chore(every=300, run=chores.forget_old),
    Chore(every=600, run=chores.erase_left),
    Chore(every=60, run=stream.forget_watchers),
    COUNT,
    Chore(every=10, run=alerts.watch),
    *[Chore(every=1, run=fetching.fetch_due)] * FETCHERS,
    Chore(every=4, run=fetching.hold_on),
    Chore(every=60, run=fetching.tidy),
    Chore(every=600, run=retention.forget_old),
)


def run_worker(settings: Settings) -> None:
    """`python -m backend worker`: until SIGTERM; running slices end by themselves, within seconds."""
    app = create_app(settings, connections=max(1, settings.worker_connections - CONNECTIONS - len(CHANNELS)))
    asyncio.run(_serve(app, settings))


async def _serve(app: Flask, settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(sum(_threads(each, settings) for each in CHANNELS) + len(CHORES) + 2))
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    engine = _engine(app, settings)
    async with engine.open_async(), asyncio.TaskGroup() as tasks:
        drains = [tasks.create_task(run_drains(engine, each, _threads(each, settings), stop)) for each in CHANNELS]
        chores = [tasks.create_task(_repeat(app, chore)) for chore in CHORES]
        await stop.wait()
        for task in (*drains, *chores):
            task.cancel()
    await asyncio.to_thread(_once, app, COUNT)


def _threads(channel: str, settings: Settings) -> int:
    return settings.worker_concurrency if channel == CRM else OTHER_THREADS


def _engine(app: Flask, settings: Settings) -> procrastinate.App:
    engine = make_engine(settings)

    @engine.task(name="drain", queue=wake.QUEUE, pass_context=True)
    def drain_account(context: procrastinate.JobContext, account_id: int, channel: str = CRM) -> None:
        with app.app_context():
            try:
                drain.drain_account(account_id, Fence(context.job.id), channel, should_stop=context.should_abort)
            except Fenced as lost:
                log.warning("drain taken over", account=account_id, why=str(lost))
            except NeedsPerson as need:
                log.warning("account waits for a person", account=account_id, why=str(need))

    return engine


async def _repeat(app: Flask, chore: Chore) -> None:
    while True:
        await asyncio.to_thread(_once, app, chore)
        await asyncio.sleep(chore.every)


def _once(app: Flask, chore: Chore) -> None:
    with app.app_context():
        try:
            chore.run()
        except (OperationalError, InterfaceError) as error:  # every second, for as long as it is away
            log.warning("chore waits for the database", chore=chore.run.__qualname__, error=str(error.orig))
        except Exception:  # a supervision loop: a chore that fails is done again, the others go on
            log.exception("chore failed", chore=repr(chore.run))
